"""RSS and Atom feeds the operator named: news, blogs, search-engine alerts, an RSSHub of one's own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Post, Query, Rejected
from monitors.sources.abilities import Abilities
from monitors.sources.feeds import Feed, Origin, read_feed
from monitors.sources.requester import Fetched, Requester

NAME = "rss"
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
MOST_SEEN = 1_000
"""Entries of one feed that are remembered: all that stood in it last time. Feeds of more than 200 are rare."""

ABILITIES = Abilities(canary=Query(), unseen=("feeds_only",))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is remembered of one feed: how to ask whether it changed, and a key of each entry it had last time."""

    etag: str = ""
    modified: str = ""
    seen: tuple[str, ...] = ()


class RssSource:
    """Feeds, one after the other. Asked for whole, whatever the plan says: what is in them is matched here.

    The cursor holds no address and no id as it is written: an address may be a search for her name.
    """

    def __init__(self, feeds: Sequence[str], requester: Requester) -> None:
        self._feeds, self._requester = tuple(dict.fromkeys(feeds)), requester

    @property
    def name(self) -> str:
        """All feeds are one source; each is a part of it, ``feed-1`` the first in the settings."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002 - a feed is read whole, whatever is asked
        """Give each feed's new and changed entries, the oldest first."""
        known = {_key(url): _Known() for url in self._feeds}
        stored = _read_cursor(cursor)
        known |= {key: stored[key] for key in known if key in stored}
        for number, url in enumerate(self._feeds, start=1):
            delta, known[_key(url)] = self._look(url, f"feed-{number}", known[_key(url)], deadline)
            yield replace(delta, cursor=_cursor(known))

    def _look(self, url: str, part: str, known: _Known, deadline: datetime) -> tuple[Delta, _Known]:
        fetched = self._requester.get(url, deadline=deadline, accept=ACCEPT, etag=known.etag, modified=known.modified)
        if not fetched.is_ok:
            return _nothing(replace(fetched.outcome, part=part)), known
        origin = Origin(
            source=NAME,
            url=url,
            media_type=fetched.headers.get("content-type", ""),
            fetched_at=fetched.fetched_at,
            part=part,
        )
        return _new_in(read_feed(fetched.content, origin), known, fetched)


def _new_in(feed: Feed, known: _Known, fetched: Fetched) -> tuple[Delta, _Known]:
    if feed.outcome.kind is not FetchKind.OK:
        return _nothing(feed.outcome), known
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


def _key(url: str) -> str:
    return sha256(url.encode()).hexdigest()[:16]


def _read_cursor(cursor: Cursor | None) -> dict[str, _Known]:
    stored: Mapping[str, Mapping[str, Any]] = json.loads(cursor.value) if cursor else {}
    return {
        key: _Known(etag=item["etag"], modified=item["modified"], seen=tuple(item["seen"]))
        for key, item in stored.items()
    }


def _cursor(known: Mapping[str, _Known]) -> Cursor | None:
    value = {
        key: {"etag": item.etag, "modified": item.modified, "seen": item.seen}
        for key, item in known.items()
        if item != _Known()
    }
    return Cursor(source=NAME, value=json.dumps(value)) if value else None
