"""From a candidate to a probability: the judge of its kind, then everything around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import NamedTuple

from monitors.matching.names.candidates import ALSO_NAMED, Candidate
from monitors.matching.names.context import EVERYDAY
from monitors.matching.names.cues import HINTS, REACH, Cue, person_cues, thing_weight
from monitors.matching.names.judges.chinese import judge_letters
from monitors.matching.names.judges.handles import judge_handle
from monitors.matching.names.judges.latin import judge_initials, judge_latin, judge_masked
from monitors.matching.names.judges.misspelt import judge_anchor
from monitors.matching.names.judges.sound import judge_sound
from monitors.matching.names.kinds import Kind
from monitors.matching.names.place import Place
from monitors.matching.names.plausibility import NEVER, words
from monitors.matching.names.variants.spell import Entry
from monitors.matching.names.variants.variant import Rule
from monitors.records import Method

SECOND_TERM = 0.5
"""Each further context term says half of the one before it."""
PERSON_SAYS = {Method.HOMOPHONE: 0.0, Method.LOOKALIKE: 0.0, Method.MASK: 0.5, Method.INITIALS: 0.5, Method.PINYIN: 0.5}
"""How much of a cue counts: that a person is meant does not say that it is she where the letters are others."""
BY_SOUND_IN_CONTEXT = 2.0
"""Beside her school or town, other letters of the same sound are more likely a disguise than another person."""
MASKS = (Kind.MASK, Kind.SIGN)
DISGUISES, HINTED = (Method.HOMOPHONE, Method.LOOKALIKE, Method.SPLIT, Method.MASK, Method.INITIALS), 1.5
"""What a writer's own hint at a disguise adds to one."""
BESIDE_A_WORD = 0.5
"""How much of her context counts beside a name that is an everyday word, where nothing else speaks for a person."""
MOST_BESIDE = 8.0
"""Log-odds that words beside a name can add."""
MOST_ODDS = 6.9
"""Nothing is surer than 0.999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What else a post holds about a profile: context terms with their weights, and another of her names."""

    terms: tuple[tuple[str, float], ...] = ()
    also_named: str = ""
    against: float = 0.0
    """What the post shares with another person of that name, as log-odds of 0 or less."""

    @property
    def odds(self) -> float:
        """All of it as log-odds; her own context outweighs what is shared with another."""
        weights = sorted((weight for _, weight in self.terms), reverse=True)
        terms = sum(weight * SECOND_TERM**at for at, weight in enumerate(weights))
        return terms + (ALSO_NAMED if self.also_named else 0.0) + (0.0 if self.terms else self.against)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How likely a place means her. ``first`` and ``last`` are indices into the batch."""

    odds: float
    method: Method
    first: int
    last: int
    cues: tuple[Cue, ...]
    evidence: Evidence

    @property
    def score(self) -> float:
        """The probability."""
        return 1 / (1 + exp(-min(self.odds, MOST_ODDS)))


def judge(candidate: Candidate, entry: Entry, evidence: Evidence, text: str) -> Judgement | None:
    """Judge a candidate for an entry; ``text`` is the original post. None where she is not meant."""
    written = _judge_written(candidate, entry, text)
    if written is None:
        return None
    odds = written.odds + _disguise_odds(written.method, evidence, text)
    if odds + evidence.odds + MOST_BESIDE < 0:
        return None
    cues, against = _surroundings(candidate, entry)
    beside = sum(cue.weight for cue in cues) * PERSON_SAYS.get(written.method, 1.0) + against
    is_word = written.method is Method.EXACT and words().get(entry.letters, NEVER) > EVERYDAY
    context = evidence.odds * (BESIDE_A_WORD if is_word and not cues else 1.0)
    return Judgement(
        odds=odds + beside + context,
        method=written.method,
        first=written.first,
        last=written.last,
        cues=tuple(cues),
        evidence=evidence,
    )


class _Written(NamedTuple):
    """What the letters alone say, and where they stand."""

    odds: float
    method: Method
    first: int
    last: int


def _judge_written(candidate: Candidate, entry: Entry, text: str) -> _Written | None:
    place, trait = candidate.place, candidate.trait
    if trait.rule is Rule.SOUND:
        sound = judge_sound(place, trait, entry)
        return _Written(*sound, place.first, place.last) if sound else None
    if trait.rule is Rule.ANCHOR:
        anchor = judge_anchor(place, entry, text)
        return _Written(anchor[0], trait.method, *anchor[1:]) if anchor else None
    odds = _judge_as_written(candidate, entry, text)
    if odds is None:
        return None
    first, last = _with_masks(place) if trait.method is Method.MASK else (place.first, place.last)
    return _Written(odds, trait.method, first, last)


def _disguise_odds(method: Method, evidence: Evidence, text: str) -> float:
    """Give what her context and the writer's own hints say for a disguise."""
    in_context = evidence.terms and method in {Method.HOMOPHONE, Method.LOOKALIKE}
    is_hinted = method in DISGUISES and HINTS.search(text)
    return BY_SOUND_IN_CONTEXT * bool(in_context) + HINTED * bool(is_hinted)


def _with_masks(place: Place) -> tuple[int, int]:
    """Give first and last index of a place with the masks that stand on beside it."""
    first, last = place.first, place.last
    while place.kind(first - 1) in MASKS:
        first -= 1
    while place.kind(last + 1) in MASKS:
        last += 1
    return first, last


def _judge_as_written(candidate: Candidate, entry: Entry, text: str) -> float | None:
    place, trait = candidate.place, candidate.trait
    if trait.rule is Rule.INITIALS:
        return judge_initials(place, trait, text)
    if trait.rule is Rule.MASKED:
        return judge_masked(place, text)
    if trait.rule is Rule.HANDLE:
        return judge_handle(place, entry, text)
    if trait.rule in {Rule.LATIN, Rule.LATIN_TURNED}:
        return judge_latin(place, trait, entry, text)
    return judge_letters(place, trait, entry)


def _surroundings(candidate: Candidate, entry: Entry) -> tuple[Sequence[Cue], float]:
    """Give what stands beside the name: for a person, and against one."""
    if entry.kind is not Kind.HAN or candidate.trait.rule is Rule.HANDLE:
        return (), 0.0
    before, after = candidate.place.before(REACH), candidate.place.after(REACH)
    is_word = entry.letters in words()
    return person_cues(before, after, is_word=is_word), thing_weight(before, after, is_word=is_word)
