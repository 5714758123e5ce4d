"""Local features: hundreds of small details of a picture, each with its place, size, direction and look (SIFT).

Needs the extra ``images`` (OpenCV). Features are no hashes: a sketch of the picture can be drawn back from them, so
they are kept of a reference photo only where she allowed that, under her key, and never of anybody else's picture.
"""

import struct
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.matching.images.pdq import Floats

# Measured 2026-10 on 85 pictures × 57 changes at 512 pixels (docs/evaluation.md#pictures): 1,000 features of the picture
# and the 400 coarsest of the photo lose nothing against 1,000 of both; 600 and 600 lose a seventh of small insets.
PICTURE_FEATURES: Final = 1_000
PHOTO_FEATURES: Final = 400
_CONTRAST: Final = 0.02
"""Half of SIFT's default: skin and sky give few details."""
_EDGE: Final = 12
_RECORD: Final = struct.Struct("<HH")
FEATURES: Final = "sift"
FEATURES_VERSION: Final = "sift-2004/512"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Details of one picture, the coarsest first; all arrays have one row a detail."""

    width: int
    height: int
    points: Floats
    """x and y in pixels."""
    log_sizes: Floats
    angles: Floats
    """Direction in radians, clockwise from the right, as the picture lies."""
    looks: NDArray[np.uint8]
    """128 numbers: SIFT's descriptor."""

    def __len__(self) -> int:
        return len(self.points)

    def coarsest(self, number: int) -> "Features":
        """Give the coarsest details: those that survive when a picture is shrunk."""
        return Features(
            width=self.width,
            height=self.height,
            points=self.points[:number],
            log_sizes=self.log_sizes[:number],
            angles=self.angles[:number],
            looks=self.looks[:number],
        )

    def mirrored(self) -> "Features":
        """Give the details of the mirrored picture, without looking at it again."""
        points = np.stack([self.width - 1 - self.points[:, 0], self.points[:, 1]], axis=1)
        return Features(
            width=self.width,
            height=self.height,
            points=np.asarray(points, dtype=np.float32),
            log_sizes=self.log_sizes,
            angles=np.asarray(np.pi - self.angles, dtype=np.float32),
            looks=self.looks[:, _MIRROR],
        )


# A descriptor is 4 rows × 4 columns × 8 directions around the detail's own direction: mirrored, the rows change order
# and the directions turn the other way.
_MIRROR: Final = np.arange(128).reshape(4, 4, 8)[::-1][:, :, (-np.arange(8)) % 8].ravel()


def can_find_features() -> bool:
    """Whether OpenCV is there (extra ``images``)."""
    return find_spec("cv2") is not None


def find_features(grey: Floats, *, at_most: int = PICTURE_FEATURES) -> Features:
    """Find the details of a grey picture of at most 512 pixels a side, the ``at_most`` clearest ones."""
    import cv2

    sift = cv2.SIFT.create(nfeatures=at_most, contrastThreshold=_CONTRAST, edgeThreshold=_EDGE)
    found, looks = sift.detectAndCompute(grey.astype(np.uint8), None)
    height, width = grey.shape
    rows = np.array([(*one.pt, one.size, one.angle) for one in found], dtype=np.float32).reshape(-1, 4)
    order = np.argsort(-rows[:, 2], kind="stable")[:at_most]
    return Features(
        width=width,
        height=height,
        points=rows[order, :2],
        log_sizes=np.log(rows[order, 2]),
        angles=np.deg2rad(rows[order, 3]),
        looks=looks[order].astype(np.uint8) if found else np.zeros((0, 128), dtype=np.uint8),
    )


def pack_features(features: Features) -> bytes:
    """Write features down, 134 bytes a detail."""
    rows = np.zeros(len(features), dtype=_ROW)
    rows["point"] = np.round(features.points * 64)
    rows["size"] = np.round(features.log_sizes * 40)
    rows["angle"] = np.round(features.angles * (256 / (2 * np.pi))).astype(np.int64) % 256
    rows["look"] = features.looks
    return _RECORD.pack(features.width, features.height) + rows.tobytes()


def unpack_features(packed: bytes) -> Features:
    """Read what ``pack_features`` wrote: places to a sixty-fourth of a pixel, directions to a degree and a half."""
    width, height = _RECORD.unpack_from(packed)
    rows = np.frombuffer(packed, dtype=_ROW, offset=_RECORD.size)
    return Features(
        width=width,
        height=height,
        points=np.asarray(rows["point"] / 64, dtype=np.float32),
        log_sizes=np.asarray(rows["size"] / 40, dtype=np.float32),
        angles=np.asarray(rows["angle"] * (2 * np.pi / 256), dtype=np.float32),
        looks=rows["look"],
    )


_ROW: Final = np.dtype([("point", "<u2", 2), ("size", "u1"), ("angle", "u1"), ("look", "u1", 128)])
