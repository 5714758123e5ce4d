"""Mastodon's statuses read as posts: pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from monitors.records import Media, Post, Raw, Rejected
from monitors.sources.html import kind_of, read_html, unique
from monitors.sources.json_parts import cut_array

PUBLIC = frozenset({"public", "unlisted"})
_KINDS = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}

Status = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which server gave a page, at which address (without what was asked for), when."""

    source: str
    host: str
    url: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, the oldest post first. ``newest`` is the id to go on from; ``left_out`` counts who wants no reader."""

    posts: tuple[Post, ...] = ()
    raws: tuple[Raw, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    left_out: int = 0
    newest: str | None = None


def read_page(content: bytes, origin: Origin) -> Page:
    """Read a timeline's page, newest first as servers give it. Raises ValueError when it is no list of statuses.

    A status whose writer set ``noindex`` is left out and counted: that is an explicit no to readers like us.
    ``indexable: false`` is not one: it is the platform's default and is about Mastodon's own full-text search, while
    a hashtag is written in order to be found.
    """
    read = [(status, _read_status(status, raw, origin)) for status, raw in cut_array(content)]
    posts = [item for _, item in reversed(read) if isinstance(item, tuple)]
    return Page(
        posts=tuple(post for post, _ in posts),
        raws=tuple(raw for _, raw in posts),
        rejected=tuple(item for _, item in read if isinstance(item, Rejected)),
        left_out=sum(item is None for _, item in read),
        newest=_newest(status for status, _ in read),
    )


def _newest(statuses: Iterator[Any]) -> str | None:
    ids = [str(status["id"]) for status in statuses if isinstance(status, dict) and status.get("id")]
    # Mastodon's ids are numbers written as text; other servers' only sort by the order they come in.
    return max(ids, key=int, default=None) if all(map(str.isdecimal, ids)) else ids[0]


def _read_status(status: Any, content: bytes, origin: Origin) -> tuple[Post, Raw] | Rejected | None:
    try:
        return _read(status.get("reblog") or status, content, origin)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Rejected(content=content, place=f"{origin.host}:status", reason=f"unreadable: {type(error).__name__}")


def _read(status: Status, content: bytes, origin: Origin) -> tuple[Post, Raw] | None:
    account = status["account"]
    if status.get("visibility", "public") not in PUBLIC or account.get("noindex"):
        return None
    address = str(status.get("uri") or status.get("url") or f"{origin.host}/{status['id']}")
    raw = Raw.of(
        content,
        url=f"{origin.url}#status={status['id']}",
        media_type="application/json",
        fetched_at=origin.fetched_at,
    )
    body = read_html(status["content"], base=origin.url)
    attachments = status.get("media_attachments") or []
    acct = str(account["acct"])
    post = Post(
        id=f"{origin.source}:{sha256(address.encode()).hexdigest()[:24]}",
        url=str(status.get("url") or status.get("uri") or ""),
        text=_text(status, body.text, attachments),
        author=acct if "@" in acct else f"{acct}@{origin.host}",
        author_name=str(account.get("display_name") or ""),
        media=(*_media(attachments), *_preview(status)),
        links=unique([*_written_links(status, body.links), (status.get("card") or {}).get("url")]),
        lang=status.get("language") or None,
        published_at=_moment(status["created_at"]),
        fetched_at=origin.fetched_at,
        raw_sha256=raw.sha256,
    )
    return post, raw


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(status: Status, body: str, attachments: list[Status]) -> str:
    described = [str(item["description"]) for item in attachments if item.get("description")]
    return "\n".join(part for part in (str(status.get("spoiler_text") or ""), body, *described) if part)


def _media(attachments: list[Status]) -> Iterator[Media]:
    for item in attachments:
        address = item.get("url") or item.get("remote_url")
        if address:
            kind = _KINDS.get(str(item.get("type"))) or kind_of(str(address)) or "image"
            yield Media(url=str(address), kind=kind)


def _preview(status: Status) -> Iterator[Media]:
    """Give the picture the server shows of what the status links to."""
    address = (status.get("card") or {}).get("image")
    if address:
        yield Media(url=str(address))


def _written_links(status: Status, links: tuple[str, ...]) -> tuple[str, ...]:
    # Tags and mentions are links too; they lead to lists of other people's posts.
    others = {item.get("url") for item in (*(status.get("tags") or []), *(status.get("mentions") or []))}
    return tuple(link for link in links if link not in others)
