"""An ONNX model of the operator's own: found faces are laid upright, read, and never compared across models."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from monitors.errors import StopRun
from monitors.matching.images.decoder import decode_picture
from monitors.matching.images.faces.onnx_encoder import OnnxEncoder, Points, lay_upright, yunet
from tests.matching.images.pictures import a_scene, encode

TINY = Path(__file__).parent / "tiny_face.onnx"
PLACES = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)],
    dtype=np.float32,
)
"""Of an upright face 112 pixels a side."""


def the_face_at(*places: Points) -> OnnxEncoder:
    """An encoder whose finder knows where the faces are."""
    return OnnxEncoder(TINY, lambda _pixels: list(places), floor=0.4)


def turned(picture: Image.Image, degrees: float) -> tuple[Image.Image, Points]:
    """A face turned around the middle of a larger page, and where its five places are then."""
    page = Image.new("RGB", (240, 240), "grey")
    page.paste(picture, (64, 64))
    angle = np.deg2rad(degrees)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    places = (PLACES + 64 - 120) @ turn.T + 120
    return page.rotate(degrees, Image.Resampling.BICUBIC), places.astype(np.float32)


def pixels_of(image: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("degrees", [0, 20, -35, 90])
def test_a_tilted_face_is_laid_upright(degrees: float) -> None:
    """However a head is held, the model sees it as it was trained to."""
    face = a_scene().resize((112, 112))
    page, places = turned(face, degrees)

    upright = lay_upright(pixels_of(page), places)

    inside = (slice(12, 100), slice(12, 100))
    assert np.abs(upright[inside].astype(int) - pixels_of(face)[inside].astype(int)).mean() < 12


def test_a_vector_has_length_one_and_the_same_face_the_same() -> None:
    """The product of two vectors is their likeness; a tilted copy is nearly itself, another picture is not."""
    (page, places), (tilted, moved) = (turned(a_scene().resize((112, 112)), degrees) for degrees in (0, 25))
    other, _ = turned(a_scene(4).resize((112, 112)), 0)

    [face], [again], [stranger] = (
        the_face_at(where).find_faces(decode_picture(encode(image)))
        for image, where in ((page, places), (tilted, moved), (other, places))
    )

    assert float(np.linalg.norm(face.vector)) == pytest.approx(1, abs=1e-5)
    assert float(face.vector @ again.vector) > 0.98
    assert float(face.vector @ stranger.vector) < float(face.vector @ again.vector)
    assert 0 < face.region[0] < face.region[2] < 1


def test_no_face_no_vector() -> None:
    """A picture of nobody gives nothing."""
    assert the_face_at().find_faces(decode_picture(encode(a_scene()))) == []


def test_another_file_is_another_model(tmp_path: Path) -> None:
    """The name holds the file's hash: vectors of two files are never compared, whatever these are called."""
    again = tmp_path / "tiny_face.onnx"
    again.write_bytes(TINY.read_bytes() + b"\x32\x01x")  # one letter of documentation

    same, other = (OnnxEncoder(path, lambda _pixels: [], floor=0.4).name for path in (TINY, again))

    assert same == the_face_at().name
    assert same.startswith("tiny_face-")
    assert other.startswith("tiny_face-")
    assert same != other


@pytest.mark.parametrize("content", [None, b"", b"no model"], ids=["missing", "empty", "something else"])
def test_a_file_that_is_no_model_stops_the_run(content: bytes | None, tmp_path: Path) -> None:
    """What an operator named and does not work is told at once, with the setting to look at."""
    path = tmp_path / "face.onnx"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(StopRun) as model:
        OnnxEncoder(path, lambda _pixels: [], floor=0.4)
    with pytest.raises(StopRun) as detector:
        yunet(path)

    assert "SHOUWANG_FACE_MODEL" in model.value.advice
    assert "SHOUWANG_FACE_DETECTOR" in detector.value.advice


def test_a_model_of_another_shape_stops_the_run() -> None:
    """A model for something else would give vectors that mean nothing."""
    other = Path(__file__).parents[3] / "scoring" / "tiny" / "encoder.onnx"

    with pytest.raises(StopRun, match="112"):
        OnnxEncoder(other, lambda _pixels: [], floor=0.4)
