"""Reading feeds again and again: asked whether they changed, and each entry given once for each time it was edited.

RSS, Atom and JSON Feed alike: what came decides, not what it says it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Post, Rejected
from monitors.sources.feeds import Feed, Origin, read_feed
from monitors.sources.json_feeds import is_json, read_json_feed
from monitors.sources.requester import Fetched, Requester
from monitors.sources.timelines import SAMPLE

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, "
    "application/json;q=0.8, */*;q=0.1"
)
MOST_SEEN = 1_000
"""Entries of one feed that are remembered: all that stood in it last time. Feeds of more than 200 are rare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a feed is. ``part`` names it in logs, ``key`` in the cursor: neither shows the address."""

    url: str
    part: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is remembered of one feed: how to ask whether it changed, and a key of each entry it had last time."""

    etag: str = ""
    modified: str = ""
    seen: tuple[str, ...] = ()


def read_feeds(
    source: str,
    addresses: Sequence[Address],
    requester: Requester,
    cursor: Cursor | None,
    deadline: datetime,
    *,
    remembers_others: bool = False,
) -> Iterator[Delta]:
    """Give each feed's new and changed entries, the oldest first; a failed feed gives a delta without posts.

    With ``remembers_others`` the cursor keeps what is known of feeds that are not asked for this time.
    """
    stored = _read_cursor(cursor)
    keys = [address.key for address in addresses]
    known = {key: item for key, item in stored.items() if remembers_others or key in keys}
    known |= {key: _Known() for key in keys if key not in known}
    for address in addresses:
        delta, known[address.key] = _look(source, address, known[address.key], requester, deadline)
        yield replace(delta, cursor=_cursor(source, known))


def _look(
    source: str, address: Address, known: _Known, requester: Requester, deadline: datetime
) -> tuple[Delta, _Known]:
    fetched = requester.get(address.url, deadline=deadline, accept=ACCEPT, etag=known.etag, modified=known.modified)
    if not fetched.is_ok:
        return _nothing(replace(fetched.outcome, part=address.part)), known
    origin = Origin(
        source=source,
        url=address.url,
        media_type=fetched.headers.get("content-type", ""),
        fetched_at=fetched.fetched_at,
        part=address.part,
    )
    read = read_json_feed if is_json(fetched.content, fetched.media_type) else read_feed
    return _new_in(read(fetched.content, origin), known, fetched)


def _new_in(feed: Feed, known: _Known, fetched: Fetched) -> tuple[Delta, _Known]:
    if feed.outcome.kind is not FetchKind.OK:
        sample = Rejected(
            content=fetched.content[:SAMPLE], place=f"{feed.outcome.part}:answer", reason=feed.outcome.detail
        )
        return replace(_nothing(feed.outcome), rejected=(sample,) if fetched.content else ()), known
    posts = tuple(post for post in feed.posts if _seen_as(post) not in known.seen)
    rejected = tuple(item for item in feed.rejected if _seen_as(item) not in known.seen)
    now_known = _Known(
        etag=fetched.headers.get("etag", ""),
        modified=fetched.headers.get("last-modified", ""),
        seen=(*map(_seen_as, feed.rejected), *map(_seen_as, feed.posts))[-MOST_SEEN:],
    )
    outcome = feed.outcome if posts or rejected else replace(feed.outcome, kind=FetchKind.EMPTY)
    return Delta(posts=posts, raws=feed.raws, rejected=rejected, cursor=None, outcome=outcome), now_known


def _nothing(outcome: FetchOutcome) -> Delta:
    return Delta(posts=(), cursor=None, outcome=outcome)


def _seen_as(item: Post | Rejected) -> str:
    # With its content: an entry that was edited is new.
    parts = (item.id, item.text, *(media.url for media in item.media)) if isinstance(item, Post) else (item.place,)
    content = item.content if isinstance(item, Rejected) else b""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass") + content).hexdigest()[:16]


def _read_cursor(cursor: Cursor | None) -> dict[str, _Known]:
    stored: Mapping[str, Mapping[str, Any]] = json.loads(cursor.value) if cursor else {}
    return {
        key: _Known(etag=item["etag"], modified=item["modified"], seen=tuple(item["seen"]))
        for key, item in stored.items()
    }


def _cursor(source: str, known: Mapping[str, _Known]) -> Cursor | None:
    value = {
        key: {"etag": item.etag, "modified": item.modified, "seen": item.seen}
        for key, item in known.items()
        if item != _Known()
    }
    return Cursor(source=source, value=json.dumps(value)) if value else None
