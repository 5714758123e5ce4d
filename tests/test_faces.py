"""Faces in the house: a model the operator answers for, consent of its own, marks nobody can read, never alone."""

from pathlib import Path

import pytest

from monitors.errors import BadInputError, StopRun
from monitors.evidence.gate import is_to_be_sealed
from monitors.faces import keep_allowed, open_encoder, photo_reader
from monitors.matching.found import hits_in
from monitors.matching.images.faces.marks import FaceMarks, marker
from monitors.matching.images.faces.matcher import FaceMatcher
from monitors.matching.names.matcher import NameMatcher
from monitors.pictures import hasher
from monitors.records import Media, Method, PhotoSignal, Post, Scope, Severity, WatchProfile
from monitors.scoring.severity import severity_of
from monitors.settings import Settings
from tests.builders import NOON, a_consent, a_post, a_profile
from tests.matching.images.faces.test_face_matcher import ColourEncoder, people

RED = people((250, 20, 0))


def read_photo(content: bytes) -> PhotoSignal:
    return PhotoSignal(id="one", label="", fingerprints=photo_reader(ColourEncoder())(content, "one"))


def her(*scopes: Scope) -> WatchProfile:
    consents = tuple(a_consent(scope=scope) for scope in (Scope.NAMES, *scopes))
    return a_profile(photos=(read_photo(people("red")),), consents=consents)


HERS = her(Scope.FACES)


def mac(text: str) -> str:
    return f"{len(text)}-{sum(map(ord, text))}"


def a_post_showing(content: bytes, **changed: object) -> Post:
    """A post as it comes out of the first stage."""
    seek = marker(FaceMatcher([HERS], now=NOON, encoder=ColourEncoder()), mac)
    post = a_post(**{"text": "看", "media": (Media(url="https://p.example/1"),)} | changed)
    return hasher(lambda _media: content, seek)(post)


def severities(post: Post, profile: WatchProfile = HERS) -> list[Severity]:
    matchers = (NameMatcher([profile], now=NOON), FaceMarks([profile], now=NOON, mac=mac))
    return [severity_of(hit) for hit in hits_in([post], matchers, NOON)]


def test_no_model_is_on_by_default(tmp_path: Path) -> None:
    """Without a setting no face is looked at."""
    assert open_encoder(Settings(home=tmp_path)) is None


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        pytest.param({"face_model": "dlib"}, "SHOUWANG_FACE_MODEL_LICENCE", id="no licence"),
        pytest.param(
            {"face_model": "arc.onnx", "face_model_licence": "ours"}, "SHOUWANG_FACE_DETECTOR", id="no detector"
        ),
    ],
)
def test_an_operator_names_model_and_licence(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    """A model is opened only by somebody who says under which licence."""
    with pytest.raises(BadInputError, match=named):
        open_encoder(Settings(home=tmp_path, **settings))  # type: ignore[arg-type]


def test_a_model_that_is_missing_stops_the_run(tmp_path: Path) -> None:
    """It never goes on without what was asked for."""
    with pytest.raises(StopRun):
        open_encoder(Settings(home=tmp_path, face_model="dlib", face_model_licence="CC0", face_model_folder=tmp_path))


def test_a_vector_is_kept_only_with_consent_to_faces() -> None:
    """Consent to hashes of a photo is no consent to the face in it."""
    allowed, refused = (keep_allowed(her(scope)) for scope in (Scope.FACES, Scope.IMAGE_HASHES))

    assert "face" in {one.algorithm for one in allowed.photos[0].fingerprints}
    assert "face" not in {one.algorithm for one in refused.photos[0].fingerprints}


def test_a_face_alone_alerts_nobody() -> None:
    """It is a hit that waits for a person, and nothing of the picture is sealed until somebody asks."""
    matchers = (NameMatcher([HERS], now=NOON), FaceMarks([HERS], now=NOON, mac=mac))

    [hit] = hits_in([a_post_showing(RED)], matchers, NOON)

    assert severity_of(hit) is Severity.NONE
    assert not is_to_be_sealed(hit)
    assert is_to_be_sealed(hit, is_asked=True)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"text": "林晓月"}, id="her name"),
        pytest.param({"text": "青河学院的"}, id="a context term"),
    ],
)
def test_a_face_raises_what_something_else_speaks_for(changed: dict[str, object]) -> None:
    """Beside her name or her school it counts like a copy of her photo."""
    assert severities(a_post_showing(RED, **changed)) == [Severity.MEDIUM]


def test_a_sexual_picture_with_her_face_is_grave() -> None:
    """New pixels, her face: what no copy could find."""
    post = a_post_showing(RED)
    [media] = post.media
    explicit = a_post(
        text="看", media=(Media(url=media.url, sha256=media.sha256, fingerprints=media.fingerprints, imagery=0.9),)
    )

    assert severities(explicit) == [Severity.HIGH]


def test_without_her_consent_a_mark_says_nothing() -> None:
    """A consent that ended leaves old marks unread."""
    assert severities(a_post_showing(RED), her(Scope.IMAGE_HASHES)) == []


def test_other_faces_leave_no_mark() -> None:
    """Of a stranger's picture nothing of a face is kept."""
    [media] = a_post_showing(people("blue")).media

    assert "face-of" not in {one.algorithm for one in media.fingerprints}


def test_marks_of_two_pictures_cannot_be_joined() -> None:
    """Who has the spool without the key cannot tell that two pictures show one person."""
    first, second = (
        [one.bits for one in a_post_showing(people(colour)).media[0].fingerprints if one.algorithm == "face-of"]
        for colour in ((250, 20, 0), (250, 10, 0))
    )

    assert len(first) == len(second) == 1
    assert first != second


def test_a_match_says_what_it_is() -> None:
    """Method, likeness and that it accuses nobody stand in the reason."""
    [[match]] = FaceMarks([HERS], now=NOON, mac=mac).match([a_post_showing(RED)])

    assert (match.method, match.score, match.span) == (Method.FACE, 0.5, None)
    assert "不作判断" in match.reason
