"""Jetstream's frames: one JSON object each, of Jetstream 2 (``subscribeEvents``) or of Jetstream 1 (``/subscribe``).

Both are spoken by Bluesky's own servers (github.com/bluesky-social/jetstream, docs/README.md §5, 2026-08). They
differ in where an event stands in the frame, in the names of the filters, and in what a cursor is: a number that
counts events (2), or microseconds since 1970 (1).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from monitors.sources.bluesky_posts import COLLECTION, UnreadableError, Written

MOST_BYTES = 1_000_000
"""Of a frame; the largest record the network takes."""
REWIND_US = 5_000_000
"""Five seconds back at the start of a run that goes by time: clocks differ from server to server. Doubles are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One frame. ``written`` is set where somebody wrote or changed a post.

    ``us`` is when the server saw it, in microseconds since 1970; ``seq`` its number, None where it has none.
    """

    us: int
    seq: int | None
    written: Written | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A frame that speaks of the stream itself, such as ``OutdatedCursor``; ``is_end``: nothing follows."""

    name: str
    is_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the stream goes on: the last event that was taken."""

    us: int
    seq: int | None = None


def is_first_version(stream: str) -> bool:
    """Whether an address is one of Jetstream 1."""
    return urlsplit(stream).path.rstrip("/").endswith("/subscribe")


def address_of(stream: str, place: Place, *, by_time: bool, rewind: bool) -> str:
    """Give the address to connect to: posts only, from that place on.

    ``by_time`` leaves the number out; ``rewind`` goes back a little, where the clock may be another server's.
    """
    if is_first_version(stream):
        asked = {"wantedCollections": COLLECTION, "maxMessageSizeBytes": str(MOST_BYTES)}
    else:
        asked = {"collections": COLLECTION, "kinds": "commit", "maxMessageSizeBytes": str(MOST_BYTES)}
    by_number = None if by_time or is_first_version(stream) else place.seq
    asked["cursor"] = str(place.us - (REWIND_US if rewind else 0) if by_number is None else by_number)
    return f"{stream}{'&' if urlsplit(stream).query else '?'}{urlencode(asked)}"


def read_frame(frame: bytes) -> Event | Notice:
    """Read a frame of either version. Raises UnreadableError for what is neither."""
    try:
        content = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not_json") from error
    if not isinstance(content, dict):
        raise UnreadableError("not_a_frame")
    if content.get("$type") == "error":
        return Notice(name=str(content.get("error"))[:60], is_end=True)
    payload = content.get("payload")
    if isinstance(payload, dict):
        return _read_second(payload, frame)
    return _read_first(content, frame)


def _read_second(payload: Mapping[str, Any], frame: bytes) -> Event | Notice:
    kind = str(payload.get("$type")).rpartition("#")[2]
    if kind == "info":
        return Notice(name=str(payload.get("name"))[:60])
    seq, written_at = payload.get("seq"), payload.get("time")
    if type(seq) is not int or not isinstance(written_at, str):
        raise UnreadableError("no_place")
    at = _moment(written_at)
    us = int(at.timestamp()) * 1_000_000 + at.microsecond
    written = _written(payload, payload.get("did"), frame, at) if kind == "commit" else None
    return Event(us=us, seq=seq, written=written)


def _read_first(content: Mapping[str, Any], frame: bytes) -> Event:
    us, commit = content.get("time_us"), content.get("commit")
    if type(us) is not int or not 0 < us < 10**17:
        raise UnreadableError("no_place")
    at = datetime.fromtimestamp(us / 1_000_000, UTC)
    written = _written(commit, content.get("did"), frame, at) if isinstance(commit, dict) else None
    return Event(us=us, seq=None, written=written)


def _written(commit: Mapping[str, Any], did: object, frame: bytes, at: datetime) -> Written | None:
    if commit.get("collection") != COLLECTION or commit.get("operation") not in {"create", "update"}:
        return None
    record = commit.get("record")
    if not isinstance(record, dict):
        raise UnreadableError("no_record")
    return Written(did=str(did), rkey=str(commit.get("rkey")), record=record, content=frame, at=at)


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise UnreadableError("no_time") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
