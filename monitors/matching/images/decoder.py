"""The guarded decoder: the one door through which a picture from outside comes in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from monitors.errors import BadInputError
from monitors.matching.images.pixels import Pixels, UnreadableError, read_pixels

Bytes = NDArray[np.uint8]


class PictureError(BadInputError):
    """A picture that cannot be read; ``problem`` is a stable id and the only thing said about its content.

    Ids: ``empty too_large too_many_frames unknown_format truncated damaged needs_images_extra``.
    """

    def __init__(self, problem: str, *, name: str = "") -> None:
        super().__init__(problem, file=name)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A decoded picture: nothing of the file but its pixels, upright, and a few facts about it."""

    pixels: Bytes
    """Height × width × 3, RGB, uint8, read-only. See-through parts are white."""
    format: str
    """Pillow's name of the format: ``JPEG``, ``PNG``, …"""
    frames: int
    """How many frames the file has; the pixels are the first one's."""
    declared: tuple[int, int]
    """Width and height of the whole picture; larger than the pixels' where a JPEG was shrunk on decoding."""

    @override
    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        return f"Picture({self.format}, {width}×{height}, frames={self.frames})"


def decode_picture(content: bytes, *, name: str = "", fit: int | None = None) -> Picture:
    """Decode a picture from outside, or raise PictureError with a problem id, whatever the bytes are.

    With ``fit`` a JPEG may come smaller than it is, its longer side not below ``fit``: several times faster.
    ``name`` is only for the error: where the picture came from, in the caller's words.
    """
    try:
        return _to_picture(read_pixels(content, fit=fit))
    except UnreadableError as error:
        raise PictureError(error.problem, name=name) from error.__cause__


def _to_picture(pixels: Pixels) -> Picture:
    array: NDArray[Any] = np.frombuffer(pixels.rgb, dtype=np.uint8).reshape(pixels.height, pixels.width, 3)
    return Picture(pixels=array, format=pixels.format, frames=pixels.frames, declared=pixels.declared)
