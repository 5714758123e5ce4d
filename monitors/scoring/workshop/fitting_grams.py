"""Fits what a text's spelling says: the n-gram side of the heads."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.ngrams import BITS, LEVELS, Grams, buckets

Found = NDArray[np.intp]
_SEEN_IN: Final = 3
"""Texts in which a piece must occur: what one writer wrote once says nothing of others."""


def pieces_of(texts: Sequence[str]) -> list[Found]:
    """The buckets of each text."""
    return [buckets(text) for text in texts]


def rarity_of(texts: Sequence[Found]) -> NDArray[np.float16]:
    """Inverse document frequency of each bucket over these texts."""
    counts = np.zeros(1 << BITS, dtype=np.int64)
    for found in texts:
        counts[found] += 1
    rarity = np.log((1 + len(texts)) / (1 + counts)) + 1
    rarity[counts < _SEEN_IN] = 0
    return rarity.astype(np.float16)


def features(texts: Sequence[Found], rarity: NDArray[np.float16]) -> Any:
    """A sparse matrix, one row a text of length 1, that ``Grams.margins`` multiplies with."""
    from scipy.sparse import csr_matrix

    rows = np.repeat(np.arange(len(texts)), [len(found) for found in texts])
    columns = np.concatenate([*texts, np.empty(0, dtype=np.intp)])
    weights = rarity[columns].astype(np.float64)
    lengths = np.sqrt(np.bincount(rows, weights**2, minlength=len(texts)))
    values = weights / np.maximum(lengths, 1e-12)[rows]
    return csr_matrix((values, (rows, columns)), shape=(len(texts), 1 << BITS))


def packed(rarity: NDArray[np.float16], weights: NDArray[Any]) -> Grams:
    """Weights, one row a margin, as bytes; a bias has no place here."""
    scales = np.abs(weights).max(axis=1) / LEVELS + 1e-12
    return Grams(
        rarity=rarity,
        levels=np.round(weights / scales[:, None]).astype(np.int8).T.copy(),
        scales=scales.astype(np.float32),
    )
