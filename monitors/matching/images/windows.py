"""Hashes of parts: what makes a hash stage find crops, mirrors, bars, screenshots and collages.

A whole-picture hash is lost once 5 % are cut off. So a reference photo also gets the hashes that its usual *crops*
would have, and a post's picture those of its usual *parts* (without its frame, its halves and quarters); each hash of
one side is compared with each of the other. Recall with and without: docs/evaluation.md#pictures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitors.matching.images.borders import find_block
from monitors.matching.images.changes import Change
from monitors.matching.images.pdq import Floats, Pdq, lay, pdqs_of
from monitors.matching.images.verdicts import MIN_QUALITY

Shares = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of width and height."""
NOTHING: Final = "0" * 64
"""In place of a part that is not there, or too plain to be recognised by."""
_SMALLEST_SIDE: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of a picture: where, whether it is mirrored, and whether the picture's frame is taken off first."""

    shares: Shares = (0, 0, 1, 1)
    is_mirrored: bool = False
    is_trimmed: bool = False

    @property
    def percent(self) -> int:
        """How much of the area it is."""
        left, top, right, bottom = self.shares
        return round(100 * (right - left) * (bottom - top))

    @property
    def change(self) -> Change:
        """What was done to a photo that this part of a picture looks like."""
        return Change(form="mirror" if self.is_mirrored else "", is_part=self.is_trimmed or self.percent < 100)


def _crops() -> Iterator[Shares]:
    for percent in range(5, 55, 5):
        inner = percent / 200
        yield inner, inner, 1 - inner, 1 - inner
    for percent in range(5, 50, 5):
        cut = percent / 100
        yield from ((cut, 0, 1, 1), (0, 0, 1 - cut, 1), (0, cut, 1, 1), (0, 0, 1, 1 - cut))
    for percent in range(10, 50, 10):
        cut = percent / 100
        yield from ((cut, cut, 1, 1), (0, 0, 1 - cut, 1 - cut), (0, cut, 1 - cut, 1), (cut, 0, 1, 1 - cut))


def _parts() -> Iterator[Window]:
    yield Window(is_mirrored=True)
    yield Window(is_trimmed=True)
    yield Window(is_mirrored=True, is_trimmed=True)
    for first, last in ((0.0, 0.5), (0.5, 1.0)):
        yield Window(shares=(first, 0, last, 1))
        yield Window(shares=(0, first, 1, last))
        yield Window(shares=(first, 0, last, 0.5))
        yield Window(shares=(first, 0.5, last, 1))
    for band in (0.1, 0.2, 0.3):
        yield Window(shares=(0, 0, 1, 1 - band))
        yield Window(shares=(0, band, 1, 1))


CROPS: Final = tuple(Window(shares=shares) for shares in _crops())
PARTS: Final = tuple(_parts())
# The order is part of what is stored: whoever changes it changes the version.
CROPS_VERSION: Final = "crops-1/512"
PARTS_VERSION: Final = "parts-1/512"


def hash_crops(grey: Floats) -> str:
    """Give the hashes of all ``CROPS`` of a reference photo, one after the other."""
    return _hash_all([_cut(grey, crop.shares) for crop in CROPS])


def hash_parts(grey: Floats) -> str:
    """Give the hashes of all ``PARTS`` of a picture, one after the other."""
    box = find_block(grey)
    inside = None if box is None else grey[box[1] : box[3], box[0] : box[2]]
    small = _halve(grey)
    return _hash_all([_take(part, grey, inside, small) for part in PARTS])


def _take(part: Window, grey: Floats, inside: Floats | None, small: Floats) -> Floats | None:
    """Take whole sides at full size and the rest at half of it: a hash looks at 64 × 64 points anyway."""
    source = inside if part.is_trimmed else grey if part.is_mirrored else small
    return None if source is None else lay(_cut(source, part.shares), "mirror" if part.is_mirrored else "")


def _cut(grey: Floats, shares: Shares) -> Floats:
    rows, columns = grey.shape
    left, top, right, bottom = shares
    return grey[round(rows * top) : round(rows * bottom), round(columns * left) : round(columns * right)]


def _halve(grey: Floats) -> Floats:
    rows, columns = (side // 2 * 2 for side in grey.shape)
    even = grey[:rows, :columns]
    return np.asarray((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4, dtype=np.float32)


def _hash_all(windows: Sequence[Floats | None]) -> str:
    there = {
        place: window
        for place, window in enumerate(windows)
        if window is not None and min(window.shape) >= _SMALLEST_SIDE
    }
    hashes = dict(zip(there, map(_trusted, pdqs_of(list(there.values()))), strict=True))
    return "".join(hashes.get(place, NOTHING) for place in range(len(windows)))


def _trusted(pdq: Pdq) -> str:
    return pdq.bits if pdq.quality >= MIN_QUALITY else NOTHING
