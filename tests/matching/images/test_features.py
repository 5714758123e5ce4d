import numpy as np
import pytest
from PIL import Image, ImageOps

from monitors.matching.images.copies import Looked, PhotoFeatures
from monitors.matching.images.features import Features, find_features, pack_features, unpack_features
from monitors.matching.images.fingerprint import fingerprint_reference, read_moments
from monitors.matching.images.geometry import align, pair_up, root_looks
from monitors.matching.images.pdq import Floats
from monitors.matching.images.verdicts import ALERT_SCORE, DETAILS_ALERT
from monitors.matching.images.workshop.transforms import (
    crop,
    inset,
    quarter_of_two,
    screen_photo,
    thumbnail,
    tilt,
    tilt_cropped,
)
from monitors.messages import say_in
from monitors.records import Method
from tests.matching.images.pictures import a_scene, encode

OTHER = a_scene(9)


def random() -> np.random.Generator:
    return np.random.default_rng(1)


def grey_of(image: Image.Image) -> Floats:
    return np.asarray(thumbnail(image.convert("L"), 512), dtype=np.float32)


def features_of(image: Image.Image) -> Features:
    return find_features(grey_of(image))


def looked_at(image: Image.Image) -> Looked:
    """A picture as a post's is read."""
    return Looked(read_moments(encode(image))[0])


def a_search(*seeds: int) -> PhotoFeatures:
    return PhotoFeatures([fingerprint_reference(encode(a_scene(seed)), with_features=True) for seed in seeds])


@pytest.mark.parametrize(
    ("copy", "words", "region"),
    [
        pytest.param(crop(a_scene(), 0.45, 0.45), "cropped to 30 %", (0, 0, 1, 1), id="a corner of 30 %"),
        pytest.param(crop(a_scene(), 0.07, 0.13, 0.19, 0.04), "cropped to 61 %", (0, 0, 1, 1), id="off every side"),
        pytest.param(
            ImageOps.mirror(crop(a_scene(), 0.07, 0.13, 0.19, 0.04)), "mirrored, cropped to 61 %", (0, 0, 1, 1), id="mirrored"
        ),
        pytest.param(tilt(a_scene(), 12), "tilted by 12°, part of a larger picture", (0, 0, 1, 1), id="tilted on a page"),
        pytest.param(tilt_cropped(a_scene(), -9), "tilted by 9°, cropped to 50 %", (0, 0, 1, 1), id="tilted and cropped"),
        pytest.param(quarter_of_two(a_scene(), OTHER), "part of a larger picture", (0.423, 0, 1, 0.433), id="a quarter of two"),
        pytest.param(inset(a_scene(), OTHER), "part of a larger picture", (0.456, 0.382, 0.789, 0.704), id="picture in picture"),
        pytest.param(a_scene().rotate(-90, expand=True), "turned right by 90°", (0, 0, 1, 1), id="turned"),
    ],
)  # fmt: skip
def test_a_part_is_found_placed_and_named(
    copy: Image.Image, words: str, region: tuple[float, float, float, float]
) -> None:
    """Whatever part of a photo is shown wherever, it is found, surely; what was done and where it lies is told."""
    [found] = a_search(1, 2).find(looked_at(copy))

    assert (found.photo, found.method) == (0, Method.LOCAL)
    assert found.score >= ALERT_SCORE
    assert found.details is not None
    assert found.details >= DETAILS_ALERT
    assert _without_numbers(found.change.describe(say_in("en"), between=", ")) == _without_numbers(words)
    assert found.region is not None
    assert np.abs(np.subtract(found.region, region)).max() < 0.03


def _without_numbers(words: str) -> list[str]:
    """Words as they are, numbers to the nearest ten: a fit is good to a few percent and degrees."""
    return [str(round(int(number), -1)) if (number := word.rstrip("°")).isdigit() else word for word in words.split()]


def test_a_photo_of_a_screen_is_found() -> None:
    """Perspective, uneven light, noise and lines do not hide a photo."""
    [found] = a_search(1).find(looked_at(screen_photo(a_scene(), random())))

    assert found.score >= ALERT_SCORE


def test_other_scenes_are_not_found() -> None:
    """Scenes of the same kind of shapes agree in nothing."""
    search = a_search(1, 2, 3)

    found = [search.find(looked_at(a_scene(seed))) for seed in range(20, 30)]

    assert found == [[]] * 10


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(Image.new("RGB", (300, 200), "grey"), id="nothing"),
        pytest.param(a_scene(size=(9, 7)), id="nine pixels"),
        pytest.param(Image.linear_gradient("L").convert("RGB"), id="a shade"),
    ],
)
def test_without_details_nothing_is_found(image: Image.Image) -> None:
    """A picture without details is neither found nor finds anything, and breaks nothing."""
    plain = PhotoFeatures([fingerprint_reference(encode(image), with_features=True)])

    assert a_search(1).find(looked_at(image)) == []
    assert plain.find(looked_at(a_scene())) == []
    assert plain.find(looked_at(image)) == []


def test_photos_without_features_are_not_found() -> None:
    """A photo of which no features were kept is passed over; the others keep their places."""
    search = PhotoFeatures(
        [fingerprint_reference(encode(a_scene(1))), fingerprint_reference(encode(a_scene(2)), with_features=True)]
    )

    found = search.find(looked_at(a_scene(1))) + search.find(looked_at(a_scene(2)))

    assert [one.photo for one in found] == [1]


def test_only_those_asked_for() -> None:
    """``among`` narrows the search."""
    assert a_search(1, 2).find(looked_at(a_scene(1)), among={1}) == []


def test_packing_loses_next_to_nothing() -> None:
    """What is written down is what is read, to the precision of the format."""
    features = features_of(a_scene())

    again = unpack_features(pack_features(features))

    assert (again.width, again.height, len(again)) == (features.width, features.height, len(features))
    assert np.abs(again.points - features.points).max() <= 1 / 64
    assert np.abs(again.log_sizes - features.log_sizes).max() <= 1 / 40
    turned = np.abs((again.angles - features.angles + np.pi) % (2 * np.pi) - np.pi)
    assert turned.max() <= 2 * np.pi / 256
    assert np.array_equal(again.looks, features.looks)


def test_mirrored_features_are_those_of_the_mirrored_picture() -> None:
    """Features are mirrored by moving numbers, and come out as if the mirrored picture had been looked at."""
    photo, mirrored = features_of(a_scene()), features_of(ImageOps.mirror(a_scene()))

    rows, columns = pair_up(root_looks(photo.mirrored()), root_looks(mirrored))
    alignment = align(photo.mirrored(), mirrored, rows, columns)

    assert alignment is not None
    assert alignment.agreeing > len(photo) / 2
    assert np.abs(alignment.matrix - [[1, 0, 0], [0, 1, 0]]).max() < 1


def test_a_crushed_fit_is_no_proof() -> None:
    """Details of a photo that all lie on one spot or one line of a picture agree on nothing."""
    photo = features_of(a_scene())
    rows = np.arange(50)
    onto_a_line = Features(
        width=512,
        height=384,
        points=np.asarray(photo.points[:50] * [1, 0], dtype=np.float32),
        log_sizes=photo.log_sizes[:50],
        angles=photo.angles[:50],
        looks=photo.looks[:50],
    )

    assert align(photo, onto_a_line, rows, rows) is None
