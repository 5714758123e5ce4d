"""A web server on loopback that does what it is told, also what no good server does.

Paths are answered from a script: ``web.answer("/feed", body=b"…")`` or ``web.misbehave("/feed", drip)``. Several
answers for one path are given in turn; the last one stays. Every request is kept, so that a test can count them.
"""

import socket
import ssl
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import repeat

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came in; header names are lower case, ``at`` is of ``time.monotonic``."""

    method: str
    path: str
    headers: Mapping[str, str]
    at: float
    body: bytes = b""
    host: str = ""
    """The site that was asked, where a server stands for many."""


class Wire:
    """What a behaviour may do with the connection; sending stops quietly when the test is over."""

    def __init__(self, connection: socket.socket, over: threading.Event, request: Seen) -> None:
        self._connection, self._over, self.request = connection, over, request

    def send(self, content: bytes) -> bool:
        """Send, and say whether somebody may still be listening."""
        if self._over.is_set():
            return False
        self._connection.sendall(content)
        return True

    def wait(self, seconds: float) -> bool:
        """Do nothing for a while, and say whether the test still runs."""
        return not self._over.wait(seconds)


Behaviour = Callable[[Wire], None]


def answer_with(body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """A well-behaved answer."""
    fields = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))} | dict(headers or {})

    def behave(wire: Wire) -> None:
        wire.send(_head(status, fields) + body)

    return behave


def redirect_to(address: str, *, status: int = 302) -> Behaviour:
    """Send the caller elsewhere."""
    return answer_with(status=status, headers={"Location": address})


def stay_silent(wire: Wire) -> None:
    """Take the request and never answer."""
    while wire.wait(0.05):
        pass


def hang_up(_wire: Wire) -> None:
    """Take the request and close the line."""


def hang_up_mid_answer(wire: Wire) -> None:
    """Promise 1000 bytes, send ten, close the line."""
    wire.send(_head(200, {"Content-Length": "1000"}) + b"0123456789")


def break_chunks(wire: Wire) -> None:
    """Send half of a chunk, close the line."""
    wire.send(_head(200, {"Transfer-Encoding": "chunked"}) + b"400\r\nonly this")


def drip(wire: Wire) -> None:
    """Promise a long answer and send a byte now and then."""
    wire.send(_head(200, {"Content-Length": "1000000"}))
    while wire.wait(0.05) and wire.send(b"."):
        pass


def drip_headers(wire: Wire) -> None:
    """Never come to the end of the headers."""
    wire.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while wire.wait(0.05) and wire.send(b"."):
        pass


def never_end(wire: Wire) -> None:
    """Send a feed that has no last item."""
    wire.send(_head(200, {"Content-Type": "application/rss+xml"}) + b"<rss><channel>")
    while wire.send(b"<item><title>again</title></item>" * 1000):
        pass


def pour(wire: Wire) -> None:
    """Send a page of a hundred megabytes."""
    wire.send(_head(200, {"Content-Type": "text/html"}))
    for _ in range(100):
        wire.send(b"<p>again</p>" * 87_382)


def lie_about_length(wire: Wire) -> None:
    """Announce two gigabytes."""
    wire.send(_head(200, {"Content-Length": str(2 * 1024**3)}) + b"small")


def bomb(wire: Wire) -> None:
    """Send 50 MB of zeros as 50 kB of gzip."""
    body = _gzip_of_zeros(50)
    wire.send(_head(200, {"Content-Encoding": "gzip", "Content-Length": str(len(body))}) + body)


def talk_nonsense(wire: Wire) -> None:
    """Answer in no protocol at all."""
    wire.send(b"\x00\x01\x02 hello, I am no web server\r\n\r\n")


class Web:
    """The server. ``web.url("/x")`` is its address; it listens until the test is over."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.most_at_once = 0
        self._tls = tls
        self._scripts: dict[str, Iterator[Behaviour]] = defaultdict(lambda: repeat(answer_with(status=404)))
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        """Address of a path."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def answer(
        self, path: str, body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer a path from now on."""
        self.misbehave(path, answer_with(body, status=status, headers=headers))

    def misbehave(self, path: str, *behaviours: Behaviour) -> None:
        """Treat a path in these ways in turn; the last one stays."""
        self._scripts[path] = in_turn(behaviours)

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request.path == path for request in self.seen)

    def close(self) -> None:
        """Stop listening and cut every line."""
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with suppress(OSError), self._secured(connection) as line:
            request = read_request(line)
            with self._counted(request):
                next(self._scripts[request.path.partition("?")[0]])(Wire(line, self._over, request))

    @contextmanager
    def _secured(self, connection: socket.socket) -> Iterator[socket.socket]:
        with connection:
            if self._tls is None:
                yield connection
                return
            with self._tls.wrap_socket(connection, server_side=True) as line:
                yield line

    @contextmanager
    def _counted(self, request: Seen) -> Iterator[None]:
        with self._lock:
            self.seen.append(request)
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1


@contextmanager
def serving(*, tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A server for the length of a block."""
    web = Web(tls=tls)
    try:
        yield web
    finally:
        web.close()


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that does what it is told."""
    with serving() as server:
        yield server


def in_turn(behaviours: tuple[Behaviour, ...]) -> Iterator[Behaviour]:
    """Each in turn; the last one stays."""
    yield from behaviours[:-1]
    yield from repeat(behaviours[-1])


def read_request(line: socket.socket) -> Seen:
    """Read one request off the line."""
    content = b""
    while b"\r\n\r\n" not in content:
        more = line.recv(4096)
        if not more:
            raise OSError("the caller hung up")
        content += more
    head, _, body = content.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(4096)
    return Seen(method=method, path=path, headers=headers, at=time.monotonic(), body=body)


def _head(status: int, fields: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Told\r\n{lines}Connection: close\r\n\r\n".encode()


@cache
def _gzip_of_zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    zeros = bytes(1024 * 1024)
    return b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()
