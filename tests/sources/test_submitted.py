"""What somebody saw and handed in."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from monitors.errors import BadInputError, SkipPost
from monitors.records import Delta, FetchKind, Media
from monitors.sources import submitted
from monitors.sources.requester import Requester
from monitors.sources.submitted import SubmittedSource
from monitors.sources.texts import decode, sniff
from tests.servers.web import Web

LATE = datetime.max.replace(tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = """<html><head><title>青河论坛</title><meta property="og:image" content="/shared.jpg">
<meta property="og:description" content="有人在发林晓月的照片"><script>var x = "不是正文";</script></head>
<body><h1>帖子</h1><p>第一行<br>第二行</p><img src="a.jpg"><a href="https://t.example/x">链接</a></body></html>"""


def taken(requester: Requester, *seen: str) -> list[Delta]:
    """What comes of things handed in."""
    return list(SubmittedSource(seen, requester).fetch([], None, LATE))


def test_a_page(web: Web, requester: Requester) -> None:
    """A page's words, pictures and links are in the post, its bytes are the raw."""
    web.answer("/t/1", PAGE.encode(), headers=HTML)

    (delta,) = taken(requester, web.url("/t/1"))

    (post,), (raw,) = delta.posts, delta.raws
    assert post.text == "青河论坛\n有人在发林晓月的照片\n帖子\n第一行\n第二行\n链接"
    assert post.url == web.url("/t/1")
    assert [media.url for media in post.media] == [web.url("/shared.jpg"), web.url("/t/a.jpg")]
    assert post.links == ("https://t.example/x",)
    assert (raw.content, post.raw_sha256) == (PAGE.encode(), sha256(PAGE.encode()).hexdigest())
    assert delta.outcome.part == "item-1"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("text/html; charset=gb2312", "gbk"), ("text/html", "gb18030"), ("text/html; charset=nonsense", "utf-8")],
)
def test_a_page_in_another_encoding(web: Web, requester: Requester, declared: str, encoding: str) -> None:
    """A page is read in the letters it is written in, declared or not."""
    web.answer("/t/1", PAGE.encode(encoding), headers={"Content-Type": declared})

    (delta,) = taken(requester, web.url("/t/1"))

    assert "有人在发林晓月的照片" in delta.posts[0].text


def test_robots_are_not_asked(web: Web, requester: Requester) -> None:
    """What a person saw is fetched on her word, once."""
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /")
    web.answer("/t/1", PAGE.encode(), headers=HTML)

    taken(requester, web.url("/t/1"))

    assert [request.path for request in web.seen] == ["/t/1"]


def test_a_page_that_cannot_be_had(web: Web, requester: Requester) -> None:
    """A page behind a login is told by its outcome, and the next thing handed in is taken."""
    web.answer("/private", status=401)
    web.answer("/t/1", PAGE.encode(), headers=HTML)

    first, second = taken(requester, web.url("/private"), web.url("/t/1"))

    assert (first.outcome.kind, first.posts) == (FetchKind.LOGIN_NEEDED, ())
    assert len(second.posts) == 1


def test_private_addresses_are_refused(requester: Requester) -> None:
    """Nobody can hand in the operator's own network."""
    (delta,) = taken(requester, "http://169.254.169.254/latest/meta-data/")

    assert delta.outcome.detail == "refused_private_address"


def test_a_picture_from_the_web(web: Web, requester: Requester) -> None:
    """A picture's bytes stay in memory: they are in no raw, and given to who asks for them by their hash."""
    web.answer("/a.png", PNG, headers={"Content-Type": "image/png"})
    source = SubmittedSource([web.url("/a.png")], requester)

    (delta,) = source.fetch([], None, LATE)

    (post,) = delta.posts
    assert (delta.raws, post.text) == ((), "")
    assert post.media == (Media(url=web.url("/a.png"), sha256=sha256(PNG).hexdigest()),)
    assert source.media_before(_nowhere)(post.media[0]) == PNG


def test_a_screenshot(tmp_path: Path, requester: Requester) -> None:
    """A picture file is a post without words; its name is nowhere in it."""
    (tmp_path / "林晓月.png").write_bytes(PNG)
    source = SubmittedSource([str(tmp_path / "林晓月.png")], requester)

    (delta,) = source.fetch([], None, LATE)

    (post,) = delta.posts
    assert source.media_before(_nowhere)(post.media[0]) == PNG
    assert "林晓月" not in str(delta)


def test_other_media_are_asked_elsewhere(requester: Requester) -> None:
    """What was not handed in is looked for on the web as ever."""
    with pytest.raises(SkipPost, match="asked elsewhere"):
        SubmittedSource([], requester).media_before(_nowhere)(Media(url="https://s.example/a.png"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_saved_text(tmp_path: Path, requester: Requester, encoding: str) -> None:
    """A text file is read in its own letters."""
    (tmp_path / "a.txt").write_text("有人说\n林晓月的坏话", encoding=encoding)

    (delta,) = taken(requester, str(tmp_path / "a.txt"))

    assert delta.posts[0].text == "有人说\n林晓月的坏话"


def test_a_saved_page(tmp_path: Path, requester: Requester) -> None:
    """A saved page is read as a page."""
    (tmp_path / "a.html").write_text(PAGE)

    (delta,) = taken(requester, str(tmp_path / "a.html"))

    assert "第一行\n第二行" in delta.posts[0].text


def test_the_same_file_is_the_same_post(tmp_path: Path, requester: Requester) -> None:
    """A file is what its bytes are, whatever its name."""
    for name in "ab":
        (tmp_path / name).write_text("同样的话")

    first, second = taken(requester, str(tmp_path / "a"), str(tmp_path / "b"))

    assert first.posts[0].id == second.posts[0].id


def test_neither_text_nor_picture(tmp_path: Path, requester: Requester) -> None:
    """Bytes that are neither are set aside with a reason that holds no name."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 ...")

    (delta,) = taken(requester, str(tmp_path / "a.pdf"))

    assert delta.posts == ()
    assert [(item.place, item.reason) for item in delta.rejected] == [("item-1", "neither text nor a picture")]


def test_a_file_too_large(tmp_path: Path, requester: Requester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file past the limit is not even read."""
    monkeypatch.setattr(submitted, "LARGEST", 10)
    (tmp_path / "a.txt").write_text("x" * 11)

    (delta,) = taken(requester, str(tmp_path / "a.txt"))

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.BROKEN, "too_large")


@pytest.mark.parametrize("item", ["nothing.png", "ftp://s.example/a", "javascript:alert(1)"])
def test_neither_address_nor_file(requester: Requester, item: str) -> None:
    """What is neither is the caller's mistake, told before anything is asked."""
    with pytest.raises(BadInputError, match="no such file, and no address"):
        SubmittedSource([item], requester)


KINDS = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "image/heic": b"\0\0\0\x18ftypheic",
    "video/mp4": b"\0\0\0\x18ftypisom",
    "application/pdf": b"%PDF-1.7",
    "text/html": b"  <!DOCTYPE html><p>",
    "text/plain": "你好".encode(),
    "application/octet-stream": b"\x7fELF\0\0",
}


@pytest.mark.parametrize(("kind", "content"), KINDS.items())
def test_sniffing(kind: str, content: bytes) -> None:
    """Bytes are known by how they begin."""
    assert sniff(content) == kind


def test_no_codec_that_is_no_encoding() -> None:
    """A page cannot name a codec of Python that is no way of writing letters."""
    assert decode("守望".encode(), "text/html; charset=zlib_codec") == "守望"
    assert decode(b"caf\xe9", "text/plain; charset=iso-8859-1") == "café"
    assert decode(b"\xff\xfe\x00\xff", "text/plain") is not None
    assert decode(b"{}", "application/json") is None


def _nowhere(_media: Media) -> bytes:
    raise SkipPost("asked elsewhere")
