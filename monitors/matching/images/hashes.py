"""Many hashes, compared with one at a time: an exact scan over packed bits.

A profile has 1 to 20 photos; nothing is ever missed by an index that guesses. The scan is the reference that any
faster way would be tested against.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class HashTable:
    """Hashes of one length, immutable; a row's number is its place in the sequence it was built from."""

    def __init__(self, hashes: Sequence[str]) -> None:
        """Pack hexadecimal hashes, all of the same length (a multiple of 16 digits)."""
        digits = len(hashes[0]) if hashes else 16
        packed = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint64).reshape(len(hashes), digits // 16)
        # Columns: one word of every hash lies together, so that the scan reads memory in order.
        self._columns: NDArray[np.uint64] = np.ascontiguousarray(packed.T)

    def __len__(self) -> int:
        return int(self._columns.shape[1])

    def distances(self, bits: str) -> NDArray[np.uint16]:
        """Give the number of different bits between this hash and every row."""
        total = np.zeros(len(self), dtype=np.uint16)
        if not len(self):
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
