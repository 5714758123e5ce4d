"""What is asked of the decoding process and what it gives; every reader behind the decoder's door speaks of these."""

from dataclasses import dataclass
from typing import Final

from PIL import Image

MAX_PIXELS: Final = 64_000_000
"""Width times height that is decoded."""


class UnreadableError(Exception):
    """The bytes are no picture we read; ``problem`` is a stable id."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Rows of pixels, upright: three bytes each, or one where grey was asked for."""

    width: int
    height: int
    pixels: bytes | bytearray


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of the decoder."""

    fit: int | None = None
    """The longer side at most: several times faster for a JPEG, which skips what is not asked for."""
    at_most: int = 1
    """How many frames, spread evenly over an animation or video, the first among them."""
    is_grey: bool = False

    def frame(self, image: Image.Image) -> Frame:
        """Give a picture's pixels as they were asked for."""
        fitted = shrink(image, self.fit) if self.fit else image
        wanted = fitted.convert("L" if self.is_grey else "RGB")
        return Frame(width=wanted.width, height=wanted.height, pixels=wanted.tobytes())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of a file: some of its frames, and nothing else that stands in it."""

    format: str
    frame_count: int
    declared: tuple[int, int]
    """Width and height of the whole picture, upright."""
    frames: tuple[Frame, ...]


def shrink(image: Image.Image, size: int) -> Image.Image:
    """Make the longer side ``size`` at most; a smaller picture stays as it is."""
    scale = size / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
