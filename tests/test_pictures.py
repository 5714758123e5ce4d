"""What is read of a post's pictures in memory, and what becomes of it in matching, judging and sealing."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from monitors.captures import captures_of
from monitors.errors import SkipPost
from monitors.logs import configure_logs
from monitors.matching.images import contents
from monitors.matching.images.words import WordsInPictures
from monitors.matching.names.matcher import NameMatcher
from monitors.pictures import hasher
from monitors.records import Category, Media, Post
from monitors.scoring.judge import judge
from tests.builders import NOON, a_hit, a_match, a_post, a_profile
from tests.matching.images.pictures import a_scene, encode
from tests.matching.images.test_contents import a_screenshot
from tests.scoring.heads_by_hand import scorer_by_hand

ENGLISH = a_profile(names=("Lin Xiaoyue",), context=("Qinghe College",), languages=("en",))


def a_post_with(*pictures: Media, **changed: object) -> Post:
    return a_post(**{"text": "看图", "media": pictures} | changed)


def giving(content: bytes) -> Callable[[Media], bytes]:
    return lambda _media: content


def test_a_picture_is_read_once_in_memory() -> None:
    """Fingerprints, words and a score stand in the record; the bytes do not."""
    content = a_screenshot("Lin Xiaoyue of Qinghe College", "ask me for the video")

    [media] = hasher(giving(content))(a_post_with(Media(url="https://p.example/1"))).media

    assert media.sha256 == sha256(content).hexdigest()
    assert {one.algorithm for one in media.fingerprints} == {"pdq", "pdq-parts", "phash"}
    assert media.words.splitlines() == ["Lin Xiaoyue of Qinghe College", "ask me for the video"]
    assert media.imagery is not None
    assert media.imagery < 0.2


def test_a_name_in_a_screenshot_is_found_and_judged() -> None:
    """A post that only says "look" is found by the words in its picture; its reason says where they stood."""
    post = a_post_with(Media(url="https://p.example/1", words="Lin Xiaoyue of Qinghe College\neast"), text="look")

    [[match]] = WordsInPictures(NameMatcher([ENGLISH], now=NOON), [ENGLISH]).match([post])
    hits = [a_hit(post=one, matches=(match,), scores=()) for one in (post, replace(post, media=()))]
    judged, without = judge(hits, scorer_by_hand())

    assert match.reason.startswith("In the picture: ")
    assert (match.span, match.profile_id) == (None, ENGLISH.id)
    assert judged.categories == (Category.SEXUAL_RUMOR,)
    assert without.categories == ()


def test_words_of_the_text_are_not_found_in_the_picture() -> None:
    """A name in the text belongs to the text's own matcher, and is not told twice."""
    post = a_post_with(Media(url="https://p.example/1", words="nothing here"), text="Lin Xiaoyue of Qinghe College")

    assert WordsInPictures(NameMatcher([ENGLISH], now=NOON), [ENGLISH]).match([post, a_post()]) == [[], []]


def test_without_the_extra_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Posts are matched by their text alone then, and nobody knows how sexual a picture is."""
    configure_logs("json")
    monkeypatch.setattr(contents, "find_spec", lambda _name: None)

    read = hasher(giving(encode(a_scene())))
    [media] = read(a_post_with(Media(url="https://p.example/1"))).media
    read(a_post_with(Media(url="https://p.example/2")))

    assert (media.words, media.imagery) == ("", None)
    assert len(media.fingerprints) == 3
    assert capsys.readouterr().err.count("extra_missing") == 1


def test_a_picture_that_cannot_be_had_says_why() -> None:
    """What stood in the way, or what the bytes are, is in the record; a sound is not a picture."""

    def refuse(_media: Media) -> bytes:
        raise SkipPost("robots")

    kinds = (Media(url="https://p.example/1"), Media(url="https://p.example/2", kind="audio"))

    problems = [media.problem for media in hasher(refuse)(a_post_with(*kinds)).media]
    [broken] = hasher(giving(b"<html>"))(a_post_with(kinds[0])).media

    assert problems == ["robots", "not_a_picture"]
    assert broken.problem == "unknown_format"


@pytest.mark.parametrize(
    ("imagery", "expected"),
    [
        pytest.param(0.19, False, id="very probably not sexual"),
        pytest.param(0.2, True, id="may be"),
        pytest.param(None, None, id="nobody looked"),
    ],
)
def test_the_minor_rule_hears_of_the_score(imagery: float | None, expected: bool | None) -> None:
    """A capture says what was seen of its very bytes."""
    content = b"picture"
    seen = Media(url="https://p.example/1", sha256=sha256(content).hexdigest(), imagery=imagery)
    hit = a_hit(post=a_post_with(seen), matches=(a_match(),))

    [capture] = captures_of(hit, {}, giving(content), NOON)
    [changed_since] = captures_of(hit, {}, giving(b"another"), NOON)

    assert capture.is_sexual is expected
    assert changed_since.is_sexual is None
