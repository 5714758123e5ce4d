"""What every reader of a platform's answers promises, whatever the bytes are."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import FetchKind, Post
from monitors.sources.feeds import Origin, read_feed
from monitors.sources.json_feeds import read_json_feed
from monitors.sources.reddit_posts import read_listing
from monitors.sources.tme import read_channel
from monitors.sources.weibo_posts import read_cards, said_by
from monitors.sources.x_posts import count_of, read_search
from tests.builders import NOON
from tests.servers.tme import a_message, a_page

ORIGIN = Origin(source="rss", url="https://a.example/f", media_type="", fetched_at=NOON, part="feed-1")


def _entries(page: Any) -> list[Post]:
    return [entry.item for entry in page.entries if isinstance(entry.item, Post)]


READERS: dict[str, Callable[[bytes], tuple[FetchKind, list[Post]]]] = {
    "telegram": lambda content: _both(read_channel(content, fetched_at=NOON, place="x")),
    "weibo": lambda content: _both(read_cards(content, fetched_at=NOON)),
    "x": lambda content: _both(read_search(content, fetched_at=NOON)),
    "reddit": lambda content: _both(read_listing(content, fetched_at=NOON)),
    "JSON Feed": lambda content: _of_feed(read_json_feed(content, ORIGIN)),
    "feed": lambda content: _of_feed(read_feed(content, replace(ORIGIN, media_type="application/xml"))),
}


def _both(page: Any) -> tuple[FetchKind, list[Post]]:
    return page.outcome.kind, _entries(page)


def _of_feed(feed: Any) -> tuple[FetchKind, list[Post]]:
    return feed.outcome.kind, list(feed.posts)


reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
NAMES = (
    "ok data cards card_type mblog card_group id mid bid text user pics large url page_info type urls created_at "
    "retweeted_status longText meta result_count includes media tweets users author_id attachments media_keys "
    "referenced_tweets entities children kind title selftext body author preview images source media_metadata "
    "created_utc permalink version items content_html content_text authors"
)
KEYS = st.sampled_from(NAMES.split())
ODD = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=30
)
SHAPES: dict[str, Callable[[Any], Any]] = {
    "weibo": lambda odd: {
        "ok": 1,
        "data": {"cards": [{"card_type": 9, "mblog": odd}, odd, {"card_type": 11, "card_group": odd}]},
    },
    "x": lambda odd: {
        "data": [odd, {"id": "1", "text": "x", "attachments": odd, "entities": odd}],
        "includes": odd,
        "meta": {"result_count": 2},
    },
    "reddit": lambda odd: {"kind": "Listing", "data": {"children": [odd, {"kind": "t3", "data": odd}]}},
    "JSON Feed": lambda odd: {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [odd, {"id": "1", "authors": odd, "image": odd}],
    },
}


@reader
@given(content=st.binary(max_size=200))
def test_bytes_of_any_kind(read: Callable[[bytes], tuple[FetchKind, list[Post]]], content: bytes) -> None:
    """Bytes that are nothing give no post and a kind, and never an exception."""
    kind, posts = read(content)

    assert posts == [] or kind is FetchKind.OK


@pytest.mark.parametrize("name", SHAPES)
@given(odd=ODD)
def test_odd_values_anywhere(name: str, odd: Any) -> None:
    """Values of a wrong kind in any place cost at most the post they stand in; what is read can be written."""
    kind, posts = READERS[name](json.dumps(SHAPES[name](odd)).encode())

    assert isinstance(kind, FetchKind)
    for post in posts:
        json.dumps(post.text).encode()
        post.text.encode()
        assert post.id.partition(":")[2]


@given(content=st.binary(max_size=200) | st.builds(lambda odd: json.dumps(odd).encode(), ODD))
def test_what_an_answer_says_of_itself(content: bytes) -> None:
    """Whatever came, Weibo's word and X's count are read or not there."""
    assert isinstance(said_by(content, "application/json").kind, FetchKind)
    assert count_of(content) >= 0 or b"-" in content


@given(inside=st.text(max_size=80), text=st.text(max_size=40))
def test_odd_messages(inside: str, text: str) -> None:
    """Whatever stands inside of one message of a channel, the one beside it is read."""
    broken = a_message("news", 1, text, inside=inside.replace("tgme_widget_message_wrap", ""))

    page = read_channel(a_page([broken, a_message("news", 2, "第二条")]), fetched_at=NOON, place="x")

    assert "第二条" in [post.text for post in _entries(page)]


LARGE = {
    "telegram": lambda: a_page([a_message("news", number, "字" * 400) for number in range(1, 1500)]),
    "weibo": lambda: json.dumps(
        {
            "ok": 1,
            "data": {
                "cards": [{"card_type": 9, "mblog": {"id": number, "text": "字" * 400}} for number in range(4000)]
            },
        }
    ).encode(),
    "reddit": lambda: json.dumps(
        {
            "data": {
                "children": [{"kind": "t1", "data": {"id": f"a{number}", "body": "字" * 400}} for number in range(4000)]
            }
        }
    ).encode(),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_pages_take_no_longer_a_post(name: str) -> None:
    """An answer near the cap of ten megabytes is read in seconds: time grows with its length and no faster."""
    content = LARGE[name]()
    started = time.process_time()

    _, posts = READERS[name](content)

    assert len(posts) > 1400
    assert time.process_time() - started < 20


ENCODINGS = {"GBK": "gb18030", "UTF-16": "utf-16", "Latin": "latin-1"}


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS.keys())
@pytest.mark.parametrize("name", ["weibo", "x", "reddit", "JSON Feed"])
def test_json_in_a_wrong_encoding(name: str, encoding: str) -> None:
    """JSON that is not UTF-8 is broken, and its letters are not guessed at."""
    answer = json.dumps(SHAPES[name]({"id": "1", "text": "é林" if encoding != "latin-1" else "é"}), ensure_ascii=False)

    kind, posts = READERS[name](answer.encode(encoding))

    assert posts == []
    assert kind in {FetchKind.BROKEN, FetchKind.SCHEMA_CHANGED}


def test_a_channel_in_a_wrong_encoding() -> None:
    """A page that is not UTF-8 loses its letters, and no post."""
    content = a_page([a_message("news", 1, "晓月")]).decode().encode("gb18030")

    (post,) = _entries(read_channel(content, fetched_at=NOON, place="x"))

    assert post.id == "telegram:news/1"


CHANGED = {
    "telegram": (read_channel, "<html><body>改版了</body></html>".encode()),
    "weibo": (read_cards, b'{"ok": 1, "data": {"items": []}}'),
    "x": (read_search, b'{"posts": []}'),
    "reddit": (read_listing, b'{"kind": "Listing", "items": []}'),
}


@pytest.mark.parametrize("name", CHANGED)
def test_an_unknown_shape_is_kept(name: str) -> None:
    """Of an answer in a shape that nobody knows the beginning is kept, so that a person can see what changed."""
    read, content = CHANGED[name]
    places = {"place": "telegram:message"} if name == "telegram" else {}

    page = read(content + b" " * 100_000, fetched_at=NOON, **places)  # type: ignore[operator]

    (sample,) = page.rejected
    assert page.outcome.kind is FetchKind.SCHEMA_CHANGED
    assert sample.content.startswith(content)
    assert len(sample.content) == 20_000
