"""Pictures drawn by the tests: landscapes of invented shapes, nobody in them."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)


def a_scene(seed: int = 1, size: tuple[int, int] = SIZE) -> Image.Image:
    """Hills, houses and clouds; another seed is another picture, the same seed always the same."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (7, 9, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = random.uniform(0, size[0]), random.uniform(0, size[1])
        width, height = random.uniform(0.02, 0.2, 2) * size
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        shape = draw.rectangle if random.random() < 0.5 else draw.ellipse
        shape((x, y, x + width, y + height), fill=colour)
    return image.filter(ImageFilter.GaussianBlur(1))


def encode(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """The picture as the bytes of a file."""
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def a_jpeg(seed: int = 1, *, quality: int = 90, **options: Any) -> bytes:
    """A scene as a JPEG file."""
    return encode(a_scene(seed), "JPEG", quality=quality, **options)
