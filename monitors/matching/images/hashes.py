"""Many hashes, compared with one at a time: an exact scan over packed bits.

A profile has 1 to 20 photos; nothing is ever missed by an index that guesses. The scan is the reference that any
faster way would be tested against.
"""

import numpy as np
from numpy.typing import NDArray

Packed = NDArray[np.uint8]
"""Rows of bytes: one hash a row."""


def pack(hashes: str, *, digits: int) -> Packed:
    """Pack hexadecimal hashes of that many digits each (a multiple of 16), written one after the other."""
    return np.frombuffer(bytes.fromhex(hashes), dtype=np.uint8).reshape(-1, digits // 2)


class HashTable:
    """Hashes of one length, immutable; a row's number is its place among those it was built from."""

    def __init__(self, packed: Packed) -> None:
        # Columns: one word of every hash lies together, so that the scan reads memory in order.
        words = np.ascontiguousarray(packed).view(np.uint64) if len(packed) else np.zeros((0, 0), dtype=np.uint64)
        self._columns: NDArray[np.uint64] = np.ascontiguousarray(words.T)
        self._rows = len(packed)

    def __len__(self) -> int:
        return self._rows

    def distances(self, bits: str) -> NDArray[np.uint16]:
        """Give the number of different bits between this hash and every row."""
        total = np.zeros(self._rows, dtype=np.uint16)
        if not self._rows:
            return total
        words = np.frombuffer(bytes.fromhex(bits), dtype=np.uint64)
        for column, word in zip(self._columns, words, strict=True):
            total += np.bitwise_count(column ^ word)
        return total

    def within(self, bits: str, limit: int) -> list[tuple[int, int]]:
        """Give the rows that differ by ``limit`` bits at most, with their distance, in order of rows."""
        distances = self.distances(bits)
        rows = np.flatnonzero(distances <= limit)
        return [(int(row), int(distances[row])) for row in rows]
