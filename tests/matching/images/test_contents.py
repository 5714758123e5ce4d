from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from monitors.matching.images.contents import read_words, score_imagery
from monitors.matching.images.decoder import PictureError
from tests.matching.images.pictures import a_scene, encode
from tests.servers.missing import missing

CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
)


def a_screenshot(*lines: str, font: str | None = None) -> bytes:
    """A chat with one bubble a line."""
    page = Image.new("RGB", (720, 90 + 100 * len(lines)), (237, 237, 237))
    draw = ImageDraw.Draw(page)
    face = ImageFont.truetype(font, 34) if font else ImageFont.load_default(size=34)
    for number, line in enumerate(lines):
        top = 40 + 100 * number
        draw.rounded_rectangle((30, top, 690, top + 80), 14, fill="white")
        draw.text((50, top + 18), line, fill="black", font=face)
    return encode(page, "JPEG", quality=80)


def test_words_of_a_screenshot_are_read() -> None:
    """Lines of a chat are read from top to bottom."""
    words = read_words(a_screenshot("Lin Xiaoyue of Qinghe College", "ask me for the video"))

    assert words.splitlines() == ["Lin Xiaoyue of Qinghe College", "ask me for the video"]


def test_chinese_words_are_read() -> None:
    """Simplified and traditional characters are read; Chinese comes first."""
    font = next((path for path in CHINESE_FONTS if Path(path).exists()), None)
    if font is None:
        missing("no Chinese font. Type: sudo apt-get install fonts-noto-cjk")

    words = read_words(a_screenshot("听说青河学院的林晓月", "繁體：林曉月", font=font))

    assert words.splitlines() == ["听说青河学院的林晓月", "繁體：林曉月"]


def test_a_picture_without_words_has_none() -> None:
    """Hills and houses say nothing."""
    assert read_words(encode(a_scene())) == ""


@pytest.mark.parametrize("seed", range(4))
def test_neutral_pictures_score_low(seed: int) -> None:
    """A landscape is not sexual, and the score is between 0 and 1."""
    assert 0 <= score_imagery(encode(a_scene(seed))) < 0.5


@pytest.mark.parametrize("look", [read_words, score_imagery])
def test_what_cannot_be_read_has_a_name(look: object) -> None:
    """Bad bytes end in a problem id here as everywhere: they come through the same door."""
    assert callable(look)

    with pytest.raises(PictureError) as caught:
        look(b"\xff\xd8\xff", name="x")

    assert caught.value.problem == "damaged"
