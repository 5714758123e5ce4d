"""Who is meant in a chunk of posts: two rounds of judging.

The first round judges what may stand by itself: the name, its sound, a disguise of all of it. The second judges what
means nobody alone (initials, a title, a mask, the given name) and so needs other evidence in the same post: a context
term, or one of her names that the first round found. A post may have several readings; what one of them shows is
evidence for all.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from monitors.matching.names.candidates import Candidate, Search, search
from monitors.matching.names.escapes import end_of_letter
from monitors.matching.names.judges.judge import Evidence, Judgement, judge
from monitors.matching.names.masked import masked_names
from monitors.matching.names.namesakes import odds_against
from monitors.matching.names.place import Place
from monitors.matching.names.readings import Reading
from monitors.matching.names.shelf import Shelf

NEARLY_CERTAIN = 3.0
"""Log-odds from which a wider place counts for more than a surer one."""


MOST_PLACES = 1_000
"""Places of one profile in one post that are told: who is named a thousand times is named."""


class About(NamedTuple):
    """A post and a profile, by their numbers in the chunk and on the shelf."""

    post: int
    profile: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A judgement of an entry (its number on the shelf); ``span`` is of the original text."""

    entry: int
    span: tuple[int, int]
    judgement: Judgement


AllJudged = Mapping[About, Sequence[Judged]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Searched:
    """A reading of the posts with what was found in it."""

    shelf: Shelf
    reading: Reading
    search: Search
    against: dict[About, float] = field(default_factory=dict)
    """What each post shares with a namesake; looked up once."""

    def about(self, candidate: Candidate) -> About:
        """Give whom a candidate may mean, with the number of its post in the chunk."""
        profile = self.shelf.entries[candidate.entry].profile
        return About(self.reading.posts[candidate.place.post], profile)

    def known(self, sure: AllJudged) -> dict[int, set[int]]:
        """Give, by post of the reading, the profiles that are surely named in it."""
        number_of = {post: number for number, post in enumerate(self.reading.posts)} if sure else {}
        known: dict[int, set[int]] = defaultdict(set)
        for about in sure:
            if about.post in number_of:
                known[number_of[about.post]].add(about.profile)
        return known


def judge_chunk(
    shelf: Shelf, readings: Sequence[Reading], texts: Sequence[str], *, least: float = 0.0
) -> dict[About, list[Judged]]:
    """Give what has log-odds over ``least``, by post and profile; the first reading is the plain one.

    Only what is more likely than not is evidence for something else, however low ``least`` is.
    """
    searches = [_Searched(shelf=shelf, reading=reading, search=search(shelf, reading.batch)) for reading in readings]
    judged: dict[About, list[Judged]] = defaultdict(list)
    for searched in searches:
        _judge_all(searched, searched.search.strong(), texts, {}, judged, least=least)
    for searched in searches[1:]:
        _judge_all(searched, masked_names(shelf, searched.reading.batch), texts, {}, judged, least=least)
    likely = {about: tuple(one for one in found if one.judgement.odds > 0) for about, found in judged.items()}
    sure = {about: found for about, found in likely.items() if found}
    for searched in searches:
        _judge_all(searched, searched.search.weak(searched.known(sure)), texts, sure, judged, least=least)
    return judged


def _judge_all(
    searched: _Searched,
    candidates: Iterable[Candidate],
    texts: Sequence[str],
    sure: AllJudged,
    judged: dict[About, list[Judged]],
    *,
    least: float,
) -> None:
    """Judge candidates beside what is known of their post; add those with log-odds over ``least``."""
    origins = searched.reading.batch.origins
    for candidate in candidates:
        about = searched.about(candidate)
        if len(judged.get(about, ())) >= MOST_PLACES:
            continue
        text = texts[about.post]
        evidence = _evidence(searched, candidate, about, sure.get(about, ()))
        judgement = judge(candidate, searched.shelf.entries[candidate.entry].entry, evidence, text)
        if judgement and judgement.odds > least:
            span = int(origins[judgement.first]), end_of_letter(text, int(origins[judgement.last]))
            judged[about].append(Judged(entry=candidate.entry, span=span, judgement=judgement))


def _evidence(searched: _Searched, candidate: Candidate, about: About, sure: Sequence[Judged]) -> Evidence:
    """Give the context terms of a profile in the post, and another name of hers, neither where the candidate stands."""
    place, terms = candidate.place, dict[str, float]()
    for number, first, last in searched.search.terms.of(place.post):
        owned = searched.shelf.terms.owners[number].get(about.profile)
        if owned and (last < place.first or first > place.last):
            terms[owned.shown] = max(terms.get(owned.shown, 0.0), owned.weight)
    also = ""
    if candidate.trait.weak and sure:
        start, end = place.span
        elsewhere = (one for one in sure if one.span[1] <= start or end <= one.span[0])
        also = next((searched.shelf.entries[one.entry].entry.text for one in elsewhere), "")
    return Evidence(terms=tuple(terms.items()), also_named=also, against=_against(searched, place, about))


def _against(searched: _Searched, place: Place, about: About) -> float:
    """Give what the post shares with another of the same name."""
    memory = searched.shelf.memories.get(about.profile)
    if memory is None:
        return 0.0
    if about not in searched.against:
        searched.against[about] = odds_against(memory, searched.reading.batch.text_of(place.post))[0]
    return searched.against[about]


def apart(judged: Sequence[Judged]) -> list[Judged]:
    """Give the surest judgements of a profile in a post, none over another."""
    kept: list[Judged] = []
    spans: list[tuple[int, int]] = []  # in order, so that a post that names her ten thousand times stays quick
    for one in sorted(judged, key=_sureness):
        at = bisect_left(spans, one.span)
        if not any(_overlap(one.span, other) for other in spans[max(at - 1, 0) : at + 1]):
            spans.insert(at, one.span)
            kept.append(one)
    return kept


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _sureness(one: Judged) -> tuple[float, int, float]:
    """Order judgements: of those nearly certain the widest first, for it shows all that was written."""
    odds = one.judgement.odds
    return -min(odds, NEARLY_CERTAIN), one.span[0] - one.span[1], -odds
