"""An open line to a stream (WebSocket): through the same guard, pace and bounds as every request.

The name is looked up once and the line goes to an address that was vetted. Nothing is ever sent but the greeting.
"""

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import httpcore
import httpx

from monitors.records import FetchKind, FetchOutcome
from monitors.sources.answers import outcome_of
from monitors.sources.guard import Guard, RefusedError
from monitors.sources.line import Proxy
from monitors.sources.pace import Clock, Pace

if TYPE_CHECKING:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import ClientConnection

OPENING_SECONDS = 20.0
CLOSING_SECONDS = 2.0
MOST_WAITING = 1_024
"""Frames that may wait to be read; then the line itself is not read on."""
_SCHEMES = {"ws": "http", "wss": "https"}

Receive = Callable[[float], bytes | None]
"""Gives the next frame, or None where nothing came for so many seconds. Raises LineError when the line is gone."""


class LineError(Exception):
    """There is no line, or no more: how it ended. ``body`` is what was answered instead of opening it."""

    def __init__(self, kind: FetchKind, detail: str, *, retry_at: datetime | None = None, body: bytes = b"") -> None:
        super().__init__(detail)
        self.outcome = FetchOutcome(kind=kind, detail=detail, retry_at=retry_at)
        self.body = body


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a line is opened with; the requester's own."""

    guard: Guard
    pace: Pace
    tls: ssl.SSLContext
    agent: str
    clock: Clock
    proxy: Proxy | None = None


@contextmanager
def open_line(door: Door, url: str, *, deadline: datetime, largest: int) -> Iterator[Receive]:
    """Open a ``ws`` or ``wss`` address and give what receives its frames, none larger than ``largest`` bytes.

    Raises LineError for everything a network, a server or the guard does.
    """
    from websockets.exceptions import ConnectionClosed, WebSocketException

    with _opened(door, url, deadline, largest) as line:

        def receive(seconds: float) -> bytes | None:
            try:
                return line.recv(timeout=max(seconds, 0.0), decode=False)
            except TimeoutError:
                return None
            except ConnectionClosed as error:
                code = error.rcvd.code if error.rcvd else 1006
                raise LineError(FetchKind.UNREACHABLE, f"closed_{code}") from error
            except (WebSocketException, OSError) as error:
                raise LineError(FetchKind.BROKEN, "protocol") from error

        yield receive


@contextmanager
def _opened(door: Door, url: str, deadline: datetime, largest: int) -> Iterator["ClientConnection"]:
    target = _read(door.guard, url)
    host, port = target.host, target.port or (443 if target.scheme == "https" else 80)
    with ExitStack() as stack:
        with door.pace.turn(target.netloc.decode(), deadline=deadline) as again_at:
            if again_at is not None:
                raise LineError(FetchKind.LIMITED, "pause", retry_at=again_at)
            line = _greet(door, stack, url, _connect(door, host, port, deadline), largest)
        yield line


def _read(guard: Guard, url: str) -> httpx.URL:
    scheme, separator, rest = url.partition("://")
    plain = _SCHEMES.get(scheme.lower())
    if not separator or plain is None:
        raise LineError(FetchKind.NOT_PUBLIC, "refused_scheme")
    try:
        return guard.read_url(f"{plain}://{rest}")
    except RefusedError as refused:
        raise LineError(FetchKind.NOT_PUBLIC, f"refused_{refused.reason}") from refused


def _connect(door: Door, host: str, port: int, deadline: datetime) -> socket.socket:
    left = (deadline - door.clock.now()).total_seconds()
    if left <= 0:
        raise LineError(FetchKind.BUDGET_SPENT, "deadline")
    try:
        if door.proxy is None:
            return door.guard.connect(host, port, seconds=min(left, OPENING_SECONDS))
        return _tunnel(door.guard, door.proxy, (host, port), min(left, OPENING_SECONDS))
    except RefusedError as refused:
        raise LineError(FetchKind.NOT_PUBLIC, f"refused_{refused.reason}") from refused
    except httpcore.ConnectError as error:
        raise LineError(FetchKind.UNREACHABLE, str(error)) from error
    except OSError as error:
        detail = "dns" if isinstance(error, socket.gaierror) else "connect"
        raise LineError(FetchKind.UNREACHABLE, detail) from error


def _tunnel(guard: Guard, proxy: Proxy, target: tuple[str, int], seconds: float) -> socket.socket:
    guard.vet_behind_proxy(*target, may_be_unknown=True)
    connection = socket.create_connection((proxy.host, proxy.port), timeout=seconds)
    try:
        connection.sendall(_tunnel_asked(proxy, f"{target[0]}:{target[1]}"))
        answer = _tunnel_answered(connection)
    except OSError:
        connection.close()
        raise
    if answer.partition(b"\r\n")[0].split(b" ")[1:2] != [b"200"]:
        connection.close()
        raise LineError(FetchKind.UNREACHABLE, "proxy")
    return connection


def _tunnel_answered(connection: socket.socket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < 8_192:
        more = connection.recv(1)  # a byte at a time: what follows the answer belongs to the tunnel
        if not more:
            break
        answer += more
    return answer


def _tunnel_asked(proxy: Proxy, target: str) -> bytes:
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.user:
        secret = b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {secret}")
    return "\r\n".join([*lines, "", ""]).encode()


def _greet(door: Door, stack: ExitStack, url: str, connection: socket.socket, largest: int) -> "ClientConnection":
    from websockets.exceptions import InvalidStatus, WebSocketException
    from websockets.sync.client import connect

    try:
        greeting = connect(
            url,
            sock=connection,
            ssl=door.tls if url.lower().startswith("wss:") else None,
            proxy=None,
            compression=None,
            user_agent_header=door.agent,
            open_timeout=OPENING_SECONDS,
            close_timeout=CLOSING_SECONDS,
            max_size=largest,
            max_queue=MOST_WAITING,
        )
        return stack.enter_context(greeting)
    except InvalidStatus as error:
        raise _refused(error, door.clock.now()) from error
    except ssl.SSLError as error:
        raise LineError(FetchKind.UNREACHABLE, "tls") from error
    except TimeoutError as error:
        raise LineError(FetchKind.UNREACHABLE, "timeout") from error
    except (WebSocketException, OSError, EOFError) as error:
        raise LineError(FetchKind.UNREACHABLE, "no_greeting") from error


def _refused(error: "InvalidStatus", now: datetime) -> LineError:
    headers = {name.lower(): value for name, value in error.response.headers.raw_items()}
    outcome = outcome_of(error.response.status_code, headers, now)
    # An answer of 200 is a web page, not a stream.
    kind = FetchKind.SCHEMA_CHANGED if outcome.kind in {FetchKind.OK, FetchKind.EMPTY} else outcome.kind
    detail = outcome.detail or f"http_{error.response.status_code}"
    return LineError(kind, detail, retry_at=outcome.retry_at, body=bytes(error.response.body or b"")[:4_000])
