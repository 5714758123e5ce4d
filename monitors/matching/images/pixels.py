"""Bytes to pixels with Pillow: what the guarded decoder does once the bytes look like a picture.

Everything that can be refused is refused from the header, before a pixel is decoded. This module imports neither
numpy nor anything of ours but the sniffing, so that it can run in a small process of its own.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import isfinite
from typing import Final

from PIL import Image, UnidentifiedImageError

from monitors.matching.images.formats import count_gif_frames, sniff_format

MAX_BYTES: Final = 50 * 2**20
MAX_PIXELS: Final = 64_000_000
"""Width times height that is decoded; the largest phone pictures (108 and 200 million) are JPEGs, see below."""
MAX_JPEG_PIXELS: Final = 220_000_000
"""A JPEG may declare more: it is shrunk by 2, 4 or 8 while it is decoded, before it fills memory."""
MAX_FRAMES: Final = 1_000
MAX_SIDE: Final = 20_000

_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError,
                  OverflowError, struct.error, zlib.error, RuntimeError, NotImplementedError)  # fmt: skip
"""What Pillow's format readers raise on bytes that lie; found by the fuzz tests, not by its documentation."""


class UnreadableError(Exception):
    """The bytes are no picture we read; ``problem`` is a stable id."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """Decoded pixels: rows of RGB bytes, upright, without metadata."""

    width: int
    height: int
    rgb: bytes
    format: str
    frames: int
    declared: tuple[int, int]
    """Width and height of the whole picture, upright; larger than the pixels where it was shrunk on decoding."""


def read_pixels(content: bytes, *, fit: int | None = None) -> Pixels:
    """Decode the first frame; with ``fit``, a JPEG may come smaller, its longer side not below ``fit``.

    Raises UnreadableError, whatever the bytes are.
    """
    name = _check_bytes(content)
    try:
        with _silence(), Image.open(BytesIO(content), formats=[name]) as image:
            return _decode(image, content, name, fit)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise UnreadableError("too_large") from error
    except UnidentifiedImageError as error:
        raise UnreadableError("damaged") from error
    except _BROKEN as error:
        raise UnreadableError(_name_damage(error)) from error


def _check_bytes(content: bytes) -> str:
    if not content:
        raise UnreadableError("empty")
    if len(content) > MAX_BYTES:
        raise UnreadableError("too_large")
    name = sniff_format(content)
    if name is None:
        raise UnreadableError("unknown_format")
    if name == "HEIF" and not _can_read_heif():
        raise UnreadableError("needs_images_extra")
    return name


def _can_read_heif() -> bool:
    """Whether pillow-heif is there (extra ``images``); registers it with Pillow."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener(thumbnails=False)
    return True


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Pillow's remarks about odd files to itself: they quote what the file says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _decode(image: Image.Image, content: bytes, name: str, fit: int | None) -> Pixels:
    _check_size(image, name)
    frames = _count_frames(image, content)
    turn = _read_orientation(image)
    declared = image.size
    _shrink_while_decoding(image, fit)
    upright = _turn(_to_rgb(image), turn)
    if turn >= 5:
        declared = (declared[1], declared[0])
    return Pixels(
        width=upright.width, height=upright.height, rgb=upright.tobytes(), format=name, frames=frames, declared=declared
    )


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    allowed = MAX_JPEG_PIXELS if name == "JPEG" else MAX_PIXELS
    if width * height > allowed or max(width, height) > MAX_SIDE:
        raise UnreadableError("too_large")
    if min(width, height) < 1:
        raise UnreadableError("damaged")


def _count_frames(image: Image.Image, content: bytes) -> int:
    """Count from headers, without decoding a frame."""
    if image.format == "GIF":
        frames = count_gif_frames(content, at_most=MAX_FRAMES + 1)
    else:
        frames = int(getattr(image, "n_frames", 1))
    if frames > MAX_FRAMES:
        raise UnreadableError("too_many_frames")
    return max(frames, 1)


def _read_orientation(image: Image.Image) -> int:
    """Give EXIF's orientation 1 to 8; a broken EXIF block turns nothing."""
    try:
        value = image.getexif().get(0x0112, 1)
    except _BROKEN:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _shrink_while_decoding(image: Image.Image, fit: int | None) -> None:
    """Let a JPEG's decoder skip detail nobody asked for; other formats ignore this."""
    width, height = image.size
    wanted = fit / max(width, height) if fit else 1.0
    affordable = (MAX_PIXELS / (width * height)) ** 0.5
    scale = wanted if affordable >= 1 else min(wanted, affordable / 2)
    if scale < 1:
        image.draft("RGB", (max(1, round(width * scale)), max(1, round(height * scale))))


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _from_deep(image).convert("RGB")
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        return _on_white(image)
    return image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Give 8-bit grey for 16 and 32 bits: Pillow's own conversion cuts everything over 255 to white."""
    deep = image.convert("F")
    top = 65535.0 if image.mode.startswith("I;16") else _guess_top(deep)
    return deep.point(lambda value: value * (255.0 / top) + 0.0).convert("L")


def _guess_top(deep: Image.Image) -> float:
    """Give what white is in a format that does not say: 1, 255, 65535 or the brightest value."""
    _, high = deep.getextrema()
    if not isinstance(high, float) or not isfinite(high):
        raise UnreadableError("damaged")
    return next((top for top in (1.0, 255.0, 65535.0) if high <= top), high)


def _on_white(image: Image.Image) -> Image.Image:
    """Lay a see-through picture on white, as web pages mostly show it."""
    layer = image.convert("RGBA")
    page = Image.new("RGBA", layer.size, "white")
    page.alpha_composite(layer)
    return page.convert("RGB")


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _name_damage(error: Exception) -> str:
    told = str(error).lower()
    return "truncated" if isinstance(error, EOFError) or "truncated" in told or "premature" in told else "damaged"
