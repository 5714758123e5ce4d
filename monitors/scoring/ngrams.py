"""Short pieces of spelling beside the encoder's vectors: what words as such say of a text.

Runs of one to four letters are hashed into a fixed number of buckets, so that no vocabulary is stored.
They know set phrases ("已辟谣", "solo seen by") that a sentence's mean loses; the encoder knows what was never seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 18
LONGEST: Final = 4
LEVELS: Final = 127
_STEP: Final = np.uint64(1_000_003)
# Fibonacci hashing: the high bits of a product with it are well mixed.
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grams:
    """What each bucket adds to each of ``k`` margins, one byte a number."""

    rarity: NDArray[np.float16]
    """Inverse document frequency of each bucket; 0 where it was not seen in training."""
    levels: NDArray[np.int8]
    """One row a bucket, one column a margin."""
    scales: NDArray[np.float32]
    """What one level of each column is worth."""

    def margins(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text: what its spelling adds to each margin. A text of unseen pieces adds nothing."""
        added = np.zeros((len(texts), len(self.scales)), dtype=np.float32)
        for row, text in enumerate(texts):
            found = buckets(text)
            weights = self.rarity[found].astype(np.float32)
            length = float(np.sqrt(weights @ weights))
            if length:
                added[row] = (weights / length) @ self.levels[found].astype(np.float32)
        scaled: NDArray[np.float32] = added * self.scales
        return scaled

    def runs(self, text: str, column: int) -> Iterator[tuple[int, int, float]]:
        """``start, end`` of every piece of two letters and more, and how much it speaks for a margin."""
        for length, found in enumerate(_hashed(text)[1:], start=2):
            amounts = self.rarity[found].astype(np.float32) * self.levels[found, column]
            for start in np.flatnonzero(amounts > 0).tolist():
                yield start, start + length, float(amounts[start])


def no_grams(columns: int) -> Grams:
    """Grams that add nothing, for heads that were fitted without."""
    return Grams(
        rarity=np.zeros(1 << BITS, dtype=np.float16),
        levels=np.zeros((1 << BITS, columns), dtype=np.int8),
        scales=np.ones(columns, dtype=np.float32),
    )


def buckets(text: str) -> NDArray[np.intp]:
    """The buckets of a text's pieces, each once, in rising order; its ends count as spaces."""
    return np.unique(np.concatenate(_hashed(f" {text} ")))


def _hashed(text: str) -> list[NDArray[np.intp]]:
    """The bucket of the piece that begins at each letter, for each length from one on."""
    letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    rolled = np.zeros(len(letters), dtype=np.uint64)
    hashed = []
    for length in range(min(LONGEST, len(letters))):
        rolled = rolled[: len(letters) - length] * _STEP + letters[length:]
        mixed = ((rolled + np.uint64(length)) * _MIX) >> np.uint64(64 - BITS)
        hashed.append(mixed.astype(np.intp))
    return hashed
