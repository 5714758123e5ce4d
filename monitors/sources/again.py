"""Looking at a post again: is it still there, was it changed, is it gone, or can nobody say.

What decides is how the platform answers: the status of its API or page, or a place in the answer where the post
would stand. Words never decide: a post that says "this was deleted" is still there.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote, urlencode, urlsplit

from monitors.records import FetchKind, Post, Raw
from monitors.sources import bluesky_posts, mastodon, statuses, tme
from monitors.sources.bluesky_posts import UnreadableError, Written
from monitors.sources.html import is_web, read_page
from monitors.sources.requester import Fetched, Named, Requester
from monitors.sources.statuses import Origin
from monitors.sources.texts import decode

ADDRESS_IS_GONE = frozenset({404, 410})
BLUESKY_API = "https://public.api.bsky.app"
"""Bluesky's own answer to everyone without an account."""
LONGEST_PART = 24
"""Letters of a post that are looked for on its page."""

_STATUS = re.compile(r"/(?:@[^/]+|users/[^/]+/statuses)/(\d{6,})/?")
_MESSAGE = re.compile(r"/(?:s/)?([A-Za-z][A-Za-z0-9_]{3,31})/(\d+)")
_NO_POST = b"tgme_widget_message_error"
_RECORD_GONE = frozenset({"RecordNotFound", "RepoNotFound", "RepoTakendown", "RepoSuspended", "RepoDeactivated"})
_BLANK = re.compile(r"\W+")


class Found(StrEnum):
    """What a second look came to."""

    UP = "up"
    EDITED = "edited"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    NOT_WATCHABLE = "not_watchable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found, with the answer it was read from. ``post`` is what it says now, where that can be read."""

    found: Found
    detail: str = ""
    raw: Raw | None = None
    post: Post | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Looks again, through the requester's door and pace. ``bluesky`` is the address of Bluesky's API.

    ``ways`` are requesters of single sources, by name: what needs a proxy to be read needs it to be looked at again.
    """

    requester: Requester
    ways: Mapping[str, Requester] = field(default_factory=dict)
    bluesky: str = BLUESKY_API
    telegram: str = tme.SITE

    def look(self, post: Post, deadline: datetime) -> Look:
        """Say whether a post is still what it was. Nothing is raised for what a platform does."""
        if post.source == bluesky_posts.NAME or _host(post.url) == "bsky.app":
            return self._bluesky(post, deadline)
        if post.source == tme.NAME or _host(post.url) == "t.me":
            return self._telegram(post, deadline)
        if post.source == mastodon.NAME and (found := _STATUS.fullmatch(urlsplit(post.url).path)):
            return self._mastodon(post, found[1], deadline)
        if post.source in COSTLY or not is_web(post.url):
            return Look(found=Found.NOT_WATCHABLE, detail="costly" if post.source in COSTLY else "no_address")
        return self._page(post, deadline)

    def _mastodon(self, post: Post, number: str, deadline: datetime) -> Look:
        parts = urlsplit(post.url)
        fetched = self._ask(mastodon.NAME, f"{parts.scheme}://{parts.netloc}/api/v1/statuses/{number}", deadline)
        if not fetched.is_ok:
            return _without(fetched)
        origin = Origin(source=post.source, host=parts.netloc, url=fetched.url, fetched_at=fetched.fetched_at)
        try:
            page = statuses.read_page(b"[" + fetched.content + b"]", origin)
        except ValueError:
            return Look(found=Found.UNREACHABLE, detail="schema_changed")
        return _compared(post, page.posts[0] if page.posts else None, fetched)

    def _telegram(self, post: Post, deadline: datetime) -> Look:
        found = _MESSAGE.fullmatch(urlsplit(post.url).path)
        if found is None:
            return self._page(post, deadline)
        fetched = self._ask(tme.NAME, f"{self.telegram}/{found[1]}/{found[2]}?embed=1&mode=tme", deadline)
        if not fetched.is_ok:
            return _without(fetched)
        page = tme.read_channel(fetched.content, fetched_at=fetched.fetched_at, place=found[1])
        entry = next((entry for entry in page.entries if entry.key == int(found[2])), None)
        if entry is not None and isinstance(entry.item, Post):
            return _compared(post, entry.item, fetched)
        if _NO_POST in fetched.content:
            return Look(found=Found.GONE, detail="no_message", raw=_raw(fetched))
        return Look(found=Found.UNREACHABLE, detail="schema_changed")

    def _bluesky(self, post: Post, deadline: datetime) -> Look:
        found = re.fullmatch(r"/profile/([^/]+)/post/([^/]+)", urlsplit(post.url).path)
        if found is None:
            return self._page(post, deadline)
        asked = {"repo": found[1], "collection": bluesky_posts.COLLECTION, "rkey": found[2]}
        record = f"{self.bluesky}/xrpc/com.atproto.repo.getRecord?{urlencode(asked, quote_via=quote)}"
        fetched = self._ask(bluesky_posts.NAME, record, deadline)
        said = _object(fetched.content)
        if fetched.status == 400 and said.get("error") in _RECORD_GONE:
            return Look(found=Found.GONE, detail=str(said["error"])[:60], raw=_raw(fetched))
        if not fetched.is_ok:
            return _without(fetched)
        return _compared(post, _record(post, said, fetched), fetched)

    def _page(self, post: Post, deadline: datetime) -> Look:
        fetched = self.requester.get(post.url, deadline=deadline, named=Named.BY_A_POST, accept="text/html, */*;q=0.5")
        if not fetched.is_ok:
            return _without(fetched)
        text = decode(fetched.content, fetched.headers.get("content-type", ""))
        shown = read_page(text, base=fetched.url).text if text is not None else ""
        if not post.text or _says(shown, post.text):
            return Look(found=Found.UP, detail="page", raw=_raw(fetched))
        # A page may be drawn by a program, be a consent wall, or be another page: nobody can say from here.
        return Look(found=Found.UNREACHABLE, detail="not_recognised")

    def _ask(self, name: str, url: str, deadline: datetime) -> Fetched:
        way = self.ways.get(name, self.requester)
        return way.get(url, deadline=deadline, accept="application/json, text/html;q=0.9")


COSTLY = frozenset({"x", "reddit", "weibo", "tieba"})
"""Platforms whose posts are shown to an account alone, or for money: they are not asked again by themselves."""


def is_same(before: Post, now: Post) -> bool:
    """Whether a post still says and shows what it did. One picture more may be a link's preview that came later."""
    has_all = len(now.media) >= len(before.media)
    has_more = len(now.media) > len(before.media) and before.source == bluesky_posts.NAME  # there previews come at once
    return _plain(before.text) == _plain(now.text) and has_all and not has_more


def _compared(before: Post, now: Post | None, fetched: Fetched) -> Look:
    if now is None:
        return Look(found=Found.UNREACHABLE, detail="unreadable")
    found = Found.UP if is_same(before, now) else Found.EDITED
    return Look(found=found, raw=_raw(fetched), post=replace(now, id=before.id))


def _without(fetched: Fetched) -> Look:
    if fetched.status in ADDRESS_IS_GONE:
        return Look(found=Found.GONE, detail=f"http_{fetched.status}", raw=_raw(fetched))
    kind, detail = fetched.outcome.kind, fetched.outcome.detail
    if kind is FetchKind.NOT_PUBLIC and detail.startswith("refused_"):
        return Look(found=Found.NOT_WATCHABLE, detail=detail)
    if kind is FetchKind.BLOCKED and detail == "robots":
        return Look(found=Found.NOT_WATCHABLE, detail=detail)
    return Look(found=Found.UNREACHABLE, detail=detail or kind.value)


def _raw(fetched: Fetched) -> Raw:
    media_type = fetched.media_type or "application/octet-stream"
    return Raw.of(fetched.content, url=fetched.url, media_type=media_type, fetched_at=fetched.fetched_at)


def _record(post: Post, said: dict[str, object], fetched: Fetched) -> Post | None:
    did, _, rkey = post.id.partition(":")[2].partition("/")
    record = said.get("value")
    if not isinstance(record, dict):
        return None
    uri = str(said.get("uri")).removeprefix("at://").split("/")
    place = (uri[0], uri[-1]) if len(uri) == 3 else (did, rkey)
    written = Written(did=place[0], rkey=place[1], record=record, content=fetched.content, at=fetched.fetched_at)
    try:
        return bluesky_posts.read_record(written, bluesky_posts.Places(), fetched_at=fetched.fetched_at)[0]
    except UnreadableError:
        return None


def _object(content: bytes) -> dict[str, object]:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _says(shown: str, text: str) -> bool:
    """Whether a page shows any longer part of a post: a feed and its page rarely agree on all of it."""
    page = _plain(shown)
    parts = (_plain(line) for line in text.splitlines())
    return any(part[:LONGEST_PART] in page for part in parts if part)


def _plain(text: str) -> str:
    return _BLANK.sub("", text).casefold()


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
