import numpy as np
import pdqhash
import pytest
from PIL import Image

from monitors.matching.images.pdq import FORMS, Floats, lay, pdq_of
from tests.matching.images.pictures import a_scene


def grey_of(image: Image.Image) -> Floats:
    return np.asarray(image.convert("L"), dtype=np.float32)


def by_meta(grey: Floats) -> tuple[str, int]:
    """The hash that Meta's own code gives."""
    rgb = np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8))
    bits, quality = pdqhash.compute(rgb)
    return np.packbits(bits.astype(np.uint8)).tobytes().hex(), quality


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("size", [(512, 384), (384, 512), (300, 200), (129, 65), (64, 64), (1000, 700)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agrees_with_meta(size: tuple[int, int], seed: int) -> None:
    """Our PDQ is Meta's, but for the last bits of rounding, and so is its quality."""
    grey = grey_of(a_scene(seed, size))

    ours, (theirs, quality) = pdq_of(grey), by_meta(grey)

    assert distance(ours.bits, theirs) <= 4
    assert abs(ours.quality - quality) <= 1


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_how_a_picture_can_lie(form: str) -> None:
    """Each form is what Pillow calls the same movement."""
    scene = a_scene(size=(120, 90))
    movements = {
        "mirror": Image.Transpose.FLIP_LEFT_RIGHT,
        "flip": Image.Transpose.FLIP_TOP_BOTTOM,
        "turn180": Image.Transpose.ROTATE_180,
        "turn90": Image.Transpose.ROTATE_270,
        "turn270": Image.Transpose.ROTATE_90,
        "transpose": Image.Transpose.TRANSPOSE,
        "transverse": Image.Transpose.TRANSVERSE,
    }
    moved = scene.transpose(movements[form]) if form else scene

    laid = lay(grey_of(scene), form)

    assert np.array_equal(laid, grey_of(moved))


def test_plain_pictures_have_no_quality() -> None:
    """A wall has nothing to recognise, and its quality says so; a scene has plenty."""
    wall, scene = np.full((200, 200), 90, dtype=np.float32), grey_of(a_scene())

    assert pdq_of(wall).quality == 0
    assert pdq_of(scene).quality >= 50


@pytest.mark.parametrize("shape", [(4, 100), (100, 4), (1, 1)])
def test_too_small_is_refused(shape: tuple[int, int]) -> None:
    """Below five pixels a side there is no hash."""
    with pytest.raises(ValueError, match="too small"):
        pdq_of(np.zeros(shape, dtype=np.float32))
