"""Which hits of sounds can be the name they stand for: a quick look at all of them, before a judge looks at one.

Nothing is let go that the judge (``judges/sound.py``) would let pass: this is the same question, asked more coarsely.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.kinds import Kind
from monitors.matching.names.rows import Rows
from monitors.matching.names.sound import all_readings, near_syllables, syllables
from monitors.matching.names.uses import Expanded, Flags
from monitors.matching.names.variants.chinese import part_name
from monitors.matching.names.variants.spell import Entry
from monitors.matching.names.variants.variant import Trait
from monitors.records import Method

MOST_SYLLABLES, MOST_READINGS = 8, 3
LAST_CODE = 0xA000


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSounds:
    """What entries sound like: ``sounds[entry, letter, reading]`` are numbers of syllables, 0 for none."""

    sounds: NDArray[np.uint16]
    surname: NDArray[np.uint8]
    """Letters of each surname."""


def asked_of(entries: list[Entry]) -> AskedSounds:
    """Give the sounds of entries; those that are no Chinese names have none."""
    sounds = np.zeros((len(entries), MOST_SYLLABLES, MOST_READINGS), dtype=np.uint16)
    surname = np.zeros(len(entries), dtype=np.uint8)
    numbers = _numbers()
    for at, entry in enumerate(entries):
        if entry.is_chinese:
            name = part_name(entry.letters)
            surname[at] = len(name.surname)
            for place, readings in enumerate(name.sounds):
                for reading, syllable in enumerate(readings[:MOST_READINGS]):
                    sounds[at, place, reading] = numbers[syllable]
    return AskedSounds(sounds=sounds, surname=surname)


def may_sound(rows: Rows, found: Expanded, traits: tuple[Trait, ...], asked: AskedSounds) -> Flags:
    """Say which uses of hits can be the sound of their entry."""
    layouts = _layouts(traits)[found.traits]
    starts = rows.hits.starts[found.rows]
    heard = _Heard(rows)
    fits = np.ones(len(starts), dtype=bool)
    offsets = np.zeros(len(starts), dtype=np.int64)
    spoken = np.zeros(len(starts), dtype=np.int64)
    lengths = (layouts > 0).sum(axis=1)
    turned = _turned(traits)[found.traits]
    shift = np.where(turned, asked.surname[found.owners], 0)
    total = np.where(_is_given(traits)[found.traits], lengths + shift, lengths)
    for at in range(MOST_SYLLABLES):
        length = layouts[:, at].astype(np.int64)
        is_there = length > 0
        if not is_there.any():
            break
        begin = np.where(is_there, starts + offsets, 0)
        units = heard.counts[begin + length] - heard.counts[begin]
        letter = heard.codes[begin]
        is_han = is_there & (heard.kinds[begin] == Kind.HAN)
        fits &= ~is_there | (heard.firsts[begin] & ((units == 1) | (units == length)))
        wanted = asked.sounds[found.owners, np.where(is_there, (at + shift) % np.maximum(total, 1), 0)]
        says = np.zeros(len(starts), dtype=bool)
        for reading in range(MOST_READINGS):
            says |= _says()[_row_of(letter), wanted[:, reading]]
        fits &= ~is_han | says
        spoken += is_han
        offsets += length
    # A name turned round is judged only where all of it is spelled.
    is_spelled = np.array([trait.method is Method.PINYIN for trait in traits], dtype=bool)[found.traits]
    return fits & ~(is_spelled & (spoken > 0))


class _Heard:
    """A channel of sounds letter by letter: where units begin, and what they are."""

    def __init__(self, rows: Rows) -> None:
        places = rows.channel.places
        self.firsts = np.ones(len(places), dtype=bool)
        self.firsts[1:] = places[1:] != places[:-1]
        self.counts = np.concatenate(([0], np.cumsum(self.firsts)))
        self.codes = rows.batch.codes[places]
        self.kinds = rows.batch.kinds[places]


@cache
def _numbers() -> dict[str, int]:
    return {syllable: at for at, syllable in enumerate(sorted(syllables()), start=1)}


@cache
def _says() -> NDArray[np.bool_]:
    """Say, by letter (``_row_of``) and syllable, whether it can be read so, or nearly so."""
    numbers = _numbers()
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


def _layouts(traits: tuple[Trait, ...]) -> NDArray[np.uint8]:
    found = np.zeros((len(traits), MOST_SYLLABLES + 1), dtype=np.uint8)
    for at, trait in enumerate(traits):
        found[at, : len(trait.layout)] = trait.layout
    return found


def _turned(traits: tuple[Trait, ...]) -> NDArray[np.bool_]:
    """Say which traits begin with the given name."""
    return np.array([trait.method in {Method.PINYIN, Method.GIVEN_NAME} for trait in traits], dtype=bool)


def _is_given(traits: tuple[Trait, ...]) -> NDArray[np.bool_]:
    return np.array([trait.method is Method.GIVEN_NAME for trait in traits], dtype=bool)
