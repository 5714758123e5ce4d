"""What X's official API v2 answers, read as posts: pure.

A post is only whole together with the page it came in: writers and pictures stand beside the posts. So the page is the
bytes it was read from.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from monitors.records import FetchKind, FetchOutcome, Media, Post, Raw, Rejected
from monitors.sources.dates import read_date
from monitors.sources.html import absolute, unique, unique_media
from monitors.sources.json_parts import cut_array, listed, mapping, plain, read_json
from monitors.sources.timelines import Entry, Page, changed

NAME = "x"
SITE = "https://x.com"
PLACE = f"{NAME}:post"
_EPOCH_MS = 1_288_834_974_657
_KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}

Beside = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""What stands beside the posts of a page: by its kind, by its id."""


def read_search(content: bytes, *, fetched_at: datetime) -> Page:
    """Read a page of a search, the newest first; ``onward`` is the platform's own token."""
    try:
        answer = mapping(read_json(content))
    except ValueError:
        return Page(outcome=FetchOutcome(kind=FetchKind.BROKEN, detail="not_json"))
    meta = answer.get("meta")
    if not isinstance(meta, dict) or not isinstance(meta.get("result_count"), int):
        return changed(content, place=PLACE, detail="no_meta")
    address = f"https://api.x.com/2/tweets/search/recent#newest={plain(meta.get('newest_id'))}"
    raw = Raw.of(content, url=address, media_type="application/json", fetched_at=fetched_at)
    items = cut_array(content, "data") if listed(answer.get("data")) else []
    read = [_read(post, part, _beside(answer), raw) for post, part in items]
    entries = tuple(item for item in read if isinstance(item, Entry))
    rejected = tuple(item for item in read if isinstance(item, Rejected))
    if meta["result_count"] and not entries:
        return changed(content, place=PLACE, detail="unreadable_posts", rejected=rejected)
    outcome = FetchOutcome(kind=FetchKind.OK if entries else FetchKind.EMPTY)
    return Page(outcome=outcome, entries=entries, rejected=rejected, onward=plain(meta.get("next_token")))


def count_of(content: bytes) -> int:
    """How many posts a page holds, all of which are charged for; 0 for what cannot be read."""
    try:
        count = mapping(mapping(read_json(content)).get("meta")).get("result_count")
    except ValueError:
        return 0
    return count if isinstance(count, int) else 0


def written_at(number: int) -> datetime:
    """Give the moment that is part of a post's number."""
    return datetime.fromtimestamp(((number >> 22) + _EPOCH_MS) / 1000, UTC)


def _beside(answer: Mapping[str, Any]) -> Beside:
    includes = mapping(answer.get("includes"))
    keys = {"users": "id", "media": "media_key", "tweets": "id"}
    return {
        kind: {plain(mapping(item).get(key)): mapping(item) for item in listed(includes.get(kind))}
        for kind, key in keys.items()
    }


def _read(post: Any, content: bytes, beside: Beside, raw: Raw) -> Entry | Rejected:
    number = plain(mapping(post).get("id"))
    if not number.isdecimal():
        return Rejected(content=content, place=PLACE, reason="no id")
    if not isinstance(post.get("text"), str):
        return Entry(key=int(number), item=Rejected(content=content, place=PLACE, reason="no text"))
    return Entry(key=int(number), item=_post(post, number, beside, raw), raw=raw)


def _post(post: Mapping[str, Any], number: str, beside: Beside, raw: Raw) -> Post:
    writer = beside["users"].get(plain(post.get("author_id")), {})
    name = plain(writer.get("username"))
    quoted = [
        beside["tweets"].get(plain(mapping(other).get("id")), {})
        for other in listed(post.get("referenced_tweets"))
        if mapping(other).get("type") == "quoted"
    ]
    language = plain(post.get("lang"))
    return Post(
        id=f"{NAME}:{number}",
        url=f"{SITE}/{name or 'i/web'}/status/{number}",
        text="\n".join([_text(post), *(f"//{_text(other)}" for other in quoted if other)]),
        author=name or plain(post.get("author_id")),
        author_name=plain(writer.get("name")),
        media=unique_media(_media(post, beside)),
        links=unique(_links(post)),
        lang=language if language not in {"", "und", "qme", "qht", "zxx"} else None,
        published_at=read_date(post.get("created_at"), now=raw.fetched_at) or written_at(int(number)),
        fetched_at=raw.fetched_at,
        raw_sha256=raw.sha256,
    )


def _text(post: Mapping[str, Any]) -> str:
    # A long post's "text" is its beginning.
    return unescape(plain(mapping(post.get("note_tweet")).get("text")) or plain(post.get("text")))


def _links(post: Mapping[str, Any]) -> Iterator[str | None]:
    for where in (post, mapping(post.get("note_tweet"))):
        for link in map(mapping, listed(mapping(where.get("entities")).get("urls"))):
            if not link.get("media_key"):
                yield absolute(SITE, plain(link.get("unwound_url")) or plain(link.get("expanded_url")))


def _media(post: Mapping[str, Any], beside: Beside) -> Iterator[Media]:
    for key in listed(mapping(post.get("attachments")).get("media_keys")):
        item = beside["media"].get(plain(key), {})
        kind = _KINDS.get(plain(item.get("type")), "image")
        shown = absolute(SITE, plain(item.get("url")) or plain(item.get("preview_image_url")))
        if shown:
            yield Media(url=shown)
        films = [
            mapping(film) for film in listed(item.get("variants")) if mapping(film).get("content_type") == "video/mp4"
        ]
        # The smallest is enough for key frames.
        smallest = min(films, key=lambda film: film.get("bit_rate") or 0, default={})
        played = absolute(SITE, plain(smallest.get("url")))
        if played and kind == "video":
            yield Media(url=played, kind="video")
