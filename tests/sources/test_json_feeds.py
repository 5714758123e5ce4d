"""JSON Feed, by hand: feedparser knows none."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitors.records import FetchKind
from monitors.sources.feeds import Feed, Origin
from monitors.sources.json_feeds import is_json, read_json_feed
from monitors.sources.requester import Requester
from tests.builders import NOON
from tests.servers.web import Web
from tests.sources.golden import compare, pairs
from tests.sources.test_rss import look, texts

ORIGIN = Origin(
    source="rss",
    url="https://blog.example/feed.json",
    media_type="application/feed+json",
    fetched_at=NOON,
    part="feed-1",
)
VERSION = "https://jsonfeed.org/version/1.1"


def read(*items: Any, **feed: Any) -> Feed:
    """The posts of a feed with these items."""
    return read_json_feed(json.dumps({"version": VERSION, "items": items} | feed).encode(), ORIGIN)


@pytest.mark.parametrize("recording", list(pairs("rsshub")))
def test_golden(recording: Path) -> None:
    """A feed is read as the posts beside it."""
    compare(recording, read_json_feed(recording.read_bytes(), replace(ORIGIN, source="rsshub")).posts)


def test_over_http(web: Web, requester: Requester) -> None:
    """A feed that is JSON is read as such, whatever type the server gives it."""
    body = json.dumps({"version": VERSION, "items": [{"id": "1", "content_text": "一"}]}).encode()

    for number, media_type in enumerate(("application/feed+json", "application/json", "text/plain", "text/html")):
        web.answer(f"/{number}", body, headers={"Content-Type": media_type})
        assert texts(look(web, requester, f"/{number}")) == ["一"], media_type


def test_each_item_has_its_own_bytes() -> None:
    """An item's bytes are its own, as they arrived."""
    content = b'\xef\xbb\xbf {"version": "https://jsonfeed.org/version/1", "items": [ {"id":1, "title":"a"} , {"id":2,"title":"b"}]}'

    feed = read_json_feed(content, ORIGIN)

    assert {raw.content for raw in feed.raws} == {b'{"id":1, "title":"a"}', b'{"id":2,"title":"b"}'}


def test_oldest_first() -> None:
    """Items stand newest first; posts come the other way."""
    feed = read(
        {"id": "2", "title": "二", "date_published": "2026-03-01T11:00:00Z"},
        {"id": "1", "title": "一", "date_published": "2026-03-01T10:00:00Z"},
    )

    assert [post.text for post in feed.posts] == ["一", "二"]


def test_alerts_of_search_engines() -> None:
    """What a search engine found leads to the page itself."""
    (post,) = read({"id": "1", "url": "https://www.google.com/url?url=https://news.example/1", "title": "x"}).posts

    assert (post.url, post.links) == ("https://news.example/1", ("https://news.example/1",))


NO_FEEDS = {
    "an error in JSON": (b'{"error": {"message": "route not found"}}', FetchKind.SCHEMA_CHANGED),
    "an empty list of something": (b'{"items": []}', FetchKind.SCHEMA_CHANGED),
    "items that are none": (b'{"version": "https://jsonfeed.org/version/1.1", "items": "x"}', FetchKind.SCHEMA_CHANGED),
    "half of it": (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id"', FetchKind.BROKEN),
    "deep": (b'{"items":' + b"[" * 100_000, FetchKind.BROKEN),
}


@pytest.mark.parametrize(("content", "kind"), NO_FEEDS.values(), ids=NO_FEEDS.keys())
def test_what_is_no_feed(content: bytes, kind: FetchKind) -> None:
    """Other JSON is a changed schema, half of it is broken; neither is an empty feed."""
    feed = read_json_feed(content, ORIGIN)

    assert (feed.posts, feed.outcome.kind) == ((), kind)


def test_an_empty_feed() -> None:
    """A feed without items is a feed."""
    assert read().outcome.kind is FetchKind.OK


ODD = {
    "no object": "x",
    "nothing in it": {},
    "nothing but odd fields": {"id": None, "title": None, "attachments": 3, "authors": "x", "image": []},
}


@pytest.mark.parametrize("item", ODD.values(), ids=ODD.keys())
def test_odd_items_are_set_aside(item: object) -> None:
    """An item that holds nothing is kept with its place; the others come."""
    feed = read(item, {"id": "1", "title": "一"})

    assert [post.text for post in feed.posts] == ["一"]
    assert [rejected.place for rejected in feed.rejected] == ["feed-1:item"]


@pytest.mark.parametrize(
    ("content", "media_type", "verdict"),
    [
        (b'{"a": 1}', "text/plain", True),
        (b"  \n{", "", True),
        (b"<rss>", "application/json", False),
        (b"<?xml", "application/rss+xml", False),
        (b"", "application/json", True),
        (b"", "text/xml", False),
    ],
)
def test_which_feeds_are_json(content: bytes, media_type: str, verdict: bool) -> None:
    """What came decides, the type only where nothing came."""
    assert is_json(content, media_type) is verdict
