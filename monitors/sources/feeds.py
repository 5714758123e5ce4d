"""Reading a feed's bytes as posts: pure, and forgiving of everything a feed does wrong."""

import re
import warnings
from calendar import timegm
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from io import BytesIO
from time import struct_time
from typing import Any
from urllib.parse import urljoin

from monitors.records import FetchKind, FetchOutcome, Media, Post, Raw, Rejected
from monitors.sources.dates import AHEAD, EARLIEST, read_date
from monitors.sources.detours import straight
from monitors.sources.html import (
    MOST_MEDIA,
    Reading,
    absolute,
    is_web,
    kind_of,
    read_html,
    read_plain,
    unique,
    unique_media,
)

_STEP = re.compile(rb"<!\[CDATA\[|<!--|<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s/>])[^<>]*>")
_ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a feed's bytes came from. ``part`` is the feed's id for logs."""

    source: str
    url: str
    media_type: str
    fetched_at: datetime
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a feed's bytes came to: its posts, the oldest first, with their raws; or why there are none."""

    outcome: FetchOutcome
    posts: tuple[Post, ...] = ()
    raws: tuple[Raw, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def read_feed(content: bytes, origin: Origin) -> Feed:
    """Read RSS or Atom. An entry that cannot be read is rejected alone; the torn end of a feed is left out."""
    parsed = _parse(content, origin)
    entries: Sequence[Entry] = parsed["entries"]
    if not entries and not parsed.get("version"):
        return Feed(outcome=_no_feed(content, origin))
    raws = _raws(content, parsed, origin)
    language = _language(parsed["feed"])
    read = [_read_entry(entry, raw, language, origin) for entry, raw in zip(entries, raws, strict=False)]
    posts = [post for post in read if isinstance(post, Post)]
    wanted = {post.raw_sha256 for post in posts}
    return Feed(
        outcome=FetchOutcome(kind=FetchKind.OK, part=origin.part),
        posts=tuple(oldest_first(posts)),
        raws=tuple({raw.sha256: raw for raw in raws if raw.sha256 in wanted}.values()),
        rejected=tuple(item for item in read if isinstance(item, Rejected)),
    )


def cut_items(content: bytes) -> list[bytes]:
    """Give each item's own bytes as they arrived, in their order; an item without its end is not given.

    Works in every encoding in which ASCII is ASCII, GBK and Big5 too: no letter of theirs has ``<`` or ``>`` inside.
    In another (UTF-16) nothing is found.
    """
    items: list[bytes] = []
    start: int | None = None
    for step in _steps(content):
        if step.group().endswith(b"/>"):
            items.append(step.group())
        elif step.group(1) == b"/":
            if start is not None:
                items.append(content[start : step.end()])
            start = None
        elif start is None:
            start = step.start()
    return items


def _steps(content: bytes) -> Iterator[re.Match[bytes]]:
    # CDATA and comments may hold what looks like an item: they are stepped over.
    at = 0
    while step := _STEP.search(content, at):
        end = _ENDS.get(step.group())
        if end is None:
            yield step
            at = step.end()
        else:
            at = content.find(end, step.end())
            if at < 0:
                return


def _parse(content: bytes, origin: Origin) -> Mapping[str, Any]:
    import feedparser

    headers = {"content-type": origin.media_type, "content-location": origin.url}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # feedparser warns of its own way of reading old feeds
        # As a stream: bytes alone may be taken for a file name or an address. HTML is read by our own reader.
        parsed: Mapping[str, Any] = feedparser.parse(
            BytesIO(content), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    return parsed


def _no_feed(content: bytes, origin: Origin) -> FetchOutcome:
    if not content.strip():
        return FetchOutcome(kind=FetchKind.BROKEN, detail="empty_answer", part=origin.part)
    if b"<html" in content[:2000].lower():
        return FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="html_instead", part=origin.part)
    return FetchOutcome(kind=FetchKind.BROKEN, detail="not_a_feed", part=origin.part)


def _raws(content: bytes, parsed: Mapping[str, Any], origin: Origin) -> list[Raw]:
    items, count = cut_items(content), len(parsed["entries"])
    if parsed["bozo"] and len(items) == count - 1:
        count -= 1  # the line was cut inside of the last entry: it will come whole another time
    if len(items) != count:
        return [_raw(content, "", origin)] * count
    return [_raw(item, f"#item={sha256(item).hexdigest()[:16]}", origin) for item in items]


def _raw(content: bytes, fragment: str, origin: Origin) -> Raw:
    media_type = origin.media_type.partition(";")[0].strip() or "application/xml"
    return Raw.of(content, url=origin.url + fragment, media_type=media_type, fetched_at=origin.fetched_at)


def _read_entry(entry: Entry, raw: Raw, language: str | None, origin: Origin) -> Post | Rejected:
    guid = str(entry.get("id") or "")
    link = absolute(origin.url, str(entry.get("link") or ""))
    if _is_guessed(guid, raw):
        guid, link = guid.removeprefix(urljoin(origin.url, ".")), None if link == guid else link
    guid, link = straight(guid), straight(link) if link else None
    title, body = _reading(entry.get("title_detail"), origin), _body(entry, link, origin)
    guid = guid or link or ""
    text = body.text if body.text.startswith(title.text) else f"{title.text}\n{body.text}".strip()
    media = unique_media([*_enclosed(entry, origin), *body.media])[:MOST_MEDIA]
    if not (guid or text or media):
        return Rejected(content=raw.content, place=f"{origin.part}:item", reason="empty entry")
    return Post(
        id=f"{origin.source}:{native_id(guid, text, origin)}",
        url=link or (guid if is_web(guid) else ""),
        text=text,
        author=str(entry.get("author_detail", {}).get("href") or entry.get("author") or ""),
        author_name=str(entry.get("author") or ""),
        media=media,
        links=unique([link, *body.links]),
        lang=language,
        published_at=_published(entry, origin.fetched_at),
        fetched_at=origin.fetched_at,
        raw_sha256=raw.sha256,
    )


def _is_guessed(address: str, raw: Raw) -> bool:
    # WORKAROUND: feedparser makes an address of an id where the feed does not say that it is none (RSS 2.0, guid):
    # such an address does not stand in the entry's own bytes. (Bytes with zeros are UTF-16, where nothing can stand.)
    written = unescape(raw.content.decode("utf-8", "replace"))
    return is_web(address) and address not in written and b"\0" not in raw.content


def native_id(guid: str, text: str, origin: Origin) -> str:
    """Give the id of an entry from what it calls itself, or from its words where it does not."""
    # An address is the same post in every feed; any other id is unique within its feed alone (RSS 2.0, guid).
    is_global = is_web(guid) or guid.startswith(("tag:", "urn:"))
    key = guid if is_global else f"{origin.url}\n{guid or text}"
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _body(entry: Entry, link: str | None, origin: Origin) -> Reading:
    contents = entry.get("content") or [entry.get("summary_detail")]
    longest = max((item for item in contents if item), key=lambda item: len(item.get("value") or ""), default=None)
    return _reading(longest, origin, base=link)


def _reading(detail: Entry | None, origin: Origin, *, base: str | None = None) -> Reading:
    if not detail:
        return Reading(text="")
    value = str(detail.get("value") or "")
    if detail.get("type") == "text/plain":
        return read_plain(value)
    return read_html(value, base=str(detail.get("base") or base or origin.url))


def _enclosed(entry: Entry, origin: Origin) -> Iterator[Media]:
    enclosures = [link for link in entry.get("links", []) if link.get("rel") == "enclosure"]
    for item in (*enclosures, *entry.get("media_content", []), *entry.get("media_thumbnail", [])):
        address = absolute(origin.url, str(item.get("href") or item.get("url") or ""))
        kind = kind_of(address or "", str(item.get("type") or item.get("medium") or ""))
        if address and (kind or item in entry.get("media_thumbnail", [])):
            yield Media(url=address, kind=kind or "image")


def _language(feed: Entry) -> str | None:
    return str(feed.get("language") or "").strip() or None


def _published(entry: Entry, fetched_at: datetime) -> datetime | None:
    for name in ("published_parsed", "created_parsed", "updated_parsed"):
        written = entry[name] if name in entry else None  # noqa: SIM401 - feedparser's `get` answers for another field
        moment = _moment(written) if isinstance(written, struct_time) else None
        if moment and EARLIEST <= moment <= fetched_at + AHEAD:
            return moment
    # What feedparser cannot read may be how a platform writes dates that made its own feeds.
    written_as = (dict(entry).get(name) for name in ("published", "created", "updated"))
    return next(filter(None, (read_date(text, now=fetched_at) for text in written_as)), None)


def _moment(written: struct_time) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(written), UTC)
    except (ValueError, OverflowError):
        return None


def oldest_first(posts: Sequence[Post]) -> list[Post]:
    """Turn posts that stood newest first."""
    # Feeds begin with the newest; what has no date is as new as this fetch.
    turned = list(reversed(posts))
    turned.sort(key=lambda post: post.published_at or post.fetched_at)
    return turned
