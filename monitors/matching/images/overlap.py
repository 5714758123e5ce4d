"""Whether a picture looks like a photo all over the place where its details say that the photo lies.

Screenshots of one app, letters on one form and faces cut to one size have details that look alike and lie alike, in
dozens, and are no copies. Two more looks tell them apart. Laid over the photo, a copy has agreeing details nearly
wherever both have details at all; and it has nearly the photo's hash there. Either is enough: a heavy filter leaves few
details, a sticker or a caption changes the hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.matching.images.features import Features
from monitors.matching.images.fingerprint import PDQ, PDQ_CROPS, PDQ_DIGITS, PDQ_VERSION
from monitors.matching.images.geometry import Alignment
from monitors.matching.images.pdq import Floats, pdq_of
from monitors.matching.images.windows import CROPS, CROPS_VERSION, NOTHING, Shares
from monitors.records import Fingerprint

Hashes = tuple[tuple[Shares, str], ...]
"""Windows of a photo with the hash of each, the largest first."""
Points = NDArray[np.floating[Any]]

# All measured 2026-11-23 on 923 copies by 47 changes, most of which are not among those of the evaluation, and on 103
# pairs of other chats, letters, feeds and faces: together these rules lose one of the copies and keep none of the others.
_CELLS: Final = 8
_SHARED_CELLS: Final = 0.6
"""Of the cells in which both have details, at least this share has some that agree."""
_OF_ALL_SHOWN: Final = ((0.25, 12), (0.4, 6))
"""Of the details of the side that has fewer, the share that agrees, in how many cells at least: either will do."""
_OF_A_PLACE: Final = 0.3
"""The same share within the place where agreeing details lie: a neighbour in a collage may hide the rest."""
_SMALLEST_PLACE: Final = 0.2
"""Of the photo's area. Two chats share a strip of 0.18 that is the same to the letter."""
_OUTLIERS: Final = 0.05
_AROUND_PLACE: Final = 0.12
_CLOSE: Final = 40
"""Bits of 256: pairs that are no copies were 46 and more apart, most of them over 80."""
_WINDOWS: Final = 5
_SLACK: Final = 0.015
"""How far outside the picture a window may reach, as a share of it: a fit is good to a few pixels."""


def stored_hashes(photo: Iterable[Fingerprint]) -> Hashes:
    """Give what is kept of a reference photo to look at it part by part."""
    found: list[tuple[Shares, str]] = []
    for one in photo:
        if one.algorithm == PDQ and one.version == PDQ_VERSION:
            found.append(((0, 0, 1, 1), one.bits))
        elif one.algorithm == PDQ_CROPS and one.version == CROPS_VERSION:
            bits = (one.bits[place * PDQ_DIGITS :][:PDQ_DIGITS] for place in range(len(CROPS)))
            found += [(crop.shares, of_crop) for crop, of_crop in zip(CROPS, bits, strict=True) if of_crop != NOTHING]
    return tuple(sorted(found, key=lambda one: -_area(one[0])))


def is_same_all_over(alignment: Alignment, photo: Features, hashes: Hashes, picture: Features, grey: Floats) -> bool:
    """Say whether the photo shows wherever it should. ``picture`` and ``grey`` are mirrored where the copy is."""
    seen = _Seen.of(alignment, photo, picture)
    place = _place_of(seen.agreeing)
    return seen.agrees_all_over(place) or _looks_alike(alignment.matrix, photo, hashes, grey, place)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """Details laid over the photo, as shares of its width and height: what it shows there, what the picture does."""

    shown: Points
    there: Points
    agreeing: Points
    number: int
    """Of details that agree: one with two directions counts once."""

    @classmethod
    def of(cls, alignment: Alignment, photo: Features, picture: Features) -> "_Seen":
        matrix, size = alignment.matrix, (photo.width, photo.height)
        laid = photo.points @ matrix[:, :2].T + matrix[:, 2]
        laid_back = (picture.points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        return cls(
            shown=photo.points[_is_inside(laid, picture.width, picture.height)] / size,
            there=laid_back[_is_inside(laid_back, photo.width, photo.height)] / size,
            agreeing=alignment.points / size,
            number=alignment.agreeing,
        )

    def agrees_all_over(self, place: Shares) -> bool:
        """Whether details agree nearly wherever there are some: in all that can be seen, or in one large place."""
        if any(self.agrees(share, cells) for share, cells in _OF_ALL_SHOWN):
            return True
        return _area(place) >= _SMALLEST_PLACE and self.within(place).agrees(_OF_A_PLACE, 1)

    def agrees(self, share: float, fewest_cells: int) -> bool:
        """Whether so large a share agrees, in so many cells and in most of those where both have details."""
        if self.number < share * min(len(self.shown), len(self.there)):
            return False
        both = _cells_of(self.shown) & _cells_of(self.there)
        return len(_cells_of(self.agreeing)) >= max(fewest_cells, _SHARED_CELLS * len(both))

    def within(self, place: Shares) -> "_Seen":
        """Give what lies in one place."""
        agreeing = _inside_of(self.agreeing, place)
        return _Seen(
            shown=_inside_of(self.shown, place),
            there=_inside_of(self.there, place),
            agreeing=agreeing,
            number=len(agreeing),
        )


def _place_of(agreeing: Points) -> Shares:
    """Give the place where agreeing details lie, but for a few that agree by chance."""
    left, top = np.clip(np.quantile(agreeing, _OUTLIERS, axis=0) - 0.02, 0, 1)
    right, bottom = np.clip(np.quantile(agreeing, 1 - _OUTLIERS, axis=0) + 0.02, 0, 1)
    return float(left), float(top), float(right), float(bottom)


def _looks_alike(matrix: Points, photo: Features, hashes: Hashes, grey: Floats, place: Shares) -> bool:
    """Compare the hashes of the largest windows of the photo with those of the same places here.

    Of those that could be seen, and of those where details agree: a neighbour may hide the rest.
    """
    visible = [(shares, bits) for shares, bits in hashes if _is_visible(shares, matrix, photo, grey)]
    agreeing = [(shares, bits) for shares, bits in visible if _is_around(place, shares)]
    chosen = [*visible[:_WINDOWS], *agreeing[:_WINDOWS]]
    if not chosen:
        return False
    laid = _lay_over(matrix, photo, grey)
    return any(_distance(_cut(laid, shares), bits) <= _CLOSE for shares, bits in chosen)


def _is_around(place: Shares, window: Shares) -> bool:
    left, top, right, bottom = place
    return (
        window[0] >= left - _AROUND_PLACE
        and window[1] >= top - _AROUND_PLACE
        and window[2] <= right + _AROUND_PLACE
        and window[3] <= bottom + _AROUND_PLACE
    )


def _lay_over(matrix: Points, photo: Features, grey: Floats) -> Floats:
    """Give the picture as the photo lies in it, at the photo's size."""
    import cv2

    back = cv2.invertAffineTransform(matrix)
    return np.asarray(
        cv2.warpAffine(
            np.ascontiguousarray(grey),
            back,
            (photo.width, photo.height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def _is_visible(shares: Shares, matrix: Points, photo: Features, grey: Floats) -> bool:
    left, top, right, bottom = shares
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * (photo.width, photo.height)
    rows, columns = grey.shape
    places = (corners @ matrix[:, :2].T + matrix[:, 2]) / (columns, rows)
    return bool((places > -_SLACK).all() and (places < 1 + _SLACK).all())


def _distance(part: Floats, bits: str) -> int:
    return (int(pdq_of(part).bits, 16) ^ int(bits, 16)).bit_count()


def _cut(laid: Floats, shares: Shares) -> Floats:
    rows, columns = laid.shape
    left, top, right, bottom = shares
    return laid[round(rows * top) : round(rows * bottom), round(columns * left) : round(columns * right)]


def _cells_of(points: Points) -> set[int]:
    columns, rows = (points * _CELLS).astype(int).clip(0, _CELLS - 1).T
    return set((rows * _CELLS + columns).tolist())


def _inside_of(points: Points, place: Shares) -> Points:
    return np.asarray(points[((points >= place[:2]) & (points <= place[2:])).all(axis=1)])


def _is_inside(points: Points, width: int, height: int) -> NDArray[np.bool_]:
    return np.asarray((points >= 0).all(axis=1) & (points < (width, height)).all(axis=1))


def _area(shares: Shares) -> float:
    left, top, right, bottom = shares
    return (right - left) * (bottom - top)
