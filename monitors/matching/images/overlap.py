"""Whether a picture looks like a photo all over the place where its details say that the photo lies.

Screenshots of one app, letters on one form and faces cut to one size have details that look alike and lie alike, in
dozens, and are no copies. Two more looks tell them apart. Laid over the photo, a copy has agreeing details nearly
wherever both have details at all; and it has nearly the photo's hash there. Either is enough: a heavy filter leaves few
details, a sticker or a caption changes the hash.
"""

from collections.abc import Iterable, Sequence
from typing import Final

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
Points = NDArray[np.float64]

# Measured 2026-11-23 on 1,246 copies by 53 changes and 103 pairs of other chats, forms, feeds and faces: these four keep
# all but two of the copies, and none of the others.
_CELLS: Final = 8
_SHARED_CELLS: Final = 0.6
"""Of the cells in which both have details, at least this share has some that agree."""
_SHARED_DETAILS: Final = 0.25
"""Of the details of the side that has fewer there, at least this share agrees."""
_FEWEST_CELLS: Final = 12
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


def is_same_all_over(
    alignment: Alignment, photo: Features, hashes: Sequence[tuple[Shares, str]], picture: Features, grey: Floats
) -> bool:
    """Say whether the photo shows wherever it should. ``picture`` and ``grey`` are mirrored where the copy is."""
    return _agrees_all_over(alignment, photo, picture) or _looks_alike(alignment.matrix, photo, hashes, grey)


def _agrees_all_over(alignment: Alignment, photo: Features, picture: Features) -> bool:
    matrix = alignment.matrix
    shown = photo.points[_is_inside(photo.points @ matrix[:, :2].T + matrix[:, 2], picture.width, picture.height)]
    laid_back = (picture.points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    there = laid_back[_is_inside(laid_back, photo.width, photo.height)]
    if min(len(shown), len(there)) * _SHARED_DETAILS > alignment.agreeing:
        return False
    both = _cells_of(shown, photo) & _cells_of(there, photo)
    agreeing = len(_cells_of(alignment.points, photo))
    return agreeing >= max(_FEWEST_CELLS, _SHARED_CELLS * len(both))


def _looks_alike(matrix: Points, photo: Features, hashes: Sequence[tuple[Shares, str]], grey: Floats) -> bool:
    """Compare the hashes of the largest windows of the photo that can be seen with those of the same places here."""
    visible = [(shares, bits) for shares, bits in hashes if _is_visible(shares, matrix, photo, grey)][:_WINDOWS]
    if not visible:
        return False
    laid = _lay_over(matrix, photo, grey)
    return any(_distance(_cut(laid, shares), bits) <= _CLOSE for shares, bits in visible)


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


def _cells_of(points: NDArray[np.floating], photo: Features) -> set[int]:
    columns, rows = (points * _CELLS / (photo.width, photo.height)).astype(int).clip(0, _CELLS - 1).T
    return set((rows * _CELLS + columns).tolist())


def _is_inside(points: NDArray[np.floating], width: int, height: int) -> NDArray[np.bool_]:
    return np.asarray((points >= 0).all(axis=1) & (points < (width, height)).all(axis=1))


def _area(shares: Shares) -> float:
    left, top, right, bottom = shares
    return (right - left) * (bottom - top)
