"""Which hits of sounds can be the name they stand for: a quick look at all of them, before a judge looks at one.

Nothing is let go that the judge (``judges/sound.py``) would let pass: this is the same question, asked more coarsely.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.judges.sound import EVERY_LETTER, GIVEN_ALONE, HOMOPHONE, PINYIN, SAME_SOUND
from monitors.matching.names.kinds import Kind
from monitors.matching.names.rows import Rows
from monitors.matching.names.sound import all_readings, near_syllables
from monitors.matching.names.spoken import LAST_CODE, syllable_numbers
from monitors.matching.names.uses import MOST_SYLLABLES, Expanded, Flags, Ints, Traits
from monitors.matching.names.variants.chinese import part_name
from monitors.matching.names.variants.spell import Entry
from monitors.records import Method

MOST_READINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSounds:
    """What entries sound like: ``sounds[entry, letter, reading]`` are numbers of syllables, 0 for none."""

    letters: NDArray[np.uint32]
    """The code of each letter of each entry."""
    sounds: NDArray[np.uint16]
    surname: NDArray[np.uint8]
    """Letters of each surname."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Which uses of hits can be the sound of their entry, and what each costs at least."""

    fits: Flags
    costs: NDArray[np.float64]


def asked_of(entries: list[Entry]) -> AskedSounds:
    """Give the sounds of entries; those that are no Chinese names have none."""
    letters = np.zeros((len(entries), MOST_SYLLABLES), dtype=np.uint32)
    sounds = np.zeros((len(entries), MOST_SYLLABLES, MOST_READINGS), dtype=np.uint16)
    surname = np.zeros(len(entries), dtype=np.uint8)
    numbers = syllable_numbers()
    for at, entry in enumerate(entries):
        if entry.is_chinese:
            name = part_name(entry.letters)
            surname[at] = len(name.surname)
            letters[at, : len(name.full)] = [ord(letter) for letter in name.full]
            for place, readings in enumerate(name.sounds):
                for reading, syllable in enumerate(readings[:MOST_READINGS]):
                    sounds[at, place, reading] = numbers[syllable]
    return AskedSounds(letters=letters, sounds=sounds, surname=surname)


def sound_fit(rows: Rows, found: Expanded, traits: Traits, asked: AskedSounds) -> Fit:
    """Compare each use of a hit, letter by letter, with what its entry sounds like."""
    layouts = traits.layouts[found.traits]
    starts = rows.hits.starts[found.rows]
    lengths = (layouts > 0).sum(axis=1)
    fits = np.ones(len(starts), dtype=bool)
    if not rows.is_spelled:
        fits &= lengths == (rows.hits.ends - rows.hits.starts)[found.rows]
        layouts = np.minimum(layouts, 1)
    is_given, is_turned = (traits.are(method)[found.traits] for method in (Method.GIVEN_NAME, Method.PINYIN))
    shift = np.where(is_given | is_turned, asked.surname[found.owners], 0)
    total = np.maximum(np.where(is_given, lengths + shift, lengths), 1)
    heard, offsets = _Heard(rows), starts.copy()
    spoken, changed = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts), dtype=np.int64)
    for at in range(int(lengths.max(initial=0))):
        length = layouts[:, at].astype(np.int64)
        is_there = length > 0
        begin = np.where(is_there, offsets, 0)
        place = np.where(is_there, (at + shift) % total, 0)
        codes, kinds = heard.letters(begin)
        is_han = is_there & (kinds == Kind.HAN)
        fits &= ~is_there | heard.is_whole(begin, length)
        fits &= ~is_han | _sounds_like(codes, asked.sounds[found.owners, place])
        spoken += is_han
        changed += is_han & (codes != asked.letters[found.owners, place])
        offsets += length
    every = (changed == lengths) & (spoken == lengths)
    costs = np.where(
        spoken == lengths, HOMOPHONE + SAME_SOUND * changed + EVERY_LETTER * every, PINYIN + SAME_SOUND * changed
    )
    # A name turned round is judged only where all of it is spelled; the name itself is no sound.
    fits &= ~(is_turned & (spoken > 0)) & ((changed > 0) | (spoken < lengths))
    return Fit(fits=fits, costs=costs + GIVEN_ALONE * is_given)


def _sounds_like(codes: NDArray[np.uint32], wanted: NDArray[np.uint16]) -> Flags:
    says = np.zeros(len(codes), dtype=bool)
    for reading in range(MOST_READINGS):
        says |= _says()[_row_of(codes), wanted[:, reading]]
    return says


class _Heard:
    """A channel of sounds letter by letter: where Chinese letters begin, and what they are."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        places = rows.channel.places
        self._firsts = np.concatenate(([True], places[1:] != places[:-1])) if rows.is_spelled else None

    def letters(self, at: Ints) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """Give the codes and kinds of letters."""
        places = self._rows.channel.places[at]
        return self._rows.batch.codes[places], self._rows.batch.kinds[places]

    def is_whole(self, begin: Ints, length: Ints) -> Flags:
        """Say which syllables are one Chinese letter, or all Latin ones."""
        if self._firsts is None:
            return np.ones(len(begin), dtype=bool)
        moved = self._rows.steps.moved
        inner = moved[np.maximum(begin + length - 1, begin)] - moved[begin]
        whole: Flags = self._firsts[begin] & ((inner == 0) | (inner == length - 1))
        return whole


@cache
def _says() -> NDArray[np.bool_]:
    """Say, by letter (``_row_of``) and syllable, whether it can be read so, or nearly so."""
    numbers = syllable_numbers()
    near = {
        syllable: [numbers[syllable], *(numbers[other] for other in near_syllables(syllable))] for syllable in numbers
    }
    found = np.zeros((len(all_readings()) + 1, len(numbers) + 1), dtype=bool)
    for at, readings in enumerate(all_readings().values(), start=1):
        for syllable in readings.usual:
            found[at, near[syllable]] = True
        for syllable in readings.heard:
            if syllable in numbers:
                found[at, numbers[syllable]] = True
    return found


@cache
def _letter_rows() -> NDArray[np.int32]:
    found = np.zeros(LAST_CODE, dtype=np.int32)
    for at, letter in enumerate(all_readings(), start=1):
        found[ord(letter)] = at
    return found


def _row_of(codes: NDArray[np.uint32]) -> NDArray[np.int32]:
    found: NDArray[np.int32] = np.where(codes < LAST_CODE, _letter_rows()[np.minimum(codes, LAST_CODE - 1)], 0)
    return found
