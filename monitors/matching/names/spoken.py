"""Finds names by sound among Chinese letters: three syllables side by side are one number, looked up in a table.

An automaton over spelled sounds does the same for everything else (Latin letters, mixtures), at twenty times the cost.
"""

from array import array
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.normalise import Batch
from monitors.matching.names.sound import all_readings, syllables
from monitors.matching.names.tables import Places
from monitors.matching.names.uses import Hits, Ints

LAST_CODE = 0xA000
LENGTHS = (2, 3, 4)
TABLED = 3
BASE = 512
"""More than there are syllables; a power of two."""


@cache
def syllable_numbers() -> dict[str, int]:
    """Give a number to each syllable, from 1 on."""
    return {syllable: at for at, syllable in enumerate(sorted(syllables()), start=1)}


@cache
def first_readings() -> NDArray[np.int64]:
    """Give, by code point up to ``LAST_CODE``, the number of a letter's first reading; 0 for what is not read."""
    found = np.zeros(LAST_CODE, dtype=np.int64)
    for letter, readings in all_readings().items():
        found[ord(letter)] = syllable_numbers()[readings.usual[0]]
    return found


class SpokenWriter:
    """Collects sounds; ``read`` gives what finds them."""

    def __init__(self) -> None:
        self._keys, self._numbers = array("q"), array("i")

    def add(self, parts: tuple[str, ...], number: int) -> None:
        """Add the syllables of a pattern, with the pattern's number."""
        if len(parts) in LENGTHS:
            key = len(parts)
            for part in parts:
                key = key * BASE + syllable_numbers()[part]
            self._keys.append(key)
            self._numbers.append(number)

    def read(self) -> "Spoken":
        """Give what was collected, closed."""
        keys, first = np.unique(np.array(self._keys, dtype=np.int64), return_index=True)
        return Spoken(keys, np.array(self._numbers, dtype=np.int64)[first])


class Spoken:
    """The sounds of names of two to four letters. Reading is safe from several threads."""

    def __init__(self, keys: Ints, numbers: Ints) -> None:
        self._keys, self._numbers = {}, {}
        for length in LENGTHS:
            # A key begins with the number of its syllables, so that the keys of one length stand together.
            chosen = slice(*np.searchsorted(keys, (length * BASE**length, (length + 1) * BASE**length)))
            self._keys[length], self._numbers[length] = keys[chosen] - length * BASE**length, numbers[chosen]
        self._bits = self._table()

    def _table(self) -> NDArray[np.uint8] | None:
        """Give one bit for each three syllables with which a pattern of three or four begins."""
        starts = np.concatenate((self._keys[3], self._keys[4] // BASE))
        if not len(starts):
            return None
        bits = np.zeros(BASE**TABLED // 8 + 1, dtype=np.uint8)
        np.bitwise_or.at(bits, starts >> 3, (1 << (starts & 7)).astype(np.uint8))
        return bits

    def find(self, batch: Batch, places: Places) -> Hits:
        """Give every place of every pattern; starts and ends count the letters at ``places``."""
        codes = batch.codes[places]
        heard = np.where(codes < LAST_CODE, first_readings()[np.minimum(codes, LAST_CODE - 1)], 0)
        return _joined([self._of_two(heard), *self._of_three_and_four(heard)])

    def _of_two(self, heard: Ints) -> Hits:
        if not len(self._keys[2]) or len(heard) < 2:
            return _NONE
        return self._known(heard[:-1] * BASE + heard[1:], np.arange(len(heard) - 1), 2)

    def _of_three_and_four(self, heard: Ints) -> list[Hits]:
        if self._bits is None or len(heard) < TABLED:
            return []
        keys = (heard[:-2] * BASE + heard[1:-1]) * BASE + heard[2:]
        rows = np.flatnonzero(self._bits[keys >> 3] >> (keys & 7).astype(np.uint8) & 1)
        longer = rows[rows + TABLED < len(heard)]
        return [
            self._known(keys[rows], rows, 3),
            self._known(keys[longer] * BASE + heard[longer + TABLED], longer, 4),
        ]

    def _known(self, keys: Ints, rows: Ints, length: int) -> Hits:
        known = self._keys[length]
        if not len(known):
            return _NONE
        at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        found = known[at] == keys
        return Hits(patterns=self._numbers[length][at[found]], starts=rows[found], ends=rows[found] + length)


_NONE = Hits(patterns=np.zeros(0, dtype=np.int64), starts=np.zeros(0, dtype=np.int64), ends=np.zeros(0, dtype=np.int64))


def _joined(parts: list[Hits]) -> Hits:
    return Hits(
        patterns=np.concatenate([part.patterns for part in parts]),
        starts=np.concatenate([part.starts for part in parts]),
        ends=np.concatenate([part.ends for part in parts]),
    )
