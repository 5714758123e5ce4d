"""Reading one line of JSON as a post, and a stream as lines of bounded length. Nothing here knows of cursors."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from monitors.errors import BadInputError
from monitors.records import Media, Post, Raw

LONGEST_LINE = 1024 * 1024
"""Bytes. The longest of the 91,713 lines in ../shared/data/text has 17,532 (2026-11)."""
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line without its end; ``offset`` is where the next one begins. ``is_cut``: too long to be kept whole."""

    number: int
    offset: int
    content: bytes
    is_cut: bool = False


def read_lines(stream: IO[bytes], *, number: int = 0, offset: int = 0) -> Iterator[Line]:
    """Give every line that is not blank, counting on from a place; never more than one line is in memory."""
    while content := stream.readline(LONGEST_LINE + 1):
        number += 1
        offset += len(content)
        is_cut = len(content) > LONGEST_LINE
        rest = content
        while is_cut and rest and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)
            offset += len(rest)
        kept = content.strip().removeprefix(MARK) if number == 1 else content.strip()
        if kept:
            yield Line(number=number, offset=offset, content=kept, is_cut=is_cut)


def read_post(content: bytes, *, source: str, url: str, fetched_at: datetime) -> tuple[Post, Raw]:
    """Give the post a line holds, and the line as its raw, found at ``url``.

    Raises BadInputError naming the field that is missing or of a wrong type. A time without a zone is UTC.
    """
    entry = _object(content)
    raw = Raw.of(content, url=url, media_type="application/json", fetched_at=fetched_at)
    post = Post(
        id=f"{source}:{_id(entry)}" if source else _id(entry),
        url=_text(entry, "url"),
        text=_text(entry, "text", needed=True),
        author=_text(entry, "author"),
        author_name=_text(entry, "author_name"),
        media=tuple(_media(item) for item in _list(entry, "media")),
        links=tuple(_string(item, "links") for item in _list(entry, "links")),
        lang=_text(entry, "lang") or None,
        published_at=_time(entry, "published_at"),
        fetched_at=fetched_at,
        raw_sha256=raw.sha256,
    )
    return post, raw


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        entry = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadInputError("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadInputError("not JSON") from error
    if not isinstance(entry, dict):
        raise BadInputError("not an object")
    return entry


def _id(entry: Mapping[str, Any]) -> str:
    value = entry.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise BadInputError("missing" if value is None else "not a string", field="id")
    return value


def _text(entry: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = entry.get(name)
    if value is None:
        if needed:
            raise BadInputError("missing", field=name)
        return ""
    return _string(value, name)


def _string(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise BadInputError("not a string", field=name)
    return value


def _list(entry: Mapping[str, Any], name: str) -> list[Any]:
    value = entry.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadInputError("not an array", field=name)
    return value


def _media(item: object) -> Media:
    if isinstance(item, dict):
        return Media(url=_text(item, "url", needed=True), kind=_text(item, "kind") or "image")
    return Media(url=_string(item, "media"))


def _time(entry: Mapping[str, Any], name: str) -> datetime | None:
    value = entry.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(_string(value, name))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInputError("not a time", field=name) from error
