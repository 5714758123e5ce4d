"""Bytes to pixels: what happens behind the guarded decoder's door, in a process of its own.

Everything that can be refused is refused from the header, before a pixel is decoded. This module imports neither
numpy nor the rest of Shouwang, so that its process starts quickly and knows nothing worth stealing.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from math import isfinite
from typing import Final

from PIL import Image, UnidentifiedImageError

from monitors.matching.images.formats import VIDEO, count_gif_frames, sniff_format
from monitors.matching.images.frames import MAX_PIXELS, Frame, Reading, UnreadableError, Wish

MAX_BYTES: Final = 50 * 2**20
MAX_JPEG_PIXELS: Final = 220_000_000
"""A JPEG may declare more (phones write 108 and 200 million): it is shrunk while it is decoded, before it fills memory."""
MAX_SIDE: Final = 32_000
MAX_FRAMES: Final = 2_000
MAX_ANIMATION_PIXELS: Final = 500_000_000
"""Pixels of all frames decoded of one animation: about 5 s; frames behind that are not looked at."""

BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError,
                 OverflowError, struct.error, zlib.error, RuntimeError, NotImplementedError)  # fmt: skip
"""What format readers raise on bytes that lie; found by the fuzz tests, not by their documentation."""


def read_frames(content: bytes, wish: Wish) -> Reading:
    """Decode what is asked for. Raises UnreadableError, whatever the bytes are."""
    name = _check_bytes(content)
    try:
        with _silence():
            return _read_video(content, wish) if name == VIDEO else _read(content, name, wish)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise UnreadableError("too_large") from error
    except UnidentifiedImageError as error:
        raise UnreadableError("damaged") from error
    except BROKEN as error:
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


def _read_video(content: bytes, wish: Wish) -> Reading:
    try:
        from monitors.matching.images.video import read_key_frames
    except ImportError as error:
        raise UnreadableError("needs_images_extra") from error
    return read_key_frames(content, wish)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Pillow's remarks about odd files to itself: they quote what the file says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _read(content: bytes, name: str, wish: Wish) -> Reading:
    with Image.open(BytesIO(content), formats=[name]) as image:
        _check_size(image, name)
        count = _count_frames(image, content)
        turn = _read_orientation(image)
        width, height = image.size
        declared = (height, width) if turn >= 5 else (width, height)
        _spare_the_decoder(image, wish)
        numbers = _spread(count, wish.at_most, width * height) if name != "JPEG" else [0]
        frames = tuple(_frame_at(image, number, turn, wish) for number in numbers)
    return Reading(format=name, frame_count=count, declared=declared, frames=frames)


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


def _spread(count: int, at_most: int, pixels: int) -> list[int]:
    """Choose frames evenly from those that can be afforded: to see one, all before it are decoded."""
    affordable = max(1, min(count, MAX_ANIMATION_PIXELS // pixels))
    return sorted({affordable * step // at_most for step in range(at_most)})


def _frame_at(image: Image.Image, number: int, turn: int, wish: Wish) -> Frame:
    if number:
        image.seek(number)
    return wish.frame(_turn(_to_plain(image), turn))


def _read_orientation(image: Image.Image) -> int:
    """Give EXIF's orientation 1 to 8; a broken EXIF block turns nothing."""
    try:
        value = image.getexif().get(0x0112, 1)
    except BROKEN:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _spare_the_decoder(image: Image.Image, wish: Wish) -> None:
    """Let a JPEG's decoder skip detail and colour nobody asked for; other formats ignore this."""
    width, height = image.size
    wanted = wish.fit / max(width, height) if wish.fit else 1.0
    affordable = (MAX_PIXELS / (width * height)) ** 0.5
    # Half of what could be afforded: the decoder rounds its factor (2, 4, 8) to the larger picture.
    scale = wanted if affordable >= 1 else min(wanted, affordable / 2)
    if scale < 1 or wish.is_grey:
        size = (max(1, round(width * min(scale, 1))), max(1, round(height * min(scale, 1))))
        image.draft("L" if wish.is_grey else "RGB", size)


def _to_plain(image: Image.Image) -> Image.Image:
    """Give 8-bit RGB or grey."""
    if image.mode == "L" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        return _from_deep(image)
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
