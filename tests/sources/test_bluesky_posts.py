"""Bluesky's records read as posts."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import Post
from monitors.sources.bluesky_posts import Places, UnreadableError, Written, read_record
from monitors.sources.jetstream import Event, Notice, Place, address_of, read_frame
from tests.builders import NOON
from tests.sources.golden import compare, pairs

DID = "did:plc:wkhgf5rrn7uw5tcoyqcwcsrb"
SECOND = "wss://jetstream.example/xrpc/network.bsky.jetstream.subscribeEvents"
ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def read(record: dict[str, Any], **changed: Any) -> Post:
    """Read one record."""
    fields: dict[str, Any] = {"did": DID, "rkey": "3k1", "record": record, "content": b"{}", "at": NOON}
    return read_record(Written(**fields | changed), Places(), fetched_at=NOON)[0]


@pytest.mark.parametrize("recording", pairs("bluesky"))
def test_what_jetstream_sent(recording: Path) -> None:
    """Every frame of Bluesky's own Jetstream is read as the posts beside it."""
    events = [read_frame(line) for line in recording.read_bytes().splitlines()]

    written = [event.written for event in events if isinstance(event, Event) and event.written]
    compare(recording, [read_record(one, Places(), fetched_at=NOON)[0] for one in written])


@pytest.mark.parametrize(
    ("said", "published"),
    [
        ("2026-03-01T11:00:00Z", NOON - timedelta(hours=1)),
        ("2026-03-01T11:00:00.123456+00:00", NOON - timedelta(hours=1) + timedelta(microseconds=123_456)),
        ("2026-03-01T19:00:00+08:00", NOON - timedelta(hours=1)),
        ("2026-03-01T11:00:00", NOON - timedelta(hours=1)),
        ("2039-01-01T00:00:00Z", NOON),
        ("1970-01-01T00:00:00Z", NOON),
        ("0001-01-01T00:00:00+14:00", NOON),
        ("yesterday", NOON),
        (7, NOON),
        (None, NOON),
    ],
)
def test_when_it_was_written(said: Any, published: datetime) -> None:
    """A writer's program may say any time; what cannot be is the moment the stream told of it."""
    assert read({"text": "x", "createdAt": said}).published_at == published


@pytest.mark.parametrize(
    "place",
    [{"did": "did:plc:a b"}, {"did": "alice"}, {"rkey": "../x"}, {"rkey": ""}, {"record": {"text": 7}}],
    ids=["odd", "no did", "odd key", "no key", "no text"],
)
def test_no_post(place: dict[str, Any]) -> None:
    """What has no place or no text is no post, and makes no address."""
    with pytest.raises(UnreadableError):
        read(**{"record": {"text": "x"}} | place)


@given(st.dictionaries(st.sampled_from(["embed", "facets", "langs", "tags", "createdAt", "reply"]), ANYTHING))
def test_odd_records(around: dict[str, Any]) -> None:
    """Whatever stands around a text costs no post."""
    assert read({"text": "一", **around}).text.startswith("一")


@given(ANYTHING)
def test_odd_pictures(embed: Any) -> None:
    """An embed of any shape costs no post, and leads nowhere but to the network's own pictures."""
    post = read({"text": "一", "embed": {"images": [embed], "external": embed, "media": embed, "video": embed}})

    assert all(media.url.startswith(("https://cdn.bsky.app/", "https://video.bsky.app/")) for media in post.media)


@given(st.binary(max_size=200))
def test_odd_frames(frame: bytes) -> None:
    """Whatever comes is an event, a notice, or unreadable."""
    with suppress(UnreadableError):
        assert isinstance(read_frame(frame), Event | Notice)


@pytest.mark.parametrize(
    ("stream", "asked"),
    [
        (SECOND, "&cursor=12"),
        ("wss://jetstream.example/subscribe", "&cursor=1772366400000000"),
        ("wss://jetstream.example/subscribe?compress=false", "?compress=false&wantedCollections"),
    ],
)
def test_where_it_goes_on(stream: str, asked: str) -> None:
    """Jetstream 2 is asked by number, Jetstream 1 by time; what an operator put into the address stays."""
    place = Place(us=int(NOON.replace(tzinfo=UTC).timestamp()) * 10**6, seq=12)

    assert asked in address_of(stream, place, by_time=False, rewind=False)
