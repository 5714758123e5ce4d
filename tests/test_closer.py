"""Small parts of her photos, looked for where a post already speaks of her."""

from hashlib import sha256

import pytest

from monitors.closer import look_closer
from monitors.errors import SkipPost
from monitors.matching.images.fingerprint import fingerprint, read_reference
from monitors.matching.images.workshop.transforms import crop, inset
from monitors.records import Hit, Media, Method, PhotoSignal, Scope, WatchProfile
from tests.builders import NOON, a_consent, a_hit, a_post, a_profile
from tests.matching.images.pictures import a_scene, encode

PART = encode(inset(crop(a_scene(3), 0.3), a_scene(40)), "JPEG", quality=85)
OTHER = encode(a_scene(50), "JPEG", quality=85)
HERS = a_profile(photos=(PhotoSignal(id="photo-1", label="", fingerprints=read_reference(encode(a_scene(3)))),))


def a_hit_showing(content: bytes) -> Hit:
    """Her name beside a picture."""
    media = Media(url="https://p.example/1", sha256=sha256(content).hexdigest(), fingerprints=fingerprint(content))
    return a_hit(post=a_post(media=(media,)))


def look(hit: Hit, *, profile: WatchProfile | None = HERS, content: bytes = PART) -> list[Method]:
    [looked] = look_closer([hit], lambda _id: profile, lambda _media: content, NOON)
    return [match.method for match in looked.matches]


def test_a_part_of_her_photo_is_found_beside_her_name() -> None:
    """A third of her photo in another picture is proved by details; her name stays the first match."""
    assert look(a_hit_showing(PART)) == [Method.EXACT, Method.LOCAL]


@pytest.mark.parametrize(
    ("hit", "profile", "content"),
    [
        pytest.param(a_hit_showing(OTHER), HERS, OTHER, id="another picture"),
        pytest.param(a_hit_showing(PART), None, PART, id="profile gone"),
        pytest.param(a_hit_showing(PART), a_profile(), PART, id="no photos"),
        pytest.param(
            a_hit_showing(PART),
            a_profile(photos=HERS.photos, consents=(a_consent(scope=Scope.NAMES),)),
            PART,
            id="no consent to photos",
        ),
        pytest.param(a_hit_showing(PART), HERS, OTHER, id="picture changed since"),
        pytest.param(a_hit_showing(PART), HERS, b"", id="bytes broken since"),
    ],
)
def test_nothing_else_is_added(hit: Hit, profile: WatchProfile | None, content: bytes) -> None:
    """Only her own photos, while she allows it, in the very picture that was read."""
    assert look(hit, profile=profile, content=content) == [Method.EXACT]


def test_a_picture_that_cannot_be_had_again_changes_nothing() -> None:
    """The hit goes on with what its hashes said."""

    def refuse(_media: Media) -> bytes:
        raise SkipPost("unreachable")

    hit = a_hit_showing(PART)

    assert look_closer([hit], lambda _id: HERS, refuse, NOON) == [hit]


def test_a_post_without_pictures_opens_no_profile() -> None:
    """Most posts have none: nobody's details are decrypted for them."""
    opened: list[str] = []

    def open_profile(profile_id: str) -> WatchProfile | None:
        opened.append(profile_id)
        return HERS

    look_closer([a_hit()], open_profile, lambda _media: PART, NOON)

    assert opened == []
