"""Neutral pictures, drawn: the demo needs no photo of anybody."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (720, 960)


def draw_picture(seed: str) -> bytes:
    """Draw a soft landscape of shapes, always the same for a seed, as JPEG bytes."""
    chance = Random(seed)  # noqa: S311 - a drawing, not a secret
    picture = Image.new("RGB", SIZE, _colour(chance))
    brush = ImageDraw.Draw(picture)
    for _ in range(160):
        x, y, radius = chance.randrange(SIZE[0]), chance.randrange(SIZE[1]), chance.randrange(12, 150)
        brush.ellipse((x - radius, y - radius // 2, x + radius, y + radius // 2), fill=_colour(chance))
    return _as_jpeg(picture.filter(ImageFilter.GaussianBlur(2)), quality=92)


def copy_badly(content: bytes) -> bytes:
    """Give the picture as it goes round: smaller, and saved again at poor quality."""
    picture = Image.open(BytesIO(content)).convert("RGB")
    return _as_jpeg(picture.resize((SIZE[0] // 2, SIZE[1] // 2)), quality=45)


def _as_jpeg(picture: Image.Image, *, quality: int) -> bytes:
    written = BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


def _colour(chance: Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)
