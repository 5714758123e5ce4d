from datetime import timedelta
from typing import Any

import pytest
from PIL import Image, ImageFilter, ImageOps

from monitors.matching.images.fingerprint import fingerprint, fingerprint_reference
from monitors.matching.images.matcher import CopyMatcher, PhotoMatcher
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.matching.images.workshop.transforms import crop
from monitors.records import Fingerprint, Match, Media, Method, PhotoSignal, Post, ProfileState, Scope, WatchProfile
from tests.builders import NOON, a_consent, a_post, a_profile
from tests.matching.images.pictures import a_scene, encode

ZEROS = "00" * 32


def bits_with(ones: int) -> str:
    """A 256-bit hash that differs from ``ZEROS`` by that many bits."""
    return f"{(1 << ones) - 1:064x}"


def a_pdq(bits: str = ZEROS, **changed: Any) -> Fingerprint:
    fields: dict[str, Any] = {"algorithm": "pdq", "version": "pdq-2017/512", "bits": bits, "quality": 100}
    return Fingerprint(**fields | changed)


def a_phash(bits: str) -> Fingerprint:
    return Fingerprint(algorithm="phash", version="imagehash-4/512", bits=bits)


def a_photo(*fingerprints: Fingerprint, photo_id: str = "photo-1") -> PhotoSignal:
    return PhotoSignal(id=photo_id, label="", fingerprints=fingerprints)


def photo_of(image: Image.Image, photo_id: str = "photo-1") -> PhotoSignal:
    return a_photo(*fingerprint_reference(encode(image)), photo_id=photo_id)


def with_photos(*photos: PhotoSignal, **changed: Any) -> WatchProfile:
    return a_profile(photos=photos, **changed)


def post_with(*fingerprints: Fingerprint, post_id: str = "rss:post-1") -> Post:
    return a_post(
        id=post_id, media=(Media(url="https://cdn.example/1.jpg", sha256="a" * 64, fingerprints=fingerprints),)
    )


def post_of(image: Image.Image) -> Post:
    return post_with(*fingerprint(encode(image, "JPEG", quality=80)))


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_finds_each_of_n_photos(number: int) -> None:
    """With none, one, two or five reference photos, a copy of each is found, and names its photo."""
    photos = [photo_of(a_scene(seed), f"photo-{seed}") for seed in range(number)]
    matcher = PhotoMatcher([with_photos(*photos)], now=NOON)

    found = matcher.match([post_of(a_scene(seed)) for seed in range(number)] + [post_of(a_scene(99))])

    assert [[match.query for match in matches] for matches in found] == [
        [f"photo-{seed}"] for seed in range(number)
    ] + [[]]


@pytest.mark.parametrize(
    ("copy", "reason"),
    [
        pytest.param(a_scene().filter(ImageFilter.GaussianBlur(2)), "与参考照片 1 几乎相同（差", id="blurred"),
        pytest.param(ImageOps.grayscale(a_scene()), "与参考照片 1 几乎相同（差", id="grey"),
        pytest.param(ImageOps.mirror(a_scene()), "与参考照片 1 几乎相同（左右翻转，差", id="mirrored"),
        pytest.param(a_scene().rotate(-90, expand=True), "与参考照片 1 几乎相同（顺时针旋转 90 度，差", id="turned"),
    ],
)
def test_a_copy_is_found_and_says_why(copy: Image.Image, reason: str) -> None:
    """A changed copy is found by its PDQ, with a score that speaks for itself and the reason in words."""
    matcher = PhotoMatcher([with_photos(photo_of(a_scene()))], now=NOON)

    [[match]] = matcher.match([post_of(copy)])

    assert match.reason.startswith(reason)
    assert match.method is Method.PDQ
    assert match.score >= ALERT_SCORE
    assert (match.profile_id, match.query, match.candidate) == ("p" * 32, "photo-1", "a" * 64)
    assert match.span is None


def test_speaks_her_language() -> None:
    """The reason comes in the profile's first language."""
    profile = with_photos(a_photo(a_pdq()), languages=("en", "zh-CN"))

    [[match]] = PhotoMatcher([profile], now=NOON).match([post_with(a_pdq(bits_with(6)))])

    assert match.reason == "almost the same as reference photo 1 (6 of 256 bits differ)"


@pytest.mark.parametrize(
    ("distance", "quality", "alerts", "is_found"),
    [
        (0, 100, True, True),
        (31, 100, True, True),
        (31, 50, True, True),
        (31, 49, False, True),
        (0, 49, False, True),
        (32, 100, False, True),
        (52, 100, False, True),
        (53, 100, False, False),
    ],
)
def test_what_alerts_and_what_a_person_looks_at(distance: int, quality: int, alerts: bool, is_found: bool) -> None:
    """PDQ up to 31 of quality 50 speaks for itself, up to 52 or of lower quality asks for a look, beyond is nothing."""
    matcher = PhotoMatcher([with_photos(a_photo(a_pdq()))], now=NOON)

    [found] = matcher.match([post_with(a_pdq(bits_with(distance), quality=quality))])

    assert bool(found) is is_found
    assert [match.score >= ALERT_SCORE for match in found] == ([alerts] if is_found else [])


def test_a_phash_never_speaks_for_itself() -> None:
    """Even the same 64 bits only ask for a look."""
    matcher = PhotoMatcher([with_photos(a_photo(a_phash("0" * 16)))], now=NOON)

    [[same], [close], far] = matcher.match(
        [post_with(a_phash(bits)) for bits in ("0" * 16, "000000000000003f", "000000000000007f")]
    )

    assert same.method is Method.PHASH
    assert ALERT_SCORE > same.score > close.score > 0
    assert far == []


def test_versions_are_not_compared() -> None:
    """Hashes that other code made are not compared, however alike their bits."""
    matcher = PhotoMatcher([with_photos(a_photo(a_pdq(version="pdq-2030/1024")))], now=NOON)

    assert matcher.match([post_with(a_pdq())]) == [[]]


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(a_profile(consents=(a_consent(),)), id="names only"),
        pytest.param(a_profile(state=ProfileState.PENDING), id="not confirmed"),
        pytest.param(a_profile(state=ProfileState.PAUSED), id="paused"),
        pytest.param(a_profile(state=ProfileState.WITHDRAWING), id="withdrawing"),
        pytest.param(
            a_profile(consents=(a_consent(scope=Scope.IMAGE_HASHES, expires_at=NOON - timedelta(days=1)),)), id="expired"
        ),
    ],
)  # fmt: skip
def test_nothing_without_consent(profile: WatchProfile) -> None:
    """A profile that does not allow its photos' hashes to be compared is not compared."""
    unwilling = with_photos(a_photo(a_pdq()), state=profile.state, consents=profile.consents)

    assert PhotoMatcher([unwilling], now=NOON).match([post_with(a_pdq())]) == [[]]


def test_two_profiles_stay_apart() -> None:
    """Each match names the profile whose photo it is and is judged by the same limits, whoever else is watched."""
    near, far = (
        with_photos(a_photo(a_pdq(bits), photo_id=name), id=name * 32)
        for name, bits in (("a", ZEROS), ("b", bits_with(40)))
    )
    post = post_with(a_pdq())

    [alone] = PhotoMatcher([near], now=NOON).match([post])
    [together] = PhotoMatcher([far, near], now=NOON).match([post])

    assert [(match.profile_id[0], match.query) for match in together] == [("a", "a"), ("b", "b")]
    assert alone == together[:1]
    assert together[1].score < ALERT_SCORE


def two_profiles() -> tuple[WatchProfile, WatchProfile]:
    hers, theirs = (with_photos(a_photo(a_pdq(), photo_id=name), id=name * 32) for name in ("a", "b"))
    return hers, theirs


def test_not_me_silences_that_picture_for_her_alone() -> None:
    """A picture she said is not of her, re-encoded, is not matched for her again; for others it still is."""
    stranger, again = a_pdq(bits_with(25)), a_pdq(bits_with(27))
    matcher = PhotoMatcher(two_profiles(), now=NOON, not_hers={"a" * 32: [(stranger,)]})

    [matches] = matcher.match([post_with(again)])

    assert [match.profile_id for match in matches] == ["b" * 32]


def test_not_me_silences_none_of_her_own_pictures() -> None:
    """Copies of her photo that are closer to it than to the stranger are matched as before."""
    copies = [post_with(a_pdq(bits_with(distance))) for distance in range(0, 12, 2)]
    profiles = two_profiles()[:1]

    silenced = PhotoMatcher(profiles, now=NOON, not_hers={"a" * 32: [(a_pdq(bits_with(25)),)]})

    assert silenced.match(copies) == PhotoMatcher(profiles, now=NOON).match(copies)


def test_only_the_best_match_of_a_picture_with_a_photo() -> None:
    """A picture that matches a photo in several ways gives one match, the strongest."""
    reference = a_photo(a_pdq(bits_with(20)), a_pdq(bits_with(3), algorithm="pdq:mirror"), a_phash("0" * 16))

    [[match]] = PhotoMatcher([with_photos(reference)], now=NOON).match([post_with(a_pdq(), a_phash("0" * 16))])

    assert "左右翻转，差 3/256" in match.reason


def test_posts_without_pictures_match_nobody() -> None:
    """A post without pictures, or whose picture could not be read, gives an empty list in its place."""
    unread = a_post(media=(Media(url="https://cdn.example/1.jpg", problem="truncated"),))

    assert PhotoMatcher([with_photos(a_photo(a_pdq()))], now=NOON).match([a_post(), unread]) == [[], []]


SMALL_PART = crop(a_scene(), 0.4, 0.35, 0.1, 0.05)


def featured(image: Image.Image, photo_id: str = "photo-1") -> PhotoSignal:
    return a_photo(*fingerprint_reference(encode(image), with_features=True), photo_id=photo_id)


def at_hand(matcher: CopyMatcher, image: Image.Image) -> list[Match]:
    return matcher.match_picture(a_post(), Media(url="https://cdn.example/1.jpg", sha256="a" * 64), encode(image))


def test_a_picture_at_hand_is_looked_at_thoroughly() -> None:
    """A small part of a photo, which no hash finds, is found where the bytes are at hand, and says why."""
    profile = with_photos(featured(a_scene(2), "other"), featured(a_scene(), "photo-2"))

    [match] = at_hand(CopyMatcher([profile], now=NOON), SMALL_PART)

    assert PhotoMatcher([profile], now=NOON).match([post_of(SMALL_PART)]) == [[]]
    assert (match.method, match.query, match.candidate) == (Method.LOCAL, "photo-2", "a" * 64)
    assert match.score >= ALERT_SCORE
    assert "处细节与参考照片 2 吻合（裁剪后约剩 3" in match.reason


def test_a_whole_copy_at_hand_is_found_by_its_hash() -> None:
    """What the hashes settle needs no proof, and gives the same match as the stored hashes do."""
    profile = with_photos(featured(a_scene()))

    assert (
        at_hand(CopyMatcher([profile], now=NOON), a_scene())
        == PhotoMatcher([profile], now=NOON).match([post_with(*fingerprint(encode(a_scene())))])[0]
    )


def test_nothing_at_hand_without_consent() -> None:
    """A profile that does not allow its photos to be compared is not compared thoroughly either."""
    unwilling = with_photos(featured(a_scene()), consents=(a_consent(),))

    assert at_hand(CopyMatcher([unwilling], now=NOON), a_scene()) == []
