"""Many hashes, compared with one at a time: an exact scan over packed bits.

A profile has 1 to 20 photos; nothing is ever missed by an index that guesses. The tests hold it against comparing one
by one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Packed = NDArray[np.uint8]
"""Rows of bytes: one hash a row."""
_CHUNK: Final = 65_536
"""Rows compared at once: what is computed on the way stays in the processor's cache (2026-10: 3.7 ms a million, not 4.3)."""


def pack(hashes: str, *, digits: int) -> Packed:
    """Pack hexadecimal hashes of that many digits each (a multiple of 16), written one after the other."""
    return np.frombuffer(bytes.fromhex(hashes), dtype=np.uint8).reshape(-1, digits // 2)


class HashTable:
    """Hashes of one length, immutable; a row's number is its place among those it was built from."""

    def __init__(self, parts: Iterable[Packed]) -> None:
        """Take the rows in parts, each let go of soon, so that they never lie in memory twice."""
        # Columns: one word of every hash lies together, so that the scan reads memory in order.
        self._blocks = list(_blocks(parts))
        self._rows = sum(int(block.shape[1]) for block in self._blocks)

    def __len__(self) -> int:
        return self._rows

    def within(self, bits: str, limit: int) -> list[tuple[int, int]]:
        """Give the rows that differ by ``limit`` bits at most, with their distance, in order of rows."""
        words = np.frombuffer(bytes.fromhex(bits), dtype=np.uint64)[:, None]
        found: list[tuple[int, int]] = []
        first = 0
        for block in self._blocks:
            for start in range(0, block.shape[1], _CHUNK):
                rows, distances = _scan(block[:, start : start + _CHUNK], words, limit)
                found.extend(zip((rows + first + start).tolist(), distances.tolist(), strict=True))
            first += block.shape[1]
        return found


def _blocks(parts: Iterable[Packed]) -> Iterator[NDArray[np.uint64]]:
    held: list[Packed] = []
    rows = 0
    for part in parts:
        held.append(part)
        rows += len(part)
        if rows >= _CHUNK:
            yield _columns(held)
            held, rows = [], 0
    if rows:
        yield _columns(held)


def _columns(parts: Sequence[Packed]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(np.concatenate(parts).view(np.uint64).T)


def _scan(
    columns: NDArray[np.uint64], words: NDArray[np.uint64], limit: int
) -> tuple[NDArray[np.intp], NDArray[np.uint16]]:
    """Compare half of each hash; only where that half is within the limit can the whole be."""
    half = (len(words) + 1) // 2
    distances = _count(columns[:half], words[:half])
    rows = np.flatnonzero(distances <= limit)
    whole = distances[rows] + _count(columns[half:, rows], words[half:])
    is_near = whole <= limit
    return rows[is_near], whole[is_near]


def _count(columns: NDArray[np.uint64], words: NDArray[np.uint64]) -> NDArray[np.uint16]:
    return np.asarray(np.bitwise_count(columns ^ words).sum(axis=0, dtype=np.uint16))
