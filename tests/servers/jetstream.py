"""A Jetstream on loopback that keeps what it is told and does what it is told, also what no good server does.

It speaks both versions the way Bluesky's own does (github.com/bluesky-social/jetstream @9a30defd224e, docs/README.md
§5; compared with that server on 2026-11-23, see tests/sources/test_bluesky_network.py): Jetstream 2 counts events,
takes a number or a time as a cursor, inclusive, refuses a number that is too old and says so of a time; Jetstream 1
takes a time and begins with the oldest event it has without a word.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

SECOND = "/xrpc/network.bsky.jetstream.subscribeEvents"
FIRST = "/subscribe"
POST = "app.bsky.feed.post"
WRITER = "did:plc:wkhgf5rrn7uw5tcoyqcwcsrb"

Frame = Callable[[ServerConnection, str], bool]
"""Sends a frame, or does something else instead; gives whether the line goes on."""


@dataclass(slots=True, kw_only=True)
class Kept:
    """One event. ``us`` is when it was seen."""

    seq: int
    us: int
    did: str
    commit: dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One greeting: the query it came with, and the program that sent it."""

    path: str
    query: dict[str, list[str]]
    agent: str


@dataclass(slots=True)
class Jetstream:
    """The server. ``floor`` is the number of the oldest event it still has."""

    port: int = 0
    floor: int = 1
    events: list[Kept] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    refuse_with: Response | None = None
    send: Frame | None = None
    _number: int = 0
    _us: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = SECOND) -> str:
        """Where it listens."""
        return f"ws://127.0.0.1:{self.port}{path}"

    def post(self, text: str, *, did: str = WRITER, us: int | None = None, **more: Any) -> Kept:
        """Write a post."""
        record = {"$type": POST, "text": text, "createdAt": datetime.now(UTC).isoformat(), "langs": ["zh"]} | more
        return self.add({"operation": "create", "collection": POST, "record": record}, did=did, us=us)

    def add(self, commit: dict[str, Any], *, did: str = WRITER, us: int | None = None) -> Kept:
        """Keep any event of a repository."""
        self._number += 1
        self._us = max(us or time.time_ns() // 1_000, self._us + 1)
        named = {"rev": f"3l3{self._number:010}", "rkey": f"3l{self._number:011}", "cid": "bafyreidwaivazkwu67"}
        event = Kept(seq=self._number, us=self._us, did=did, commit=named | commit)
        self.events.append(event)
        return event

    def forget_before(self, seq: int) -> None:
        """Look back no further than this."""
        self.floor = seq

    def start_anew(self) -> None:
        """Be another server: the same events with other numbers."""
        for number, event in enumerate(self.events, start=5_001):
            event.seq = number
        self._number = 5_000 + len(self.events)
        self.floor = 5_001

    def check(self, _connection: ServerConnection, request: Request) -> Response | None:
        """Answer a greeting that will not be followed by a stream."""
        parts = urlsplit(request.path)
        query = parse_qs(parts.query)
        self.asked.append(Asked(parts.path, query, request.headers.get("User-Agent", "")))
        if self.refuse_with is not None:
            return self.refuse_with
        cursor = int(query.get("cursor", ["0"])[0])
        if parts.path == SECOND and 0 < cursor < min(self.floor, 10**15):
            return refusal(HTTPStatus.BAD_REQUEST, b'{"error":"CursorTooOld","message":"cursor is below the floor"}')
        return None

    def serve(self, connection: ServerConnection) -> None:
        """Send what follows the cursor, then what comes."""
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        cursor = parse_qs(parts.query).get("cursor")
        at = self._start(int(cursor[0]) if cursor else None)
        say = _second if parts.path == SECOND else _first
        with suppress(ConnectionClosed):
            if parts.path == SECOND and cursor and int(cursor[0]) >= 10**15 and self._clamps(int(cursor[0])):
                connection.send(_notice("OutdatedCursor"))
            while not self._over.is_set():
                if at < len(self.events):
                    event, at = self.events[at], at + 1
                    if not (self.send or _plainly)(connection, say(event)):
                        return
                else:
                    # Bluesky's own waits too; somebody who hung up is noticed by the next frame.
                    time.sleep(0.005)
                    if connection.protocol.state.name != "OPEN":
                        return

    def close(self) -> None:
        """Cut every line."""
        self._over.set()

    def _start(self, cursor: int | None) -> int:
        if cursor is None:
            return len(self.events)
        wanted = [
            number
            for number, event in enumerate(self.events)
            if event.seq >= self.floor and (event.us if cursor >= 10**15 else event.seq) >= cursor
        ]
        return wanted[0] if wanted else len(self.events)

    def _clamps(self, us: int) -> bool:
        kept = [event.us for event in self.events if event.seq >= self.floor]
        return self.floor > 1 and bool(kept) and us < kept[0]


def refusal(status: HTTPStatus, body: bytes = b"", **headers: str) -> Response:
    """An answer instead of a stream."""
    fields = Headers({name.replace("_", "-"): value for name, value in headers.items()} | {"Connection": "close"})
    fields["Content-Length"] = str(len(body))
    return Response(status.value, status.phrase, fields, body)


def _plainly(connection: ServerConnection, frame: str) -> bool:
    connection.send(frame)
    return True


def _second(event: Kept) -> str:
    at = datetime.fromtimestamp(event.us // 10**6, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{event.us % 10**6:06}Z"
    kind = "network.bsky.jetstream.subscribeEvents#commit"
    payload = {"$type": kind, "seq": event.seq, "did": event.did, "time": at, **event.commit}
    return json.dumps({"$type": "message", "payload": payload}, ensure_ascii=False)


def _first(event: Kept) -> str:
    said = {"did": event.did, "time_us": event.us, "kind": "commit", "commit": event.commit}
    return json.dumps(said, ensure_ascii=False)


def _notice(name: str) -> str:
    kind = "network.bsky.jetstream.subscribeEvents#info"
    return json.dumps({"$type": "message", "payload": {"$type": kind, "name": name, "message": "began later"}})


@pytest.fixture
def jetstream() -> Iterator[Jetstream]:
    """A Jetstream for one test."""
    stream = Jetstream()
    with serving(stream):
        yield stream


class serving:  # noqa: N801 - a context manager
    """Let a Jetstream listen for the length of a block."""

    def __init__(self, stream: Jetstream) -> None:
        self._stream = stream
        self._server: Server = serve(
            stream.serve, "127.0.0.1", 0, process_request=stream.check, compression=None, max_size=None
        )
        stream.port = int(self._server.socket.getsockname()[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Jetstream:
        self._thread.start()
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._server.shutdown()
        self._thread.join(timeout=5)
