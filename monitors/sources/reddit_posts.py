"""What Reddit's API lists, read as posts and comments: pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from monitors.records import FetchKind, FetchOutcome, Media, Post, Raw, Rejected
from monitors.sources.dates import read_date
from monitors.sources.html import absolute, kind_of, unique, unique_media
from monitors.sources.json_parts import cut_array, listed, mapping, plain, read_json
from monitors.sources.timelines import Entry, Page, changed

NAME = "reddit"
SITE = "https://www.reddit.com"
PLACE = f"{NAME}:thing"
_GONE = frozenset({"[deleted]", "[removed]"})


def read_listing(content: bytes, *, fetched_at: datetime) -> Page:
    """Read a page of posts or comments, the newest first; ``onward`` is the name of the last."""
    try:
        listing = mapping(read_json(content))
        items = cut_array(content, "data", "children")
    except ValueError:
        if content.lstrip()[:1] == b"{":
            return changed(content, place=PLACE, detail="no_listing")
        return Page(outcome=FetchOutcome(kind=FetchKind.BROKEN, detail="no_listing"))
    read = [_read(mapping(item), part, fetched_at) for item, part in items]
    entries = tuple(item for item in read if isinstance(item, Entry))
    rejected = tuple(item for item in read if isinstance(item, Rejected))
    if rejected and not entries:
        return changed(content, place=PLACE, detail="unreadable_posts", rejected=rejected)
    outcome = FetchOutcome(kind=FetchKind.OK if entries else FetchKind.EMPTY)
    onward = plain(mapping(listing.get("data")).get("after"))
    return Page(outcome=outcome, entries=entries, rejected=rejected, onward=onward)


def _read(item: Mapping[str, Any], content: bytes, fetched_at: datetime) -> Entry | Rejected:
    thing, kind = mapping(item.get("data")), plain(item.get("kind"))
    try:
        key = int(plain(thing.get("id")), 36)
    except ValueError:
        return Rejected(content=content, place=PLACE, reason="no id")
    if kind not in {"t1", "t3"}:
        return Entry(key=key, item=None)
    raw = Raw.of(
        content,
        url=f"{SITE}/comments/{plain(thing.get('id'))}#json",
        media_type="application/json",
        fetched_at=fetched_at,
    )
    return Entry(key=key, item=_post(thing, kind, raw), raw=raw)


def _post(thing: Mapping[str, Any], kind: str, raw: Raw) -> Post:
    body = plain(thing.get("body" if kind == "t1" else "selftext"))
    title = plain(thing.get("title")) if kind == "t3" else ""
    writer = plain(thing.get("author"))
    link = absolute(SITE, plain(thing.get("url"))) if kind == "t3" and not thing.get("is_self") else None
    return Post(
        id=f"{NAME}:{kind}_{plain(thing.get('id'))}",
        url=f"{SITE}{plain(thing.get('permalink'))}",
        text="\n".join(part for part in (title, body) if part),
        author="" if writer in _GONE else writer,
        author_name="" if writer in _GONE else writer,
        media=unique_media(_media(thing, link)),
        links=unique([link]),
        published_at=read_date(thing.get("created_utc"), now=raw.fetched_at),
        fetched_at=raw.fetched_at,
        raw_sha256=raw.sha256,
    )


def _media(thing: Mapping[str, Any], link: str | None) -> Iterator[Media]:
    if link and kind_of(link):
        yield Media(url=link, kind=kind_of(link) or "image")
    for image in listed(mapping(thing.get("preview")).get("images")):
        yield from _shown(plain(mapping(mapping(image).get("source")).get("url")), "image")
    for item in mapping(thing.get("media_metadata")).values():
        largest = mapping(mapping(item).get("s"))
        yield from _shown(plain(largest.get("u")) or plain(largest.get("gif")), "image")
    film = mapping(mapping(thing.get("media")).get("reddit_video"))
    yield from _shown(plain(film.get("fallback_url")), "video")


def _shown(address: str, kind: str) -> Iterator[Media]:
    # Where raw_json was not honoured, an address comes escaped.
    url = absolute(SITE, address.replace("&amp;", "&"))
    if url:
        yield Media(url=url, kind=kind)
