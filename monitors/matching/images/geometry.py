"""Whether details of two pictures that look alike also lie alike: the proof of a partial copy.

Every pair of details says by itself how the photo was moved, turned and scaled. The movement most pairs agree with is
fitted as an affine one, within limits on scale and shear: without these limits, fits that crush the photo to a line
agree with anything (false pairs, see docs/evaluation.md#pictures).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.matching.images.features import Features
from monitors.matching.images.pdq import Floats

Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

_RATIO: Final = 0.8
"""How much nearer the best look must be than the second best: Lowe 2004."""
_SLACK: Final = 0.03
"""How far a detail may lie from where it should, as a share of the picture: perspective, lenses, screens."""
_LOG_SIZE_SLACK, _ANGLE_SLACK = 0.6, 0.6
_MOST_VOTERS: Final = 400
_SMALLEST_SCALE, _LARGEST_SCALE, _MOST_SHEAR = 1 / 12, 12.0, 2.0
_FEWEST: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """How a photo lies in a picture."""

    agreeing: int
    """Distinct details that lie where they should."""
    matrix: NDArray[np.float64]
    """2 × 3: from the photo's pixels to the picture's."""
    points: NDArray[np.float64]
    """Where in the photo the details are that agree."""


def root_looks(features: Features) -> Floats:
    """Give descriptors whose products are similarities, 1 for the same look (RootSIFT)."""
    looks = features.looks.astype(np.float32)
    looks /= np.maximum(looks.sum(axis=1, keepdims=True), 1)
    return np.sqrt(looks)


def pair_up(photo: Floats, picture: Floats) -> tuple[Indices, Indices]:
    """Pair details that look more like each other than like any other; by their rows."""
    if len(photo) < 2 or len(picture) < 2:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    likeness = photo @ picture.T
    rows = np.arange(len(photo))
    best = likeness.argmax(axis=1)
    first = likeness[rows, best]
    likeness[rows, best] = -1
    clear = np.flatnonzero(1 - first < _RATIO**2 * (1 - likeness.max(axis=1)))
    likeness[rows, best] = first
    mutual = clear[likeness[:, best[clear]].argmax(axis=0) == clear]
    return mutual, best[mutual]


def align(photo: Features, picture: Features, rows: Indices, columns: Indices) -> Alignment | None:
    """Find the movement of the photo that most of these pairs agree with; None without four that agree."""
    if len(rows) < _FEWEST:
        return None
    pairs = _Pairs(photo, picture, rows, columns)
    agreeing = pairs.vote()
    matrix = None
    for _ in range(3):
        if agreeing.sum() < _FEWEST:
            return None
        matrix = pairs.fit(agreeing)
        if matrix is None:
            return None
        agreeing = pairs.agree_with(matrix)
    if matrix is None or agreeing.sum() < _FEWEST:
        return None
    return Alignment(agreeing=pairs.count_places(agreeing), matrix=matrix, points=pairs.places(agreeing))


def count_votes(photo: Features, picture: Features, rows: Indices, columns: Indices) -> int:
    """Count the pairs that agree on how the photo was moved: quicker and more lenient than ``align``."""
    return int(_Pairs(photo, picture, rows, columns).vote().sum()) if len(rows) else 0


class _Pairs:
    """Pairs of details, and what each says of the movement."""

    def __init__(self, photo: Features, picture: Features, rows: Indices, columns: Indices) -> None:
        self._from = photo.points[rows].astype(np.float64)
        self._to = picture.points[columns].astype(np.float64)
        self._scale = picture.log_sizes[columns] - photo.log_sizes[rows]
        self._turn = picture.angles[columns] - photo.angles[rows]
        self._slack = _SLACK * max(picture.width, picture.height)

    def vote(self) -> Mask:
        """Give the pairs that agree with the pair that most agree with."""
        voters = slice(0, _MOST_VOTERS)
        source, target = _complex(self._from), _complex(self._to)
        movement = np.exp(self._scale + 1j * self._turn)[voters]
        shift = target[voters] - movement * source[voters]
        misses = np.abs(movement[:, None] * source[None] + shift[:, None] - target[None])
        agree = (misses < 2 * self._slack) & self._is_similar(self._scale[voters, None], self._turn[voters, None])
        return np.asarray(agree[agree.sum(axis=1).argmax()])

    def fit(self, agreeing: Mask) -> NDArray[np.float64] | None:
        """Fit the affine movement of these pairs; None where it would crush, shear or blow up the photo."""
        source = np.column_stack([self._from[agreeing], np.ones(agreeing.sum())])
        solution, _, rank, _ = np.linalg.lstsq(source, self._to[agreeing], rcond=None)
        if rank < 3:
            return None
        long, short = np.linalg.svd(solution[:2], compute_uv=False)
        is_plausible = short > _SMALLEST_SCALE and long < _LARGEST_SCALE and long < _MOST_SHEAR * short
        return np.asarray(solution.T) if is_plausible and np.linalg.det(solution[:2]) > 0 else None

    def agree_with(self, matrix: NDArray[np.float64]) -> Mask:
        """Give the pairs that lie, and are scaled and turned, as the movement says."""
        misses = np.linalg.norm(self._from @ matrix[:, :2].T + matrix[:, 2] - self._to, axis=1)
        scale = np.log(np.linalg.det(matrix[:, :2])) / 2
        turn = np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1])
        return np.asarray((misses < self._slack) & self._is_similar(scale, turn))

    def count_places(self, agreeing: Mask) -> int:
        """Count places, on the side where there are fewer: a detail with two directions is one."""
        return min(_count_places(self._from[agreeing]), _count_places(self._to[agreeing]))

    def places(self, agreeing: Mask) -> NDArray[np.float64]:
        """Give where in the photo these pairs are."""
        return self._from[agreeing]

    def _is_similar(self, scale: Any, turn: Any) -> Mask:
        turned = np.abs((self._turn - turn + np.pi) % (2 * np.pi) - np.pi)
        return np.asarray((np.abs(self._scale - scale) < _LOG_SIZE_SLACK) & (turned < _ANGLE_SLACK))


def _complex(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1])


def _count_places(points: NDArray[np.float64]) -> int:
    return len(np.unique(np.round(points / 4), axis=0))
