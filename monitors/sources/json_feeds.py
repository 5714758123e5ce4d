"""JSON Feed (1.0, 1.1) read as posts: pure. What RSSHub and some blogs give beside RSS."""

from collections.abc import Iterator, Mapping
from typing import Any

from monitors.records import FetchKind, FetchOutcome, Media, Post, Raw, Rejected
from monitors.sources.dates import read_date
from monitors.sources.detours import straight
from monitors.sources.feeds import Feed, Origin, native_id, oldest_first
from monitors.sources.html import Reading, absolute, kind_of, read_html, read_plain, unique, unique_media
from monitors.sources.json_parts import cut_array, listed, mapping, plain, read_json

VERSION = "https://jsonfeed.org/version/"
_TYPES = frozenset({"application/feed+json", "application/json"})


def is_json(content: bytes, media_type: str) -> bool:
    """Whether an answer is JSON: by its type, or where that says nothing of the kind, by how it begins."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start == b"{" or (media_type in _TYPES and start != b"<")


def read_json_feed(content: bytes, origin: Origin) -> Feed:
    """Read a feed. An item that cannot be read is rejected alone; other JSON is a changed schema."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        feed = mapping(read_json(content))
        items = cut_array(content, "items")
    except ValueError:
        return _no_feed(content, origin)
    says_so = plain(feed.get("version")).startswith(VERSION)
    if not (says_so or (items and all("id" in mapping(item) for item, _ in items))):
        return _no_feed(content, origin)
    read = [_read_item(item, part, mapping(feed), origin) for item, part in items]
    pairs = [pair for pair in read if isinstance(pair, tuple)]
    return Feed(
        outcome=FetchOutcome(kind=FetchKind.OK, part=origin.part),
        posts=tuple(oldest_first([post for post, _ in pairs])),
        raws=tuple({raw.sha256: raw for _, raw in pairs}.values()),
        rejected=tuple(item for item in read if isinstance(item, Rejected)),
    )


def _no_feed(content: bytes, origin: Origin) -> Feed:
    kind = FetchKind.SCHEMA_CHANGED if _is_object(content) else FetchKind.BROKEN
    return Feed(outcome=FetchOutcome(kind=kind, detail="not_a_feed", part=origin.part))


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(read_json(content), dict)
    except ValueError:
        return False


def _read_item(item: Any, content: bytes, feed: Mapping[str, Any], origin: Origin) -> tuple[Post, Raw] | Rejected:
    if not isinstance(item, dict):
        return Rejected(content=content, place=f"{origin.part}:item", reason="not an object")
    link = absolute(origin.url, plain(item.get("external_url")) or plain(item.get("url")))
    link = straight(link) if link else None
    body = _body(item, link or origin.url)
    title = read_html(plain(item.get("title")), base=origin.url).text
    text = body.text if body.text.startswith(title) else f"{title}\n{body.text}".strip()
    media = unique_media([*_media(item, origin.url), *body.media])
    guid = plain(item.get("id")) or link or ""
    if not (guid or text or media):
        return Rejected(content=content, place=f"{origin.part}:item", reason="empty entry")
    key = native_id(guid, text, origin)
    raw = Raw.of(
        content, url=f"{origin.url}#item={key[:16]}", media_type="application/json", fetched_at=origin.fetched_at
    )
    author = mapping(next(iter(listed(item.get("authors"))), item.get("author")))
    post = Post(
        id=f"{origin.source}:{key}",
        url=link or "",
        text=text,
        author=plain(author.get("url")) or plain(author.get("name")),
        author_name=plain(author.get("name")),
        media=media,
        links=unique([link, *body.links]),
        lang=plain(item.get("language")) or plain(feed.get("language")) or None,
        published_at=read_date(item.get("date_published") or item.get("date_modified"), now=origin.fetched_at),
        fetched_at=origin.fetched_at,
        raw_sha256=raw.sha256,
    )
    return post, raw


def _body(item: Mapping[str, Any], base: str) -> Reading:
    html, text = plain(item.get("content_html")), plain(item.get("content_text")) or plain(item.get("summary"))
    return read_html(html, base=base) if html else read_plain(text)


def _media(item: Mapping[str, Any], base: str) -> Iterator[Media]:
    for name in ("image", "banner_image"):
        address = absolute(base, plain(item.get(name)))
        if address:
            yield Media(url=address)
    for attachment in map(mapping, listed(item.get("attachments"))):
        address = absolute(base, plain(attachment.get("url")))
        kind = kind_of(address or "", plain(attachment.get("mime_type")))
        if address and kind:
            yield Media(url=address, kind=kind)
