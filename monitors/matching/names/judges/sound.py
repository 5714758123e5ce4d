"""Letters that sound like a name, and its pinyin."""

import re
from dataclasses import dataclass

from monitors.matching.names.judges.chinese import PRIOR
from monitors.matching.names.judges.gaps import gap_odds
from monitors.matching.names.judges.tokens import account_odds
from monitors.matching.names.kinds import Kind
from monitors.matching.names.place import WIDEST_GAP, WORD_KINDS, Gap, Place
from monitors.matching.names.plausibility import MOST, log_odds_of_name
from monitors.matching.names.sound import near_syllables, readings_of
from monitors.matching.names.variants.chinese import ChineseName, part_name
from monitors.matching.names.variants.spell import Entry
from monitors.matching.names.variants.variant import Trait
from monitors.records import Method

# What a letter costs that is written otherwise, and the way of writing as a whole: 2026-03, as in variants/chinese.py.
SAME_SOUND, HEARD, NEAR, SPELLED = 1.5, 2.5, 2.7, 0.5
EVERY_LETTER, SECOND_LETTER = 1.5, 1.0
"""Who hides a name seldom changes more than one letter; the more are others, the likelier it is another's."""
HOMOPHONE, PINYIN, SHORT_PINYIN, GIVEN_ALONE = 4.5, 3.0, 3.0, 3.0
NUMBERED, NUMBER = 2.0, re.compile(r"\d{2,4}(?![^\W_]|[._\-][^\W_])", re.ASCII)
"""An account with a year or a number after the name: anybody of that sound may bear it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Syllable:
    """One syllable of a name as it stands in the text: a Chinese letter, or spelled in Latin ones."""

    letter: str
    """The Chinese letter; empty when it is spelled."""
    first: int
    last: int


def judge_sound(place: Place, trait: Trait, entry: Entry) -> tuple[float, Method] | None:
    """Give the log-odds and the method; None where the sound is that of other letters, or the name itself."""
    name = part_name(entry.letters)
    heard = _syllables(place, trait)
    if heard is None:
        return None
    asked = _asked(name, trait)
    cost, changed = 0.0, 0
    for syllable, (letter, readings) in zip(heard, asked, strict=True):
        one = _cost(syllable, letter, readings)
        if one is None:
            return None
        cost, changed = cost + one, changed + (syllable.letter != letter)
    if not changed:
        return None
    spelled = sum(not syllable.letter for syllable in heard)
    if trait.method is Method.PINYIN and spelled < len(heard):
        return None  # turned round, only spelled: 晓月林 in other letters is anybody
    method = _method(trait, spelled)
    between = _between(place, heard, spelled)
    if between is None:
        return None
    cost += 0.0 if spelled else EVERY_LETTER * (changed == len(heard)) + SECOND_LETTER * (changed > 1)
    cost += PINYIN + SHORT_PINYIN * (len(heard) == 2) if spelled else HOMOPHONE
    longer = account_odds(place) - NUMBERED * _is_numbered(place) if spelled else 0.0
    cost += GIVEN_ALONE * (trait.method is Method.GIVEN_NAME)
    units, start, end = place.units()
    return min(MOST, log_odds_of_name(units, start, end, PRIOR - cost) + between) + longer, method


def _syllables(place: Place, trait: Trait) -> list[Syllable] | None:
    """Part the letters of the sound into syllables; None where a Chinese letter would be cut."""
    if len(place.places) == len(trait.layout):
        return [Syllable(letter=_letter(place, index), first=index, last=index) for index in place.places]
    found, at, places = [], 0, place.places
    for length in trait.layout:
        part = places[at : at + length]
        at += length
        if part[0] == part[-1]:
            if place.kind(part[0]) != Kind.HAN and length > 1:
                return None
            is_han = place.kind(part[0]) == Kind.HAN
            found.append(Syllable(letter=_letter(place, part[0]) if is_han else "", first=part[0], last=part[0]))
        elif all(place.kind(index) == Kind.LATIN for index in part):
            found.append(Syllable(letter="", first=part[0], last=part[-1]))
        else:
            return None
    return found if _keeps_tokens(place, trait) else None


def _letter(place: Place, index: int) -> str:
    return chr(int(place.batch.codes[index]))


def _keeps_tokens(place: Place, trait: Trait) -> bool:
    """Whether no Latin word goes on before or after; a number may, after a full name in one word."""
    if place.kind(place.first) in WORD_KINDS and place.kind(place.first - 1) in WORD_KINDS:
        return False
    goes_on = place.kind(place.last) in WORD_KINDS and place.kind(place.last + 1) in WORD_KINDS
    return not goes_on or (len(trait.layout) > 2 and not place.gaps() and _is_numbered(place))


def _is_numbered(place: Place) -> bool:
    return bool(NUMBER.match(place.after(6)))


def _asked(name: ChineseName, trait: Trait) -> list[tuple[str, tuple[str, ...]]]:
    """Give the letters of the name with their readings, in the order of the variant."""
    letters = list(zip(name.full, name.sounds, strict=True))
    length = len(name.surname)
    if trait.method is Method.GIVEN_NAME:
        return letters[length:]
    return letters[length:] + letters[:length] if trait.method is Method.PINYIN else letters


def _cost(syllable: Syllable, letter: str, readings: tuple[str, ...]) -> float | None:
    """Give what it costs to write a letter of the name like this; None where it does not sound alike."""
    if not syllable.letter:
        return SPELLED
    if syllable.letter == letter:
        return 0.0
    said = readings_of(syllable.letter)
    if set(said.usual) & set(readings):
        return SAME_SOUND
    if set(said.heard) & set(readings):
        return HEARD
    return NEAR if any(near in said.usual for reading in readings for near in near_syllables(reading)) else None


def _method(trait: Trait, spelled: int) -> Method:
    if trait.method is Method.GIVEN_NAME:
        return Method.GIVEN_NAME
    return Method.PINYIN if spelled else Method.HOMOPHONE


def _between(place: Place, heard: list[Syllable], spelled: int) -> float | None:
    """Give what stands between the syllables; a space costs nothing beside a spelled one, and none is torn apart."""
    gaps = place.gaps()
    if not spelled:
        return gap_odds(place, gaps)
    if any(len(gap.text) > WIDEST_GAP for gap in gaps):
        return None
    stops = [gap for gap in gaps if Kind.STOP in gap.kinds]
    if stops and (spelled < len(heard) or [gap.text.strip() for gap in stops] != [","]):
        return None  # only Lin, Xiaoyue
    return None if any(_is_torn(syllable, place, gaps) for syllable in heard) else 0.0


def _is_torn(syllable: Syllable, place: Place, gaps: list[Gap]) -> bool:
    """Whether some letters of a syllable stand apart but not all, or not all by the same sign: l.i.n is not torn."""
    first, last = place.places.index(syllable.first), place.places.index(syllable.last)
    inner = [gap.text for gap in gaps if first < gap.at <= last]
    return bool(inner) and (len(inner) < last - first or len({*inner}) > 1)
