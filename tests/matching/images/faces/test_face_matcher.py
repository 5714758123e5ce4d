from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typing_extensions import override

from monitors.matching.images.decoder import Picture, PictureError
from monitors.matching.images.faces.encoder import Face, FaceEncoder
from monitors.matching.images.faces.matcher import (
    Company,
    FaceMatcher,
    FaceWeight,
    fingerprint_face,
    threshold_against,
    weigh_face,
)
from monitors.matching.images.pdq import Floats
from monitors.matching.images.workshop.faces import compare, report_faces
from monitors.records import PhotoSignal, ProfileState, Scope, WatchProfile
from tests.builders import NOON, a_consent, a_profile
from tests.matching.images.pictures import encode


class ColourEncoder(FaceEncoder):
    """A model one can check by eye: each half of a picture is a face, and its colour is who it is."""

    @property
    @override
    def name(self) -> str:
        return "colours-1"

    @property
    @override
    def floor(self) -> float:
        return 0.9

    @override
    def find_faces(self, picture: Picture) -> list[Face]:
        middle = picture.pixels.shape[1] // 2
        halves = (
            (picture.pixels[:, :middle], (0.0, 0.0, 0.5, 1.0)),
            (picture.pixels[:, middle:], (0.5, 0.0, 1.0, 1.0)),
        )
        return [Face(region=region, vector=a_vector(*half.mean(axis=(0, 1)))) for half, region in halves if half.any()]


def a_vector(*numbers: float) -> Floats:
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def people(left: Any, right: Any = "black") -> bytes:
    """A picture of one person or two; black is nobody."""
    picture = Image.new("RGB", (40, 20), left)
    picture.paste(right, (20, 0, 40, 20))
    return encode(picture)


def a_person(*colours: Any, **changed: Any) -> WatchProfile:
    """A profile with a photo of each of these colours, and consent to faces."""
    photos = []
    for number, colour in enumerate(colours):
        known = fingerprint_face(people(colour), ColourEncoder())
        photos.append(PhotoSignal(id=str(number), label="", fingerprints=(known,) if known else ()))
    fields = {"photos": tuple(photos), "consents": (a_consent(scope=Scope.FACES),)}
    return a_profile(**fields | changed)


def matcher(*profiles: WatchProfile, impostors: tuple[Floats, ...] = ()) -> FaceMatcher:
    return FaceMatcher(profiles, now=NOON, encoder=ColourEncoder(), impostors=impostors)


def test_her_face_is_found_beside_another() -> None:
    """A face that may be hers is found in a picture of two, with its likeness and its place."""
    [found] = matcher(a_person("red")).find(people("blue", (250, 20, 0)))

    assert found.profile_id == "p" * 32
    assert 0.99 < found.likeness <= 1
    assert found.threshold == 0.9
    assert found.region == (0.5, 0.0, 1.0, 1.0)


def test_several_photos_are_one_person() -> None:
    """A face close to any of her photos is found, also where it is far from the others."""
    hers = a_person("red", (150, 150, 0))

    assert [bool(matcher(hers).find(people(colour))) for colour in ("red", (140, 160, 0), "blue")] == [
        True,
        True,
        False,
    ]


def test_an_impostor_raises_her_threshold_alone() -> None:
    """Where somebody else looks much like her, more likeness is asked for her, and not for others."""
    hers, others = a_person("red"), a_person("blue", id="q" * 32)
    impostor = a_vector(250, 80, 0)

    strict = matcher(hers, others, impostors=(impostor,))

    assert matcher(hers).find(people((250, 80, 0))) != []
    assert strict.find(people((250, 80, 0))) == []
    assert [found.threshold for found in strict.find(people("red", "blue"))] == [pytest.approx(0.957, abs=0.01), 0.9]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"consents": (a_consent(), a_consent(scope=Scope.IMAGE_HASHES))}, id="no consent to faces"),
        pytest.param({"consents": (a_consent(scope=Scope.FACES, expires_at=NOON - timedelta(days=1)),)}, id="expired"),
        pytest.param({"state": ProfileState.PAUSED}, id="paused"),
    ],
)
def test_no_face_without_its_own_consent(changed: dict[str, Any]) -> None:
    """Consent to names and hashes is no consent to faces."""
    assert matcher(a_person("red", **changed)).find(people("red")) == []


def test_vectors_of_another_model_are_not_compared() -> None:
    """A vector says nothing to another model."""
    profile = a_person("red")
    photo = profile.photos[0]
    [vector] = photo.fingerprints
    elsewhere = PhotoSignal(
        id="1", label="", fingerprints=(type(vector)(algorithm="face", version="other", bits=vector.bits),)
    )

    assert matcher(a_profile(photos=(elsewhere,), consents=profile.consents)).find(people("red")) == []


def test_a_photo_without_a_face_has_no_vector() -> None:
    """Nothing is kept of a photo with nobody in it."""
    assert fingerprint_face(people("black"), ColourEncoder()) is None


@pytest.mark.parametrize(
    ("company", "weight"),
    [
        pytest.param(Company(), FaceWeight.REVIEW, id="alone"),
        pytest.param(Company(imagery=0.79), FaceWeight.REVIEW, id="not clearly sexual"),
        pytest.param(Company(has_name=True), FaceWeight.RAISES, id="her name"),
        pytest.param(Company(has_context=True), FaceWeight.RAISES, id="her school"),
        pytest.param(Company(has_copy=True), FaceWeight.RAISES, id="her photo"),
        pytest.param(Company(imagery=0.8), FaceWeight.RAISES, id="a sexual picture"),
    ],
)
def test_a_face_alone_waits_for_a_person(company: Company, weight: FaceWeight) -> None:
    """A face raises what something else speaks for; alone it never does."""
    assert weigh_face(company) is weight


def test_a_threshold_is_never_below_the_models_floor() -> None:
    """Impostors can only make it stricter."""
    assert threshold_against(np.stack([a_vector(1, 0)]), [a_vector(0, 1)], floor=0.9) == 0.9


def test_bad_bytes_have_a_name_here_too() -> None:
    """What is no picture ends in a problem id."""
    with pytest.raises(PictureError):
        matcher(a_person("red")).find(b"nothing")


def test_people_are_compared_with_everybody_elses_photos() -> None:
    """Each photo meets its person's other photos once, and every other person's photos."""
    people = {
        "a": [a_vector(1, 0), a_vector(1, 0.1)],
        "b": [a_vector(0, 1), a_vector(0, 1), a_vector(0.1, 1)],
        "c": [a_vector(1, 1)],
    }

    same, other = compare(people)
    lines = list(report_faces("colours", same, other))

    assert (len(same), len(other)) == (5, 2 * 4 + 3 * 3)
    assert min(same) > 0.99
    assert lines[0] == "colours: 5 photos found again among their person's others, 17 impostor comparisons"
    assert "| 0.95 | 5 (1.000) | 0 (0.0000) |" in lines
