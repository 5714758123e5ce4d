from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from monitors.matching.images.bank import Bank
from monitors.matching.images.borders import find_block
from monitors.matching.images.fingerprint import fingerprint, fingerprint_reference
from monitors.matching.images.pdq import Floats
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.matching.images.windows import CROPS, NOTHING, PARTS, Window, hash_crops, hash_parts
from monitors.matching.images.workshop.transforms import crop, feed, four, letterbox, phone, side_by_side
from monitors.messages import say_in
from monitors.records import Method
from tests.matching.images.pictures import a_scene, encode

OTHER = a_scene(9)


def random() -> np.random.Generator:
    return np.random.default_rng(1)


def grey_of(image: Image.Image) -> Floats:
    return np.asarray(image.convert("L"), dtype=np.float32)


def a_page(size: tuple[int, int], box: tuple[int, int, int, int], ground: Any) -> Image.Image:
    """A scene lying on a page of one colour."""
    page = Image.new("RGB", size, ground)
    page.paste(a_scene(size=(box[2] - box[0], box[3] - box[1])), box[:2])
    return page


@pytest.mark.parametrize("ground", ["black", "white", (24, 26, 32)])
@pytest.mark.parametrize(
    "box", [(0, 60, 400, 340), (40, 40, 360, 300), (80, 0, 330, 400), (10, 150, 290, 380)], ids=["bars", "margin", "pillars", "corner"]
)  # fmt: skip
def test_a_frame_is_taken_off(ground: Any, box: tuple[int, int, int, int]) -> None:
    """The picture on a page of one colour is found to the pixel, give or take two."""
    found = find_block(grey_of(a_page((400, 400), box, ground)))

    assert found is not None
    assert np.abs(np.subtract(found, box)).max() <= 2


def test_what_lies_on_the_page_is_not_the_picture() -> None:
    """Words and icons around the picture are not taken for it."""
    page = a_page((400, 600), (0, 120, 400, 420), "white")
    draw = ImageDraw.Draw(page)
    draw.ellipse((10, 20, 60, 70), fill="blue")
    for line in range(6):
        draw.rectangle((10, 450 + 20 * line, 260, 458 + 20 * line), fill="grey")

    found = find_block(grey_of(page))

    assert found is not None
    assert np.abs(np.subtract(found, (0, 120, 400, 420))).max() <= 2


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(a_scene(), id="no frame"),
        pytest.param(Image.new("RGB", (400, 300), "white"), id="an empty page"),
        pytest.param(a_page((400, 400), (180, 180, 220, 220), "white"), id="an icon"),
        pytest.param(a_scene(size=(40, 30)), id="a tiny picture"),
    ],
)
def test_without_a_frame_nothing_is_taken_off(image: Image.Image) -> None:
    """A picture that fills its page has no block in it, nor has an empty page."""
    assert find_block(grey_of(image)) is None


def test_each_crop_and_part_has_its_place() -> None:
    """Hashes stand in the order of the windows, 64 digits each, and a part that is not there is nothing."""
    crops, parts = hash_crops(grey_of(a_scene())), hash_parts(grey_of(a_scene()))

    assert len(crops) == 64 * len(CROPS)
    assert len(parts) == 64 * len(PARTS)
    trimmed = [parts[64 * place : 64 * place + 64] for place, part in enumerate(PARTS) if part.is_trimmed]
    assert set(trimmed) == {NOTHING}


def test_plain_parts_have_no_hash() -> None:
    """The sky over a scene is nothing to be recognised by."""
    sky = a_page((400, 400), (0, 200, 400, 400), "white")

    parts = hash_parts(grey_of(sky))

    upper = PARTS.index(Window(shares=(0.0, 0.0, 1.0, 0.5)))
    assert parts[64 * upper : 64 * upper + 64] == NOTHING


@pytest.mark.parametrize(
    ("copy", "words"),
    [
        pytest.param(crop(a_scene(), 0.05, 0.05, 0.05, 0.05), "cropped to 81 %", id="a tenth off the middle"),
        pytest.param(crop(a_scene(), 0.3), "cropped to 70 %", id="the left third"),
        pytest.param(crop(a_scene(), bottom=0.4), "cropped to 60 %", id="the lower part"),
        pytest.param(crop(a_scene(), right=0.2, bottom=0.2), "cropped to 64 %", id="a corner"),
        pytest.param(ImageOps.mirror(crop(a_scene(), 0.3)), "mirrored, cropped to 70 %", id="mirrored and cropped"),
        pytest.param(letterbox(a_scene()), "part of a larger picture", id="bars"),
        pytest.param(feed(a_scene(), random()), "part of a larger picture", id="a screenshot of a feed"),
        pytest.param(phone(a_scene(), random()), "part of a larger picture", id="a screenshot of a chat"),
        pytest.param(letterbox(ImageOps.mirror(a_scene())), "mirrored, part of a larger picture", id="mirrored with bars"),
        pytest.param(side_by_side(a_scene(), OTHER), "part of a larger picture", id="side by side"),
        pytest.param(four(a_scene(), OTHER), "part of a larger picture", id="a quarter of a collage"),
    ],
)  # fmt: skip
def test_what_was_done_is_found_and_named(copy: Image.Image, words: str) -> None:
    """Crops, frames and collages are found by their windows, surely, and the guess says what was done."""
    bank = Bank([fingerprint_reference(encode(a_scene())), fingerprint_reference(encode(a_scene(2)))])

    [found] = bank.find(fingerprint(encode(copy, "JPEG", quality=85)))

    assert (found.photo, found.method) == (0, Method.WINDOW)
    assert found.score >= ALERT_SCORE
    assert found.change.describe(say_in("en"), between=", ") == words


def test_unrelated_scenes_do_not_meet_in_any_window() -> None:
    """Thousands of comparisons between parts of different scenes find nothing."""
    bank = Bank([fingerprint_reference(encode(a_scene(seed))) for seed in range(6)])

    found = [bank.find(fingerprint(encode(a_scene(seed)))) for seed in range(20, 28)]

    assert found == [[]] * 8
