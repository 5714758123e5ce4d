"""Looking at a post again, platform by platform."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitors.records import Media, Post
from monitors.sources.again import Found, Look, Looker
from monitors.sources.requester import Requester
from tests.builders import a_post
from tests.servers.requester import a_requester
from tests.servers.web import Web, answer_with, drip, hang_up, redirect_to, stay_silent

LATE = datetime.max.replace(tzinfo=UTC)
DID = "did:plc:wkhgf5rrn7uw5tcoyqcwcsrb"
WORDS = "林晓月的照片在这里"


@pytest.fixture
def looker(web: Web, requester: Requester) -> Looker:
    """A looker whose platforms are all that one server."""
    return Looker(requester=requester, bluesky=web.url(""), telegram=web.url(""))


def on_bluesky(**changed: Any) -> Post:
    return a_post(id=f"bluesky:{DID}/3k1", url=f"https://bsky.app/profile/{DID}/post/3k1", text=WORDS, **changed)


def on_telegram(**changed: Any) -> Post:
    return a_post(id="telegram:rumours/7", url="https://t.me/rumours/7", text=WORDS, **changed)


def on_mastodon(web: Web, **changed: Any) -> Post:
    return a_post(id="mastodon:abc", url=web.url("/@writer/112233445566"), text=WORDS, **changed)


def on_a_page(web: Web, **changed: Any) -> Post:
    return a_post(id="rss:abc", url=web.url("/thread"), text=WORDS, **changed)


def record(text: str, **more: Any) -> bytes:
    said = {"uri": f"at://{DID}/app.bsky.feed.post/3k1", "cid": "bafy", "value": {"text": text, **more}}
    return json.dumps(said).encode()


def status(text: str, **more: Any) -> bytes:
    said = {
        "id": "112233445566",
        "uri": "https://social.example/users/writer/statuses/112233445566",
        "url": "https://social.example/@writer/112233445566",
        "created_at": "2026-03-01T12:00:00Z",
        "content": f"<p>{text}</p>",
        "visibility": "public",
        "account": {"acct": "writer", "display_name": "W"},
        "media_attachments": [],
    }
    return json.dumps(said | more).encode()


def message(text: str) -> bytes:
    return (
        '<html><body><div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="rumours/7">'
        f'<div class="tgme_widget_message_text js-message_text">{text}</div></div></body></html>'
    ).encode()


NO_MESSAGE = (
    b'<html><body><div class="tgme_widget_message_error_wrap"><div class="tgme_widget_message_error">'
    b"Post not found</div></div></body></html>"
)
API = "/api/v1/statuses/112233445566"
RECORD = "/xrpc/com.atproto.repo.getRecord"


def look(looker: Looker, post: Post) -> Look:
    return looker.look(post, LATE)


@pytest.mark.parametrize(
    ("body", "status_code", "found"),
    [
        (record(WORDS), 200, Found.UP),
        (record(WORDS + "，改过了"), 200, Found.EDITED),
        (record("This post was deleted. 404 Not Found"), 200, Found.EDITED),
        (b'{"error":"RecordNotFound","message":"Could not locate record"}', 400, Found.GONE),
        (b'{"error":"RepoDeactivated","message":"gone"}', 400, Found.GONE),
        (b'{"error":"InvalidRequest","message":"RecordNotFound"}', 400, Found.UNREACHABLE),
        (b'{"value": 7}', 200, Found.UNREACHABLE),
        (b"<html>RecordNotFound", 503, Found.UNREACHABLE),
        (b"", 429, Found.UNREACHABLE),
    ],
    ids=["up", "edited", "speaks of deletion", "deleted", "left", "refused", "nonsense", "down", "limited"],
)
def test_bluesky(web: Web, looker: Looker, body: bytes, status_code: int, found: Found) -> None:
    """Bluesky's answer names what happened to a record; nothing else says that it is gone."""
    web.answer(RECORD, body, status=status_code, headers={"Content-Type": "application/json"})

    assert look(looker, on_bluesky()).found is found


@pytest.mark.parametrize(
    ("body", "status_code", "found"),
    [
        (status(WORDS), 200, Found.UP),
        (status("没有这回事"), 200, Found.EDITED),
        (b'{"error":"Record not found"}', 404, Found.GONE),
        (b"", 410, Found.GONE),
        (b'{"error":"This API requires an authenticated user"}', 401, Found.UNREACHABLE),
        (b"<html>login</html>", 200, Found.UNREACHABLE),
        (b"", 500, Found.UNREACHABLE),
    ],
    ids=["up", "edited", "deleted", "suspended", "closed", "no json", "down"],
)
def test_mastodon(web: Web, looker: Looker, body: bytes, status_code: int, found: Found) -> None:
    """A server says by its status whether it still has a post."""
    web.answer(API, body, status=status_code)

    assert look(looker, on_mastodon(web)).found is found


@pytest.mark.parametrize(
    ("body", "status_code", "found"),
    [
        (message(WORDS), 200, Found.UP),
        (message("tgme_widget_message_error Post not found"), 200, Found.EDITED),
        (NO_MESSAGE, 200, Found.GONE),
        (b"<html>hello", 200, Found.UNREACHABLE),
        (b"", 502, Found.UNREACHABLE),
    ],
    ids=["up", "speaks of deletion", "deleted", "another page", "down"],
)
def test_telegram(web: Web, looker: Looker, body: bytes, status_code: int, found: Found) -> None:
    """t.me shows a message, or a place that says that there is none."""
    web.answer("/rumours/7", body, status=status_code, headers={"Content-Type": "text/html; charset=utf-8"})

    assert look(looker, on_telegram()).found is found


def page(text: str) -> bytes:
    return f"<html><title>x</title><p>{text}</p></html>".encode()


@pytest.mark.parametrize(
    ("body", "status_code", "seen"),
    [
        (page(f"开头 {WORDS} 结尾"), 200, (Found.UP, "page")),
        (page(f"404 deleted: {WORDS}"), 200, (Found.UP, "page")),
        (page("帖子已删除"), 200, (Found.UNREACHABLE, "not_recognised")),
        (page("gone"), 404, (Found.GONE, "http_404")),
        (page("gone"), 410, (Found.GONE, "http_410")),
        (page("no"), 403, (Found.UNREACHABLE, "http_403")),
    ],
    ids=["up", "up and speaks of deletion", "words only", "404", "410", "403"],
)
def test_a_page(web: Web, looker: Looker, body: bytes, status_code: int, seen: tuple[Found, str]) -> None:
    """A page is gone when its server says so, not when its words do."""
    web.answer("/thread", body, status=status_code, headers={"Content-Type": "text/html; charset=utf-8"})

    looked = look(looker, on_a_page(web))

    assert (looked.found, looked.detail) == seen


@pytest.mark.parametrize("behaviour", [hang_up, drip, stay_silent], ids=["hangs up", "drips", "silent"])
def test_no_answer(web: Web, behaviour: Any) -> None:
    """Without an answer nobody says that a post is gone."""
    web.misbehave(RECORD, behaviour)
    looker = Looker(requester=a_requester(web, longest=timedelta(seconds=0.5)), bluesky=web.url(""))

    assert look(looker, on_bluesky()).found is Found.UNREACHABLE


def test_a_page_that_leads_elsewhere(web: Web, looker: Looker) -> None:
    """A page that leads to the front page says nothing of the post."""
    web.misbehave("/thread", redirect_to(web.url("/")))
    web.misbehave("/", answer_with(page("欢迎"), headers={"Content-Type": "text/html; charset=utf-8"}))

    assert look(looker, on_a_page(web)).found is Found.UNREACHABLE


def test_robots_are_asked(web: Web, looker: Looker) -> None:
    """A page that robots.txt closes to us is not looked at again, and that is said."""
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /")

    seen = look(looker, on_a_page(web))

    assert (seen.found, seen.detail) == (Found.NOT_WATCHABLE, "robots")
    assert web.asked("/thread") == 0


@pytest.mark.parametrize(
    ("post", "detail"),
    [
        (a_post(id="x:1", url="https://x.com/a/status/1"), "costly"),
        (a_post(id="submitted:1", url=""), "no_address"),
        (a_post(id="rss:1", url="http://10.0.0.1/x"), "refused_private_address"),
    ],
    ids=["costs money", "a file", "a private address"],
)
def test_not_watchable(looker: Looker, post: Post, detail: str) -> None:
    """What cannot be looked at again is said, and not asked for."""
    seen = look(looker, post)

    assert (seen.found, seen.detail) == (Found.NOT_WATCHABLE, detail)


def test_by_its_address(web: Web, looker: Looker) -> None:
    """A submitted address of a platform is looked at the platform's own way."""
    web.answer(RECORD, b'{"error":"RecordNotFound"}', status=400)

    assert look(looker, replace(on_bluesky(), id="submitted:abc")).found is Found.GONE


def test_a_picture_taken_away(web: Web, looker: Looker) -> None:
    """Fewer pictures with the same words is an edit."""
    web.answer(RECORD, record(WORDS), headers={"Content-Type": "application/json"})

    assert look(looker, on_bluesky(media=(Media(url="https://cdn.example/1.jpg"),))).found is Found.EDITED


def test_a_preview_that_came_later(web: Web, looker: Looker) -> None:
    """What a server shows of a link, a moment after the post was written, is no edit of it."""
    card = {"url": "https://news.example/a", "image": "https://s.example/preview.png"}
    web.answer(API, status(WORDS, card=card))

    assert look(looker, on_mastodon(web)).found is Found.UP
