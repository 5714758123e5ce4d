"""Finding the picture inside a picture: what is left without bars, margins and the chrome of a screenshot."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.matching.images.pdq import Floats

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are outside."""

# All measured 2026-10 on letterboxes, margins and screenshots of 85 pictures: docs/evaluation.md#pictures.
_CELLS: Final = 64
_TOLERANCE: Final = 10
"""How far a pixel may be from the ground and still belong to it: JPEG ringing on black and white."""
_GROUND_SHARE: Final = 0.3
"""A ground covers at least this share of the outermost pixels."""
_LARGEST, _SMALLEST = 0.97, 0.02
"""A block over this share of the area is the picture itself, one below is an icon."""


def find_block(grey: Floats) -> Box | None:
    """Give the largest block that is not the ground the picture lies on; None where there is no such ground."""
    ground = _find_ground(grey)
    if ground is None:
        return None
    is_busy = np.abs(grey - np.float32(ground)) > _TOLERANCE
    box = _largest_block(is_busy)
    if box is None:
        return None
    refined = _refine(is_busy, box)
    share = _area(refined) / grey.size
    return refined if _SMALLEST < share < _LARGEST else None


def _find_ground(grey: Floats) -> int | None:
    """Give the commonest shade of the outermost pixels."""
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).astype(np.uint8)
    counts = np.bincount(edge // 4, minlength=64)
    near = counts + np.append(counts[1:], 0) + np.append(0, counts[:-1])
    shade = int(near.argmax())
    return shade * 4 + 2 if near[shade] >= _GROUND_SHARE * len(edge) else None


def _largest_block(is_busy: NDArray[np.bool_]) -> Box | None:
    """Find the largest group of touching cells that are mostly busy."""
    from scipy.ndimage import label

    rows, columns = (np.arange(_CELLS + 1) * side // _CELLS for side in is_busy.shape)
    if min(is_busy.shape) < _CELLS:
        return None
    counts = np.add.reduceat(np.add.reduceat(is_busy, rows[:-1], 0, dtype=np.int32), columns[:-1], 1)
    labels, number = label(counts > 0.5 * np.outer(np.diff(rows), np.diff(columns)))
    if not number:
        return None
    down, across = np.nonzero(labels == np.bincount(labels.ravel())[1:].argmax() + 1)
    return int(columns[across.min()]), int(rows[down.min()]), int(columns[across.max() + 1]), int(rows[down.max() + 1])


def _refine(is_busy: NDArray[np.bool_], box: Box) -> Box:
    """Move each side to where more than half of the pixels are busy, by a cell at most."""
    left, top, right, bottom = box
    top, bottom = _extent(is_busy[:, left:right].mean(axis=1), top, bottom)
    left, right = _extent(is_busy[top:bottom].mean(axis=0), left, right)
    return left, top, right, bottom


def _extent(busy: NDArray[np.float64], first: int, last: int) -> tuple[int, int]:
    margin = len(busy) // _CELLS + 1
    start = max(0, first - margin)
    inside = np.flatnonzero(busy[start : last + margin] > 0.5)
    return (start + int(inside[0]), start + int(inside[-1]) + 1) if len(inside) else (first, last)


def _area(box: Box) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
