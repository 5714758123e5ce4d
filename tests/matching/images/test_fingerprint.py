import numpy as np
import pytest
from PIL import Image

from monitors.matching.images.decoder import PictureError
from monitors.matching.images.fingerprint import fingerprint, fingerprint_reference
from monitors.matching.images.pdq import FORMS
from tests.matching.images.pictures import a_jpeg, a_scene, encode


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_a_picture_has_three_kinds_of_hash() -> None:
    """A post's picture is kept as a PDQ of 256 bits with its quality, PDQs of its parts and a pHash of 64 bits."""
    pdq, parts, phash = fingerprint(a_jpeg())

    assert (pdq.algorithm, pdq.version, len(pdq.bits)) == ("pdq", "pdq-2017/512", 64)
    assert pdq.quality is not None
    assert pdq.quality >= 50
    assert (parts.algorithm, parts.version, len(parts.bits)) == ("pdq-parts", "parts-1/512", 17 * 64)
    assert (phash.algorithm, phash.version, len(phash.bits)) == ("phash", "imagehash-4/512", 16)


def test_a_reference_photo_has_all_forms_and_crops() -> None:
    """A reference photo is hashed in every way it can be laid and cropped, and as a post's picture is."""
    content = a_jpeg()

    reference = fingerprint_reference(content)

    forms = [f"pdq:{form}" if form else "pdq" for form in FORMS]
    assert [one.algorithm for one in reference] == [*forms, "pdq-crops", "phash"]
    picture = fingerprint(content)
    assert {picture[0], picture[-1]} <= set(reference)


def test_hashes_do_not_change_under_us() -> None:
    """The hashes of one drawn picture, written down once: a library that changes them may not keep the version."""
    rows, columns = np.mgrid[0:90, 0:120]
    waves = 128 + 60 * np.sin(columns / 9 + (rows / 30) ** 2) + 60 * np.cos((columns + 2 * rows) / 13)
    content = encode(Image.fromarray(waves.astype(np.uint8)))

    pdq, _, phash = fingerprint(content)

    assert distance(pdq.bits, "fff2100f57f2500fe7f2000fe7f2000ff7f2000f75f20007fffcaaa18a8d8a8d") <= 2
    assert phash.bits == "f85858421ff0a7f8"


@pytest.mark.parametrize("size", [(1600, 1200), (1080, 810), (300, 225)])
def test_the_size_of_a_copy_hardly_matters(size: tuple[int, int]) -> None:
    """A copy in another size differs by a few bits."""
    original = fingerprint(encode(a_scene()))[0]

    copy = fingerprint(encode(a_scene().resize(size), "JPEG", quality=80))[0]

    assert distance(original.bits, copy.bits) <= 12


def test_other_pictures_are_far_away() -> None:
    """Pictures of different scenes differ by about half their bits."""
    hashes = [fingerprint(encode(a_scene(seed)))[0].bits for seed in range(12)]

    distances = [distance(one, other) for at, one in enumerate(hashes) for other in hashes[:at]]

    assert min(distances) > 80


def test_an_animation_is_hashed_at_moments_that_differ() -> None:
    """A still that was made an animation has the hashes of the still; a slide show those of every slide."""
    still, other = a_scene(1), a_scene(2)
    slides = encode(still, "WEBP", save_all=True, append_images=[still, other, other], lossless=True)

    hashes = fingerprint(slides)

    assert [one.algorithm for one in hashes] == ["pdq", "pdq-parts", "phash"] * 2
    assert hashes == fingerprint(encode(still)) + fingerprint(encode(other))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(encode(Image.new("RGB", (3, 300))), "too_small", id="a line"),
        pytest.param(b"", "empty", id="nothing"),
    ],
)
def test_what_cannot_be_hashed_is_named(content: bytes, problem: str) -> None:
    """A picture without hashes ends in a problem id, as one that cannot be read does."""
    with pytest.raises(PictureError) as caught:
        fingerprint(content, name="x")

    assert caught.value.problem == problem
