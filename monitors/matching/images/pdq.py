"""PDQ, the 256-bit perceptual hash the industry shares, computed only where it looks.

Meta's code blurs the whole picture twice, takes 64 × 64 points of it and keeps 16 × 16 DCT coefficients. Every step is
linear and treats rows and columns apart, so that a point needs the few rows and columns around it and no others: a
fraction of the time, and a window of a picture costs no more than its own pixels. The tests hold it against Meta's
code (``pdqhash``) and the evaluation against the published hashes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SMALLEST_SIDE: Final = 5
"""Below this many pixels a side there is no hash, as in Meta's code."""
FORMS: Final = ("", "mirror", "flip", "turn180", "transpose", "turn90", "turn270", "transverse")
"""The eight ways to lay a picture on its side or its back; the first is the picture as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdq:
    """A hash as hexadecimal, and how much the picture gave to hash: 0 to 100, below 50 it says little."""

    bits: str
    quality: int


def pdq_of(grey: Floats) -> Pdq:
    """Hash a grey picture (rows × columns, 0 to 255). Raises ValueError below ``SMALLEST_SIDE`` pixels a side."""
    return pdqs_of([grey])[0]


def pdqs_of(greys: Sequence[Floats]) -> list[Pdq]:
    """Hash several pictures, each as ``pdq_of`` does: twice as fast for the many windows of one picture."""
    if not greys:
        return []
    small = np.stack([_shrink(grey) for grey in greys])
    coefficients = (_dct() @ small @ _dct().T).reshape(len(greys), 256)
    middles = np.partition(coefficients, 127, axis=1)[:, 127:128]
    bits = np.packbits((coefficients > middles)[:, ::-1], axis=1)
    return [
        Pdq(bits=row.tobytes().hex(), quality=int(quality))
        for row, quality in zip(bits, _qualities_of(small), strict=True)
    ]


def _shrink(grey: Floats) -> Floats:
    if min(grey.shape) < SMALLEST_SIDE:
        raise ValueError("too small to hash")
    return _shrink_rows(_shrink_rows(grey).T).T


def lay(grey: Floats, form: str) -> Floats:
    """Lay a picture as ``form`` says.

    The hash of a laid picture could be had from the coefficients, by changing signs; but PDQ's filter leans half a
    pixel to one side, and that costs up to 18 of the 31 bits that a copy may differ by.
    """
    if form in {"transpose", "turn90", "turn270", "transverse"}:
        grey = grey.T
    if form in {"mirror", "turn180", "turn90", "transverse"}:
        grey = grey[:, ::-1]
    if form in {"flip", "turn180", "turn270", "transverse"}:
        grey = grey[::-1]
    return np.ascontiguousarray(grey)


def _qualities_of(small: Floats) -> NDArray[np.float64]:
    """Meta's measure: how many steps of a hundredth of the range lie between neighbouring points."""
    steps = (np.diff(small, axis=1), np.diff(small, axis=2))
    gradients = [np.abs(np.trunc(step * np.float32(100 / 255))).sum(axis=(1, 2), dtype=np.float64) for step in steps]
    return np.asarray(np.minimum(100, sum(gradients) // 90))


@lru_cache(maxsize=1)
def _dct() -> Floats:
    rows, columns = np.arange(1, 17)[:, None], np.arange(64)[None, :]
    matrix: Floats = np.asarray(np.sqrt(2 / 64) * np.cos(np.pi / 128 * rows * (2 * columns + 1)), dtype=np.float32)
    return matrix


def _shrink_rows(grey: Floats) -> Floats:
    """Blur and take 64 rows. No matrix product: BLAS would start threads, which crawl on a busy machine."""
    taps, weights = _taps(len(grey))
    small = np.zeros((64, grey.shape[1]), dtype=np.float32)
    for tap, weight in zip(taps, weights, strict=True):
        small += grey[tap] * weight[:, None]
    return small


@lru_cache(maxsize=512)
def _taps(length: int) -> tuple[NDArray[np.intp], Floats]:
    """Give, for the points in the middle of 64 parts, the rows that two box filters average, and their weights."""
    window = (length + 127) // 128
    ahead = (window + 2) // 2
    box = np.zeros((length, length))
    for point in range(length):
        box[point, max(0, point + ahead - window) : point + ahead] = 1
    box /= box.sum(axis=1, keepdims=True)
    points = ((np.arange(64) + 0.5) * length / 64).astype(np.intp)
    reach = np.arange(-2 * window, 2 * window + 1)
    taps = np.clip(points + reach[:, None], 0, length - 1)
    is_inside = (points + reach[:, None] >= 0) & (points + reach[:, None] < length)
    weights = (box[points] @ box)[np.arange(64), taps] * is_inside
    used = weights.any(axis=1)
    return taps[used], weights[used].astype(np.float32)
