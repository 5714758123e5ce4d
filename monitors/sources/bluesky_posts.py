"""Posts of Bluesky: the record a person wrote, as a stream or a search hands it over.

Reading is strict about what makes a post (who, where, which text) and lenient about everything around it: a record
is written by anybody's program, and one odd picture must not cost a post.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitors.records import Media, Post, Raw
from monitors.sources.html import MOST_MEDIA, is_web, unique, unique_media

NAME = "bluesky"
COLLECTION = "app.bsky.feed.post"
PICTURES = "https://cdn.bsky.app/img/feed_fullsize/plain/{did}/{cid}@jpeg"
"""Where Bluesky shows a picture to everyone; a network of one's own has ``…/com.atproto.sync.getBlob?did=…&cid=…``."""
KEY_FRAMES = "https://video.bsky.app/watch/{did}/{cid}/thumbnail.jpg"
"""Bluesky cuts videos into a playlist of pieces and shows one frame of each: that is what can be compared."""
OF_A_STREAM = "of_a_stream"
"""The problem of everybody's pictures: they are fetched only where the words of their post found somebody."""
AHEAD = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_TEXT = 20_000
"""Characters. The platform allows 300; other programs write what they like into a record."""

_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,200}")
_RKEY = re.compile(r"[A-Za-z0-9._~:-]{1,512}")
_CID = re.compile(r"[A-Za-z0-9]{10,128}")

Record = Mapping[str, Any]


class UnreadableError(ValueError):
    """What came is no post; the message is a short id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A record with its place in the network, and the bytes it was read from."""

    did: str
    rkey: str
    record: Record
    content: bytes
    at: datetime
    """When it reached us, or the stream that tells of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where this network's pictures are; Bluesky's own unless the operator watches another."""

    pictures: str = PICTURES
    key_frames: str = KEY_FRAMES


def read_record(written: Written, places: Places, *, fetched_at: datetime) -> tuple[Post, Raw]:
    """Give the post of a record with its bytes. Raises UnreadableError for what is no post."""
    did, rkey, record = written.did, written.rkey, written.record
    if not (_DID.fullmatch(did) and _RKEY.fullmatch(rkey)):
        raise UnreadableError("no_place")
    if not isinstance(record.get("text", ""), str):
        raise UnreadableError("no_text")
    raw = Raw.of(
        written.content,
        url=f"at://{did}/{COLLECTION}/{rkey}",
        media_type="application/json",
        fetched_at=fetched_at,
    )
    embed = _map(record.get("embed"))
    post = Post(
        id=f"{NAME}:{did}/{rkey}",
        url=f"https://bsky.app/profile/{did}/post/{rkey}",
        text=told(record),
        author=did,
        media=unique_media(media for part in _parts(embed) for media in _media(part, did, places))[:MOST_MEDIA],
        links=unique([*_written_links(record), *(_text(_map(part.get("external")), "uri") for part in _parts(embed))]),
        lang=next(iter(languages(record)), None),
        published_at=_published(record, written.at),
        fetched_at=fetched_at,
        raw_sha256=raw.sha256,
    )
    return post, raw


def told(record: Record) -> str:
    """Give everything a record says: its text, tags beside it, what pictures are said to show, what a link is called."""
    said = (said for part in _parts(_map(record.get("embed"))) for said in _said(part))
    beside = record.get("tags")
    tags = [f"#{tag}" for tag in beside if isinstance(tag, str)] if isinstance(beside, list) else []
    return "\n".join(part for part in (_text(record, "text"), " ".join(tags), *said) if part)[:LONGEST_TEXT]


def languages(record: Record) -> tuple[str, ...]:
    """Give the languages the writer's program said, without their regions."""
    said = record.get("langs")
    tags = [tag for tag in said if isinstance(tag, str)] if isinstance(said, list) else []
    return tuple(dict.fromkeys(tag.partition("-")[0].lower() for tag in tags if tag))


def _parts(embed: Record) -> Sequence[Record]:
    # A quote with pictures has them one level deeper.
    return (embed, _map(embed.get("media")))


def _said(part: Record) -> Iterator[str]:
    for picture in _list(part.get("images")):
        yield _text(picture, "alt")
    if _map(part.get("video")):
        yield _text(part, "alt")
    external = _map(part.get("external"))
    yield _text(external, "title")
    yield _text(external, "description")


def _media(part: Record, did: str, places: Places) -> Iterator[Media]:
    for picture in _list(part.get("images")):
        if cid := _cid(picture.get("image")):
            yield Media(url=places.pictures.format(did=did, cid=cid), problem=OF_A_STREAM)
    if cid := _cid(part.get("video")):
        yield Media(url=places.key_frames.format(did=did, cid=cid), problem=OF_A_STREAM)
    if cid := _cid(_map(part.get("external")).get("thumb")):
        yield Media(url=places.pictures.format(did=did, cid=cid), problem=OF_A_STREAM)


def _cid(blob: object) -> str:
    link = _text(_map(_map(blob).get("ref")), "$link")
    return link if _CID.fullmatch(link) else ""


def _written_links(record: Record) -> Iterator[str]:
    for facet in _list(record.get("facets")):
        for feature in _list(facet.get("features")):
            address = _text(feature, "uri")
            if is_web(address):
                yield address


def _published(record: Record, at: datetime) -> datetime:
    # The writer's program says when; what it says may be any year.
    try:
        said = datetime.fromisoformat(_text(record, "createdAt"))
    except ValueError:
        return at
    said = said.replace(tzinfo=UTC) if said.tzinfo is None else said
    try:
        return said.astimezone(UTC) if EARLIEST <= said <= at + AHEAD else at
    except OverflowError:
        return at


def _map(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Record]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
