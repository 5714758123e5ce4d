"""The guarded decoder: the one door through which a picture from outside comes in."""

import atexit
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from monitors.errors import BadInputError
from monitors.matching.images.decoding import DecodingProcess
from monitors.matching.images.frames import Frame, Reading, UnreadableError, Wish

Bytes = NDArray[np.uint8]


class PictureError(BadInputError):
    """A picture that cannot be read; ``problem`` is a stable id and the only thing said about its content.

    Ids: ``empty too_large too_many_frames too_small unknown_format truncated damaged needs_images_extra too_slow
    decoder_died unreadable_file``.
    """

    def __init__(self, problem: str, *, name: str = "") -> None:
        advice = "Install what reads it: pip install 'shouwang[images]'" if problem == "needs_images_extra" else ""
        super().__init__(problem, file=name)
        self.problem = problem
        self.advice = advice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A decoded picture: nothing of the file but its pixels, upright, and a few facts about it."""

    pixels: Bytes
    """Height × width × 3, RGB, uint8, read-only; height × width where grey was asked for. See-through is white."""
    format: str
    """Pillow's name of the format: ``JPEG``, ``PNG``, …; ``VIDEO`` for a key frame."""
    frames: int
    """How many frames the file has."""
    declared: tuple[int, int]
    """Width and height of the whole picture; larger than the pixels' where ``fit`` was asked for."""

    @override
    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        return f"Picture({self.format}, {width}×{height}, frames={self.frames})"


def decode_picture(content: bytes, *, name: str = "", fit: int | None = None) -> Picture:
    """Decode a picture from outside, or raise PictureError with a problem id, whatever the bytes are.

    The work is done in a process of its own, with limits on memory and time. With ``fit`` the longer side is at most
    that. Of an animation or a video it is the first frame. ``name`` is only for the error: where the picture came
    from, in the caller's words.
    """
    return decode_frames(content, name=name, fit=fit, at_most=1)[0]


def decode_frames(
    content: bytes, *, name: str = "", fit: int | None = None, at_most: int, is_grey: bool = False
) -> tuple[Picture, ...]:
    """Decode up to ``at_most`` frames of an animation, or key frames of a video, spread over its length."""
    try:
        return _to_pictures(_process().read_frames(content, Wish(fit=fit, at_most=at_most, is_grey=is_grey)))
    except UnreadableError as error:
        raise PictureError(error.problem, name=name) from error


@cache
def _process() -> DecodingProcess:
    """Give the process that stays warm for as long as this one lives."""
    process = DecodingProcess()
    atexit.register(process.close)
    # A forked child starts its own; a thread of the parent may have held this one's lock.
    os.register_at_fork(after_in_child=_process.cache_clear)
    return process


def _to_pictures(reading: Reading) -> tuple[Picture, ...]:
    return tuple(
        Picture(
            pixels=_to_array(frame), format=reading.format, frames=reading.frame_count, declared=reading.declared
        )
        for frame in reading.frames
    )  # fmt: skip


def _to_array(frame: Frame) -> Bytes:
    array: NDArray[Any] = np.frombuffer(frame.pixels, dtype=np.uint8).reshape(frame.height, frame.width, -1)
    array.flags.writeable = False
    return array.squeeze(axis=2) if array.shape[2] == 1 else array
