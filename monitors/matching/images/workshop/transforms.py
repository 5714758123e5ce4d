"""What becomes of a picture that is passed on: every change by which copy detection is measured.

A transform takes the picture, another picture (the company it keeps in a collage) and a random generator.
"""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Random = np.random.Generator
Transform = Callable[[Image.Image, Image.Image, Random], Image.Image]
Simple = Callable[[Image.Image], Image.Image]


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Save as JPEG and read again."""
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def crop(image: Image.Image, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> Image.Image:
    """Cut off these shares of the width and height."""
    width, height = image.size
    return image.crop(
        (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    )


def scale(image: Image.Image, factor: float) -> Image.Image:
    """Resize both sides."""
    return image.resize((max(8, round(image.width * factor)), max(8, round(image.height * factor))))


def thumbnail(image: Image.Image, side: int) -> Image.Image:
    """Resize so that the longer side is this."""
    return ImageOps.contain(image, (side, side))


def write(
    image: Image.Image, words: str, box: tuple[float, float, float, float], colour: str, ground: str | None
) -> Image.Image:
    """Write words into a box given in shares of the picture, as large as fits."""
    image = image.copy()
    left, top, right, bottom = (round(share * side) for share, side in zip(box, image.size * 2, strict=True))
    font = ImageFont.load_default(size=max(6.0, min((bottom - top) * 0.6, (right - left) * 1.6 / len(words))))
    draw = ImageDraw.Draw(image)
    if ground:
        draw.rectangle((left, top, right, bottom), fill=ground)
    draw.text(
        (left + 4, top + (bottom - top) * 0.15), words, fill=colour, font=font, stroke_width=1, stroke_fill="black"
    )
    return image


def band(image: Image.Image, share: float) -> Image.Image:
    """A black band with words over the lower part."""
    return write(image, "SHOCKING!! see more in bio @abc", (0, 1 - share, 1, 1), "white", "black")


def meme(image: Image.Image) -> Image.Image:
    """Large words at top and bottom, on the picture itself."""
    above = write(image, "WHEN YOU SEE IT", (0.02, 0.02, 0.98, 0.2), "white", None)
    return write(above, "AND CANNOT UNSEE", (0.02, 0.8, 0.98, 0.98), "white", None)


def watermark(image: Image.Image) -> Image.Image:
    """Half-transparent words across the picture."""
    layer = Image.new("L", (300, 60), 0)
    ImageDraw.Draw(layer).text((4, 10), "www.example.com", fill=150, font=ImageFont.load_default(size=32))
    mark = layer.resize((round(image.width * 0.8), round(image.height * 0.15))).rotate(25, expand=True)
    image = image.copy()
    image.paste("white", (round(image.width * 0.1), round(image.height * 0.2)), mark)
    return image


def emoji(image: Image.Image, x: float = 0.5, y: float = 0.38, size: float = 0.3) -> Image.Image:
    """A yellow face over where a face would be; ``size`` is a share of the shorter side."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    radius = min(image.size) * size / 2
    cx, cy = image.width * x, image.height * y
    draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=(255, 210, 0))
    for side in (-0.4, 0.4):
        draw.ellipse(
            (cx + (side - 0.12) * radius, cy - 0.4 * radius, cx + (side + 0.12) * radius, cy - 0.1 * radius),
            fill="black",
        )
    draw.arc(
        (cx - 0.5 * radius, cy - 0.3 * radius, cx + 0.5 * radius, cy + 0.6 * radius), 20, 160, fill="black", width=3
    )
    return image


def mosaic(image: Image.Image) -> Image.Image:
    """Large blocks over the middle."""
    image = image.copy()
    box = tuple(round(share * side) for share, side in zip((0.35, 0.2, 0.65, 0.55), image.size * 2, strict=True))
    part = image.crop((box[0], box[1], box[2], box[3]))
    image.paste(part.resize((10, 10)).resize(part.size, Image.Resampling.NEAREST), (box[0], box[1]))
    return image


def letterbox(image: Image.Image, colour: str = "black") -> Image.Image:
    """Bars that make it an upright story."""
    side = max(image.size)
    page = Image.new("RGB", (side, round(side * 1.4)), colour)
    page.paste(image, ((page.width - image.width) // 2, (page.height - image.height) // 2))
    return page


def feed(image: Image.Image, random: Random) -> Image.Image:
    """A screenshot of a feed: a head with a name, the picture over the whole width, lines of text below."""
    width, height = image.size
    page = Image.new("RGB", (width, round(height * 1.6)), (250, 250, 250))
    draw = ImageDraw.Draw(page)
    draw.ellipse((10, 10, 50, 50), fill=(180, 180, 200))
    for line in range(3):
        draw.rectangle(
            (60, 14 + line * 14, 60 + int(random.integers(80, max(81, width - 80))), 22 + line * 14),
            fill=(200, 200, 200),
        )
    page.paste(image, (0, round(height * 0.2)))
    for line in range(6):
        top = round(height * 1.25) + line * 18
        draw.rectangle((14, top, 14 + int(random.integers(60, max(61, width - 40))), top + 9), fill=(210, 210, 210))
    return page


def phone(image: Image.Image, random: Random) -> Image.Image:
    """A screenshot of a chat on a phone: dark, a bar above and below, bubbles, the picture at 60 % of the width."""
    page = Image.new("RGB", (540, 1170), (24, 26, 32))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 540, 90), fill=(40, 42, 50))
    draw.rectangle((0, 1090, 540, 1170), fill=(40, 42, 50))
    part = ImageOps.contain(image, (324, 520))
    for line in range(3):
        draw.rounded_rectangle(
            (90, 120 + line * 70, 90 + int(random.integers(120, 380)), 170 + line * 70), 18, fill=(60, 64, 74)
        )
    page.paste(part, (90, 350))
    for line in range(2):
        draw.rounded_rectangle((150, 890 + line * 80, 500, 950 + line * 80), 18, fill=(40, 110, 70))
    return page


def side_by_side(image: Image.Image, other: Image.Image) -> Image.Image:
    """Two pictures of the same size, this one left."""
    page = Image.new("RGB", (image.width * 2, image.height))
    page.paste(image, (0, 0))
    page.paste(ImageOps.fit(other, image.size), (image.width, 0))
    return page


def four(image: Image.Image, other: Image.Image) -> Image.Image:
    """A quarter of a collage of four."""
    width, height = image.size
    page = Image.new("RGB", (width * 2, height * 2))
    for number, part in enumerate((other, ImageOps.mirror(other), image, ImageOps.flip(other))):
        page.paste(ImageOps.fit(part, image.size), (width * (number % 2), height * (number // 2)))
    return page


def quarter_of_two(image: Image.Image, other: Image.Image) -> Image.Image:
    """Two photos, this one over 25 % of the area, uncropped."""
    page = ImageOps.fit(other, (800, 800))
    part = thumbnail(image, 490)
    part = scale(part, (800 * 800 * 0.25 / (part.width * part.height)) ** 0.5)
    page.paste(part, (800 - part.width, 0))
    return page


def inset(image: Image.Image, other: Image.Image) -> Image.Image:
    """Picture in picture: a third of the width, with a white rim."""
    page = ImageOps.fit(other, (900, 700))
    part = ImageOps.expand(thumbnail(image, 300), 4, "white")
    page.paste(part, (560 - part.width // 2, 380 - part.height // 2))
    return page


def tilt(image: Image.Image, degrees: float) -> Image.Image:
    """Turned on a grey ground, corners kept."""
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 90, 90))


def tilt_cropped(image: Image.Image, degrees: float) -> Image.Image:
    """Turned and cut so that no corner shows."""
    return crop(image.rotate(degrees, Image.Resampling.BICUBIC), 0.15, 0.15, 0.15, 0.15)


def screen_photo(image: Image.Image, random: Random) -> Image.Image:
    """Photographed from a screen: perspective, a dark desk around, a pattern of lines, noise, uneven light."""
    width, height = image.size
    page = Image.new("RGB", (round(width * 1.3), round(height * 1.3)), (45, 40, 38))
    page.paste(image, (round(width * 0.15), round(height * 0.15)))
    width, height = page.size
    corners = np.array([(0.0, 0.0), (0.0, height), (width, height), (width, 0.0)])
    moved = corners + random.uniform(-0.07, 0.07, (4, 2)) * (width, height)
    photo = page.transform((width, height), Image.Transform.QUAD, moved.ravel().tolist(), Image.Resampling.BICUBIC)
    pixels = np.asarray(photo, dtype=np.float32)
    rows, columns = np.mgrid[0:height, 0:width]
    pixels = pixels * (0.75 + 0.4 * columns / width)[:, :, None] + (6 * np.sin(rows * 1.3 + columns * 0.11))[:, :, None]
    pixels += random.normal(0, 6, pixels.shape)
    return jpeg(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), 60)


def noise(image: Image.Image, random: Random) -> Image.Image:
    """The grain of a dark room."""
    grainy = np.asarray(image, dtype=np.float32) + random.normal(0, 18, (image.height, image.width, 3))
    return Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8))


def vintage(image: Image.Image) -> Image.Image:
    """A filter: faded, yellow, dark at the edges."""
    tinted = ImageOps.colorize(ImageOps.grayscale(image), (40, 26, 10), (255, 240, 200), mid=(140, 110, 80))
    faded = Image.blend(image, tinted, 0.7)
    vignette = Image.radial_gradient("L").resize(image.size).point(lambda value: 255 - value // 2)
    return ImageChops.multiply(faded, Image.merge("RGB", (vignette,) * 3))


def beauty(image: Image.Image) -> Image.Image:
    """A filter: smooth, bright, pink."""
    smooth = Image.blend(image, image.filter(ImageFilter.MedianFilter(5)), 0.8)
    return Image.blend(
        ImageEnhance.Brightness(smooth).enhance(1.15), Image.new("RGB", image.size, (255, 190, 200)), 0.12
    )


def _of(change: Simple) -> Transform:
    return lambda image, _other, _random: change(image)


def _cut(least: float, most: float, *sides: str) -> Transform:
    """Cut a random share off each of these sides: no step of anybody's bank of windows."""

    def cut(image: Image.Image, _other: Image.Image, random: Random) -> Image.Image:
        shares = {side: random.uniform(least, most) for side in sides}
        return crop(image, *(shares.get(side, 0.0) for side in ("left", "top", "right", "bottom")))

    return cut


def _inner(least: float, most: float) -> Transform:
    """Keep the middle, cutting a random share of width and height."""

    def cut(image: Image.Image, _other: Image.Image, random: Random) -> Image.Image:
        share = random.uniform(least, most) / 2
        return crop(image, share, share, share, share)

    return cut


TRANSFORMS: Final[dict[str, Transform]] = {
    "jpeg_30": _of(partial(jpeg, quality=30)),
    "jpeg_10": _of(partial(jpeg, quality=10)),
    "half_size": _of(partial(scale, factor=0.5)),
    "thumbnail_160": _of(partial(thumbnail, side=160)),
    "stretched": _of(lambda image: image.resize((round(image.width * 1.25), image.height))),
    "grey": _of(lambda image: ImageOps.grayscale(image).convert("RGB")),
    "brighter": _of(lambda image: ImageEnhance.Brightness(image).enhance(1.5)),
    "contrast": _of(lambda image: ImageEnhance.Contrast(image).enhance(1.6)),
    "saturated": _of(lambda image: ImageEnhance.Color(image).enhance(2)),
    "blurred": _of(lambda image: image.filter(ImageFilter.GaussianBlur(2))),
    "sharpened": _of(lambda image: image.filter(ImageFilter.UnsharpMask(4, 200, 2))),
    "noise": lambda image, _other, random: noise(image, random),
    "vintage": _of(vintage),
    "beauty": _of(beauty),
    "mirrored": _of(ImageOps.mirror),
    "turned_90": _of(lambda image: image.rotate(90, expand=True)),
    "tilt_3": _of(partial(tilt, degrees=3)),
    "tilt": lambda image, _other, random: tilt(image, random.choice([-1, 1]) * random.uniform(5, 15)),
    "tilt_cropped": lambda image, _other, random: tilt_cropped(image, random.choice([-1, 1]) * random.uniform(5, 15)),
    "inner_5_15": _inner(0.05, 0.15),
    "inner_15_40": _inner(0.15, 0.4),
    "left_10_25": _cut(0.1, 0.25, "left"),
    "left_25_40": _cut(0.25, 0.4, "left"),
    "right_10_25": _cut(0.1, 0.25, "right"),
    "right_25_40": _cut(0.25, 0.4, "right"),
    "top_10_25": _cut(0.1, 0.25, "top"),
    "top_25_40": _cut(0.25, 0.4, "top"),
    "bottom_10_25": _cut(0.1, 0.25, "bottom"),
    "bottom_25_40": _cut(0.25, 0.4, "bottom"),
    "corner_15_45": _cut(0.15, 0.45, "left", "top"),
    "other_corner_15_45": _cut(0.15, 0.45, "right", "bottom"),
    "all_sides_3_20": _cut(0.03, 0.2, "left", "top", "right", "bottom"),
    "mirror_crop": lambda image, other, random: ImageOps.mirror(
        _cut(0.03, 0.2, "left", "top", "right", "bottom")(image, other, random)
    ),
    "band_15": _of(partial(band, share=0.15)),
    "band_30": _of(partial(band, share=0.3)),
    "meme": _of(meme),
    "watermark": _of(watermark),
    "emoji": _of(emoji),
    "mosaic": _of(mosaic),
    "letterbox": _of(letterbox),
    "white_margin": _of(lambda image: ImageOps.expand(image, round(image.width * 0.12), "white")),
    "feed": lambda image, _other, random: feed(image, random),
    "phone": lambda image, _other, random: phone(image, random),
    "phone_twice": lambda image, _other, random: jpeg(scale(jpeg(phone(image, random), 60), 0.8), 50),
    "side_by_side": lambda image, other, _random: side_by_side(image, other),
    "four": lambda image, other, _random: four(image, other),
    "quarter_of_two": lambda image, other, _random: quarter_of_two(image, other),
    "inset": lambda image, other, _random: inset(image, other),
    "screen_photo": lambda image, _other, random: screen_photo(image, random),
    "crop_jpeg_band": _of(lambda image: jpeg(band(crop(image, 0.05, 0.05, 0.05, 0.05), 0.12), 30)),
    "feed_jpeg_half": lambda image, _other, random: jpeg(scale(feed(image, random), 0.5), 30),
    "mirror_emoji_grey": _of(lambda image: ImageOps.mirror(emoji(ImageOps.grayscale(image).convert("RGB"), size=0.4))),
}  # fmt: skip
"""Every change, by name."""
