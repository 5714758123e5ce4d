"""Pictures of posts come through the guard, into memory."""

from collections.abc import Iterator

import pytest

from monitors.errors import SkipPost
from monitors.records import Media
from monitors.sources import media as media_module
from monitors.sources.guard import Guard
from monitors.sources.media import MediaFetcher
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester
from tests.servers.web import Web, hang_up, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


def fetcher(web: Web) -> MediaFetcher:
    guard = Guard(allow_hosts=(f"127.0.0.1:{web.port}",))
    return MediaFetcher(Requester(guard=guard, pace=Pace(clock=SystemClock())))


def test_a_picture_is_fetched_once(web: Web) -> None:
    """What is compared and then sealed is asked for a single time."""
    web.answer("/robots.txt", status=404)
    web.answer("/a.jpg", b"bytes", headers={"Content-Type": "image/jpeg"})
    pictures = fetcher(web)

    got = [pictures.get(Media(url=web.url("/a.jpg"))) for _ in range(2)]

    assert got == [b"bytes", b"bytes"]
    assert web.asked("/a.jpg") == 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("/gone.jpg", "not_public", id="404"),
        pytest.param("/hangs-up.jpg", "unreachable", id="the server hangs up"),
    ],
)
def test_a_picture_that_cannot_be_had_says_why(web: Web, path: str, reason: str) -> None:
    """The reason is the fetch outcome's id, and the post goes on without it."""
    web.answer("/robots.txt", status=404)
    web.misbehave("/hangs-up.jpg", hang_up)

    with pytest.raises(SkipPost, match=reason):
        fetcher(web).get(Media(url=web.url(path)))


def test_a_private_address_is_not_asked() -> None:
    """A post cannot send us into the private network."""
    with serving() as web, pytest.raises(SkipPost):
        MediaFetcher(Requester(guard=Guard())).get(Media(url=web.url("/a.jpg")))
    assert web.seen == []


def test_memory_is_bounded(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest pictures are forgotten when the remembered ones grow too many."""
    monkeypatch.setattr(media_module, "KEPT_BYTES", 10)
    web.answer("/robots.txt", status=404)
    for name in ("/a.jpg", "/b.jpg"):
        web.answer(name, b"12345678")
    pictures = fetcher(web)

    for name in ("/a.jpg", "/b.jpg", "/a.jpg"):
        pictures.get(Media(url=web.url(name)))

    assert web.asked("/a.jpg") == 2
