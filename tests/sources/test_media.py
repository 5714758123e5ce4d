"""Pictures of posts come through the guard, into memory."""

from hashlib import sha256

import pytest

from monitors.errors import SkipPost
from monitors.records import Media
from monitors.sources import media as media_module
from monitors.sources.guard import Guard
from monitors.sources.media import MediaFetcher
from monitors.sources.requester import Requester
from tests.servers import web as servers
from tests.servers.internet import Internet, a_traveller
from tests.servers.web import Behaviour, Web, answer_with, serving


def test_a_picture_is_fetched_once(web: Web, requester: Requester) -> None:
    """What is compared and then sealed is asked for a single time."""
    web.answer("/a.jpg", b"bytes", headers={"Content-Type": "image/jpeg"})
    pictures = MediaFetcher(requester)

    got = [pictures.get(Media(url=web.url("/a.jpg"))) for _ in range(2)]

    assert got == [b"bytes", b"bytes"]
    assert web.asked("/a.jpg") == 1


def test_the_same_bytes_are_known_by_their_hash(web: Web, requester: Requester) -> None:
    """A picture that was read once is not asked for again, also at another address of the same bytes."""
    web.answer("/a.jpg", b"bytes")
    pictures = MediaFetcher(requester)
    pictures.get(Media(url=web.url("/a.jpg")))

    assert pictures.get(Media(url=web.url("/b.jpg"), sha256=sha256(b"bytes").hexdigest())) == b"bytes"
    assert web.asked("/b.jpg") == 0


REASONS: dict[str, tuple[Behaviour, str]] = {
    "is gone": (answer_with(status=404), "not_public"),
    "hangs up": (servers.hang_up, "unreachable"),
    "is a bomb": (servers.bomb, "too_large"),
    "is packed wrongly": (answer_with(b"x", headers={"Content-Encoding": "gzip"}), "encoding"),
    "leads to this machine": (servers.redirect_to("http://127.0.0.1:1/"), "refused_private_address"),
    "is limited": (answer_with(status=429), "limited"),
}


@pytest.mark.parametrize(("behaviour", "reason"), REASONS.values(), ids=REASONS.keys())
def test_a_picture_that_cannot_be_had_says_why(
    web: Web, requester: Requester, behaviour: Behaviour, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is a short id, and the post goes on without the picture."""
    monkeypatch.setattr(media_module, "LARGEST", 1024)
    web.misbehave("/a.jpg", behaviour)

    with pytest.raises(SkipPost) as skipped:
        MediaFetcher(requester).get(Media(url=web.url("/a.jpg")))

    assert str(skipped.value) == reason


def test_robots_close_pictures_too(web: Web, requester: Requester) -> None:
    """A picture found in a post is crawled only where crawlers may go."""
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /")

    with pytest.raises(SkipPost, match="robots"):
        MediaFetcher(requester).get(Media(url=web.url("/a.jpg")))


def test_a_private_address_is_not_asked() -> None:
    """A post cannot send us into the private network."""
    with serving() as web, pytest.raises(SkipPost, match="refused_private_address"):
        MediaFetcher(Requester(guard=Guard())).get(Media(url=web.url("/a.jpg")))
    assert web.seen == []


@pytest.mark.parametrize("url", ["data:image/png;base64,AA", "file:///etc/passwd", "http://[::1", ""])
def test_what_is_no_address(requester: Requester, url: str) -> None:
    """Whatever a post calls a picture, there is an answer."""
    with pytest.raises(SkipPost, match="refused_"):
        MediaFetcher(requester).get(Media(url=url))


def test_a_dead_host_is_left_alone(web: Web, requester: Requester) -> None:
    """One host that cannot be reached does not cost its time-out again for each of its pictures."""
    web.misbehave("/a.jpg", servers.hang_up)
    web.answer("/b.jpg", b"bytes")
    pictures = MediaFetcher(requester)

    for name in ("/a.jpg", "/b.jpg"):
        with pytest.raises(SkipPost, match="unreachable"):
            pictures.get(Media(url=web.url(name)))

    assert web.asked("/b.jpg") == 0


def test_memory_is_bounded(web: Web, requester: Requester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest pictures are forgotten when the remembered ones grow too many."""
    monkeypatch.setattr(media_module, "KEPT_BYTES", 10)
    for name in ("/a.jpg", "/b.jpg"):
        web.answer(name, name.encode() + b"12")
    pictures = MediaFetcher(requester)

    for name in ("/a.jpg", "/b.jpg", "/a.jpg"):
        pictures.get(Media(url=web.url(name)))

    assert web.asked("/a.jpg") == 2


def test_pictures_of_a_platform_behind_a_proxy(internet: Internet, web: Web, requester: Requester) -> None:
    """A picture goes the way of its platform, by the end of its host; others go directly."""
    internet.site("cdn4.telesco.pe").answer("/file/a.jpg", b"far")
    web.answer("/b.jpg", b"near")
    pictures = MediaFetcher(requester, {"telesco.pe": a_traveller(internet)})

    far = pictures.get(Media(url="https://cdn4.telesco.pe/file/a.jpg"))
    near = pictures.get(Media(url=web.url("/b.jpg")))

    assert (far, near) == (b"far", b"near")
    assert internet.asked() == ["cdn4.telesco.pe/robots.txt", "cdn4.telesco.pe/file/a.jpg"]


def test_the_end_of_a_host_is_a_whole_name(internet: Internet, requester: Requester) -> None:
    """A host that only ends in the same letters is another host."""
    pictures = MediaFetcher(requester, {"telesco.pe": a_traveller(internet)})

    with pytest.raises(SkipPost):
        pictures.get(Media(url="http://eviltelesco.pe:1/a.jpg"))

    assert internet.seen == []


def test_where_a_picture_was_found_is_said(internet: Internet) -> None:
    """Weibo's pictures are shown to who comes from Weibo, and others are not told where we come from."""
    for host in ("wx1.sinaimg.cn", "pbs.twimg.com"):
        internet.site(host).answer("/a.jpg", b"bytes")
    pictures = MediaFetcher(a_traveller(internet))

    pictures.get(Media(url="https://wx1.sinaimg.cn/a.jpg"))
    pictures.get(Media(url="https://pbs.twimg.com/a.jpg", sha256="other"))

    asked = {request.host: request.headers.get("referer") for request in internet.seen if request.path == "/a.jpg"}
    assert asked == {"wx1.sinaimg.cn": "https://weibo.com/", "pbs.twimg.com": None}
