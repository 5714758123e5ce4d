"""What an answer says about the fetch."""

import gzip
import zlib
from datetime import timedelta

import pytest

from monitors.records import FetchKind
from monitors.sources.answers import asked_pause, outcome_of, wall_of
from monitors.sources.bodies import BadBodyError, TooLargeError, read_body
from tests.builders import NOON

STATUSES = {
    200: FetchKind.OK,
    204: FetchKind.OK,
    304: FetchKind.EMPTY,
    400: FetchKind.BROKEN,
    401: FetchKind.LOGIN_NEEDED,
    403: FetchKind.BLOCKED,
    404: FetchKind.NOT_PUBLIC,
    410: FetchKind.NOT_PUBLIC,
    418: FetchKind.BLOCKED,
    429: FetchKind.LIMITED,
    432: FetchKind.BLOCKED,
    451: FetchKind.NOT_PUBLIC,
    500: FetchKind.BROKEN,
    503: FetchKind.BROKEN,
    599: FetchKind.BROKEN,
}


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_status(status: int, kind: FetchKind) -> None:
    """Every status stands for one kind of outcome."""
    assert outcome_of(status, {}, NOON).kind is kind


PAUSES = {
    "seconds": ({"retry-after": "120"}, timedelta(minutes=2)),
    "date": ({"retry-after": "Sun, 01 Mar 2026 12:10:00 GMT"}, timedelta(minutes=10)),
    "a year is cut to a day": ({"retry-after": "31536000"}, timedelta(days=1)),
    "past": ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, None),
    "zero": ({"retry-after": "0"}, None),
    "nonsense": ({"retry-after": "soon"}, None),
    "negative": ({"retry-after": "-5"}, None),
    "Mastodon, spent": (
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-03-01T12:03:00.5Z"},
        timedelta(minutes=3, seconds=0.5),
    ),
    "Mastodon, not spent": ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "2026-03-01T12:03:00Z"}, None),
    "X, seconds since 1970": (
        {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(int(NOON.timestamp()) + 60)},
        timedelta(minutes=1),
    ),
    "Reddit, seconds from now": ({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "33"}, timedelta(seconds=33)),
    "spent without a reset": ({"x-ratelimit-remaining": "0"}, None),
}


@pytest.mark.parametrize(("headers", "pause"), PAUSES.values(), ids=PAUSES.keys())
def test_pause(headers: dict[str, str], pause: timedelta | None) -> None:
    """A host's wish is read in every form we met, and none is obeyed for more than a day."""
    assert asked_pause(headers, NOON) == (None if pause is None else NOON + pause)


def test_limited_always_says_when() -> None:
    """A limit without a time is taken as Mastodon's five minutes."""
    assert outcome_of(429, {}, NOON).retry_at == NOON + timedelta(minutes=5)


HTML = {"content-type": "text/html; charset=utf-8"}
LONG = "<p>" + "这是一篇正常的长文章。" * 400 + "</p>"
WALLS = {
    "login page after a redirect": ("https://s.example/login?next=x", "https://s.example/p/1", HTML, "<form>", FetchKind.LOGIN_NEEDED),
    "passport": ("https://passport.s.example/signin/x", "https://s.example/p/1", HTML, "<form>", FetchKind.LOGIN_NEEDED),
    "the login page was asked for": ("https://s.example/login", "https://s.example/login", HTML, "<form>", None),
    "captcha": ("https://s.example/p", "https://s.example/p", HTML, "<div class='g-recaptcha'></div>", FetchKind.CAPTCHA),
    "captcha, in Chinese": ("https://s.example/p", "https://s.example/p", HTML, "<p>请完成安全验证</p>", FetchKind.CAPTCHA),
    "captcha in a script": ("https://s.example/p", "https://s.example/p", HTML, f"<script>geetest({'1' * 9000})</script>", FetchKind.CAPTCHA),
    "an article about captchas": ("https://s.example/p", "https://s.example/p", HTML, f"<p>captcha</p>{LONG}", None),
    "a short page": ("https://s.example/p", "https://s.example/p", HTML, "<p>hello</p>", None),
    "not HTML": ("https://s.example/p", "https://s.example/p", {"content-type": "application/json"}, '{"captcha":1}', None),
}  # fmt: skip


@pytest.mark.parametrize(("url", "asked", "headers", "text", "kind"), WALLS.values(), ids=WALLS.keys())
def test_walls(url: str, asked: str, headers: dict[str, str], text: str, kind: FetchKind | None) -> None:
    """A page that only stands in the way is told apart from a page that mentions it."""
    wall = wall_of(url, asked, headers, text.encode())

    assert (wall.kind if wall else None) is kind


def _deflate(content: bytes, *, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(content) + packer.flush()


TEXT = "守望 ".encode() * 100
PACKED = {
    "plain": ("", TEXT),
    "identity": ("identity", TEXT),
    "gzip": ("gzip", gzip.compress(TEXT)),
    "gzip of two members": ("gzip", gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:])),
    "deflate": ("deflate", _deflate(TEXT, wbits=15)),
    "bare deflate": ("deflate", _deflate(TEXT, wbits=-15)),
}


@pytest.mark.parametrize(("packing", "content"), PACKED.values(), ids=PACKED.keys())
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_bodies(packing: str, content: bytes, size: int) -> None:
    """A body comes out whole, however it is packed and cut."""
    chunks = [content[start : start + size] for start in range(0, len(content), size)]

    assert read_body(chunks, {"content-encoding": packing}, cap=10_000) == TEXT


def test_cap_is_exact() -> None:
    """As many bytes as the cap are fine, one more is too large; packed or not."""
    for packing, pack in (("", bytes), ("gzip", gzip.compress)):
        headers = {"content-encoding": packing}
        assert len(read_body([pack(bytes(1000))], headers, cap=1000)) == 1000
        with pytest.raises(TooLargeError):
            read_body([pack(bytes(1001))], headers, cap=1000)


BAD_BODIES = {
    "no gzip at all": ("gzip", b"hello"),
    "cut gzip": ("gzip", gzip.compress(TEXT)[:-9]),
    "unknown packing": ("br", b"hello"),
    "packed twice": ("gzip, gzip", gzip.compress(gzip.compress(TEXT))),
}


@pytest.mark.parametrize(("packing", "content"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_bad_bodies(packing: str, content: bytes) -> None:
    """What is not packed as it says is refused, not guessed."""
    with pytest.raises(BadBodyError):
        read_body([content], {"content-encoding": packing}, cap=10_000)
