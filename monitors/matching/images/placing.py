"""From the movement that lays a photo into a picture to words and a region."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.matching.images.changes import Change
from monitors.matching.images.found import Region

Points = NDArray[np.float64]
_WHOLE: Final = 0.96
"""A photo or picture of which this share is covered counts as whole: fits are good to a few pixels."""
_FEWEST_DEGREES: Final = 2
_QUARTERS: Final = {1: "turn90", 2: "turn180", 3: "turn270"}
_MIRRORED_QUARTERS: Final = {0: "mirror", 1: "transverse", 2: "flip", 3: "transpose"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A picture's width and height in the pixels that the movement is in."""

    width: int
    height: int

    def corners(self) -> Points:
        """Give the four corners, in order around the picture."""
        return np.array([(0, 0), (self.width, 0), (self.width, self.height), (0, self.height)], dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where a photo lies in a picture and what was done to it."""

    change: Change
    region: Region


def place(matrix: NDArray[np.float64], photo: Size, picture: Size, *, is_mirrored: bool) -> Placing:
    """Say where the photo lies; with ``is_mirrored`` the movement leads into the mirrored picture."""
    laid = photo.corners() @ matrix[:, :2].T + matrix[:, 2]
    shown = _clip(laid, picture)
    kept = _area(shown) / _area(laid)
    covered = _area(shown) / (picture.width * picture.height)
    turn = np.degrees(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))
    quarter = round(turn / 90)
    degrees = round(turn - 90 * quarter)
    forms = _MIRRORED_QUARTERS if is_mirrored else _QUARTERS
    change = Change(
        form=forms.get(quarter % 4, ""),
        kept=100 if kept >= _WHOLE else max(1, round(100 * kept)),
        is_part=bool(covered < _WHOLE),
        degrees=degrees if abs(degrees) >= _FEWEST_DEGREES else 0,
    )
    return Placing(change=change, region=_region(shown, picture, is_mirrored=is_mirrored))


def _region(shown: Points, picture: Size, *, is_mirrored: bool) -> Region:
    if not len(shown):
        return 0.0, 0.0, 0.0, 0.0
    left, top = shown.min(axis=0) / (picture.width, picture.height)
    right, bottom = shown.max(axis=0) / (picture.width, picture.height)
    if is_mirrored:
        left, right = 1 - right, 1 - left
    return round(float(left), 3), round(float(top), 3), round(float(right), 3), round(float(bottom), 3)


def _clip(polygon: Points, picture: Size) -> Points:
    """Cut a convex polygon to the picture (Sutherland and Hodgman)."""
    for axis, limit, sign in ((0, 0, 1), (0, picture.width, -1), (1, 0, 1), (1, picture.height, -1)):
        polygon = _clip_side(polygon, axis, limit, sign)
    return polygon


def _clip_side(polygon: Points, axis: int, limit: int, sign: int) -> Points:
    kept: list[Points] = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        inside, goes_inside = ((point[axis] - limit) * sign >= 0 for point in (start, end))
        if inside:
            kept.append(start)
        if inside != goes_inside:
            kept.append(start + (end - start) * ((limit - start[axis]) / (end[axis] - start[axis])))
    return np.array(kept).reshape(-1, 2)


def _area(polygon: Points) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
