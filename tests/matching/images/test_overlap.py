"""Pictures made on one form are no copies of each other, and plain ones are no copies of anything."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from monitors.matching.images.copies import CopySearch
from monitors.matching.images.fingerprint import fingerprint_reference, read_moments
from monitors.matching.images.found import Found
from monitors.matching.images.workshop.transforms import (
    crop,
    emoji,
    feed,
    four,
    inset,
    jpeg,
    meme,
    phone,
    side_by_side,
    tilt_cropped,
)
from tests.matching.images.pictures import a_scene, encode

WORDS = [
    "see",
    "you",
    "at",
    "three",
    "by",
    "the",
    "library",
    "bring",
    "my",
    "umbrella",
    "happy",
    "birthday",
    "who",
    "has",
    "yesterday",
    "notes",
    "dinner",
    "soup",
    "again",
]


def a_chat(seed: int) -> Image.Image:
    """A screenshot of one app: only what is said differs."""
    random = np.random.default_rng(seed)
    page = Image.new("RGB", (540, 960), (237, 237, 237))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=26)
    draw.text((20, 12), "9:41", fill="black", font=font)
    draw.text((410, 12), "5G 88%", fill="black", font=font)
    draw.text((230, 60), "Lin", fill="black", font=font)
    draw.rounded_rectangle((70, 890, 430, 940), 8, fill="white", outline="gray")
    for line in range(8):
        top = 130 + 90 * line
        draw.ellipse((14, top, 64, top + 50), fill=(90, 140, 200))
        draw.rounded_rectangle((80, top, 480, top + 60), 10, fill="white")
        draw.text((95, top + 14), " ".join(random.choice(WORDS, 4)), fill="black", font=font)
    return page


def a_letter(seed: int) -> Image.Image:
    """A page of print with the same head and stamp."""
    random = np.random.default_rng(seed)
    page = Image.new("RGB", (700, 960), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size=22)
    draw.text((260, 30), "NOTICE", fill="black", font=ImageFont.load_default(size=44))
    for line in range(22):
        draw.text((50, 110 + 34 * line), " ".join(random.choice(WORDS, 9)), fill="black", font=font)
    draw.ellipse((500, 760, 660, 920), outline="red", width=6)
    return page


def compare(photo: Image.Image, picture: Image.Image) -> list[Found]:
    search = CopySearch([fingerprint_reference(encode(photo), with_features=True)])
    return search.find(read_moments(encode(picture, "JPEG", quality=85)))


@pytest.mark.parametrize("form", [a_chat, a_letter], ids=["chats of one app", "letters on one form"])
@pytest.mark.parametrize("seed", range(3))
def test_another_page_on_the_same_form_is_no_copy(form: Callable[[int], Image.Image], seed: int) -> None:
    """Head, input line and stamp lie alike in all of them, what is said does not."""
    assert compare(form(100), form(seed)) == []


@pytest.mark.parametrize("form", [a_chat, a_letter], ids=["chat", "letter"])
def test_the_same_page_is_a_copy(form: Callable[[int], Image.Image]) -> None:
    """Also cut at the top, where its status bar was, and saved badly."""
    [found] = compare(form(1), jpeg(crop(form(1), top=0.08), 30))

    assert found.score >= 0.8


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(meme, id="meme"),
        pytest.param(lambda image: emoji(image, size=0.5), id="sticker"),
        pytest.param(lambda image: tilt_cropped(crop(image, left=0.2), 9), id="cropped and tilted"),
        pytest.param(lambda image: jpeg(phone(image, np.random.default_rng(1)), 30), id="in a phone's chat"),
        pytest.param(lambda image: inset(crop(image, right=0.3), a_scene(30)), id="part in another picture"),
        pytest.param(lambda image: side_by_side(crop(image, right=0.4), a_scene(31)), id="beside another"),
        pytest.param(lambda image: four(image.crop((60, 0, 580, 480)), a_scene(32)), id="quarter of a collage, cut"),
        pytest.param(lambda image: crop(image, left=0.5, top=0.5), id="a quarter is left"),
        pytest.param(lambda image: jpeg(feed(image, np.random.default_rng(1)), 20), id="in a feed"),
    ],
)
def test_hard_copies_pass_the_second_look(change: Callable[[Image.Image], Image.Image]) -> None:
    """What keeps forms apart does not lose copies."""
    [found] = compare(a_scene(3), change(a_scene(3)))

    assert found.score >= 0.8


@pytest.mark.parametrize(
    "colours",
    [("white", "black"), ((200, 30, 30), (30, 30, 200)), ((250, 250, 250), (180, 200, 220))],
    ids=["white and black", "red and blue", "pale"],
)
def test_plain_pictures_are_no_copies_of_each_other(colours: tuple[str, str]) -> None:
    """A picture of nothing has nearly the hash of every other such picture: it is compared with none."""
    one, other = (Image.new("RGB", (400, 300), colour) for colour in colours)

    assert compare(one, other) == []


def test_gradients_are_no_copies_of_each_other() -> None:
    """A pHash of a plain picture is chance: it asks nobody to look."""
    down = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    across = down.transpose(Image.Transpose.ROTATE_90)

    assert compare(down, across.point(lambda value: value // 2 + 90)) == []
