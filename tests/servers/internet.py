"""A closed internet on loopback: a proxy behind which the real https addresses answer what a test says.

Nothing is ever passed on. A host that no test set up is answered 599, so that a request log proves what was asked
and that nothing else was. Any program that honours a proxy and a file of certificate authorities can be led here,
unmodified: ``internet.environment`` is what it needs.

    internet.site("t.me").answer("/s/news", page, headers=HTML)
"""

import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from typing_extensions import override

from monitors.sources.guard import Guard
from monitors.sources.line import Proxy
from monitors.sources.pace import Clock, Pace, SystemClock
from monitors.sources.requester import Requester
from tests.servers.web import Behaviour, Seen, Wire, answer_with, in_turn, read_request

PUBLIC = "93.184.216.34"
"""What every name is here: an address the guard lets through. Nobody connects to it."""


class Site:
    """One host of this internet."""

    def __init__(self) -> None:
        self.scripts: dict[str, Iterator[Behaviour]] = {}

    def answer(
        self, path: str, body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer a path from now on; a path ending in ``*`` stands for all that begin with it."""
        self.misbehave(path, answer_with(body, status=status, headers=headers))

    def misbehave(self, path: str, *behaviours: Behaviour) -> None:
        """Treat a path in these ways in turn; the last one stays."""
        self.scripts[path] = in_turn(behaviours)

    def behaviour(self, path: str) -> Behaviour:
        """What to do with a request for that path."""
        plain = path.partition("?")[0]
        if plain in self.scripts:
            return next(self.scripts[plain])
        beginnings = [key for key in self.scripts if key.endswith("*") and plain.startswith(key[:-1])]
        return next(self.scripts[max(beginnings, key=len)]) if beginnings else answer_with(status=404)


class Internet:
    """The proxy; it listens until the test is over."""

    def __init__(self, folder: Path) -> None:
        self.seen: list[Seen] = []
        self.most_at_once = 0
        self._sites: dict[str, Site] = {}
        self._authority = trustme.CA()
        self._stranger = trustme.CA()
        self._forged: set[str] = set()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.authority_file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.authority_file))
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: defaultdict[str, int] = defaultdict(int)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.proxy = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def environment(self) -> dict[str, str]:
        """What leads a program of somebody else's here."""
        ca = str(self.authority_file)
        return {"HTTPS_PROXY": self.proxy, "HTTP_PROXY": self.proxy, "REQUESTS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca}

    @property
    def trust(self) -> ssl.SSLContext:
        """What trusts the certificates here."""
        return ssl.create_default_context(cafile=self.authority_file)

    def site(self, host: str) -> Site:
        """A host; from now on it exists."""
        return self._sites.setdefault(host, Site())

    def forge(self, host: str) -> None:
        """Give a host a certificate that nobody should trust."""
        self.site(host)
        self._forged.add(host)

    def asked(self, host: str = "") -> list[str]:
        """The addresses asked for, in their order."""
        return [f"{request.host}{request.path}" for request in self.seen if request.host == (host or request.host)]

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
        with suppress(OSError), connection:
            asked = read_request(connection)
            if asked.method != "CONNECT":
                address = urlsplit(asked.path)
                path = address.path + (f"?{address.query}" if address.query else "")
                self._answer(connection, replace(asked, host=address.netloc, path=path))
                return
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            host = asked.path.removesuffix(":443")
            with self._context(host).wrap_socket(connection, server_side=True) as line:
                self._answer(line, replace(read_request(line), host=host))

    def _answer(self, line: socket.socket, request: Seen) -> None:
        with self._lock:
            self.seen.append(request)
            self._open[request.host] += 1
            self.most_at_once = max(self.most_at_once, self._open[request.host])
        site = self._sites.get(request.host)
        behave = site.behaviour(request.path) if site else answer_with(b"not in this internet", status=599)
        try:
            behave(Wire(line, self._over, request))
        finally:
            with self._lock:
                self._open[request.host] -= 1

    def _context(self, host: str) -> ssl.SSLContext:
        with self._lock:
            if host not in self._contexts:
                authority = self._stranger if host in self._forged else self._authority
                self._contexts[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                authority.issue_cert(host).configure_cert(self._contexts[host])
            return self._contexts[host]


@pytest.fixture
def internet(tmp_path: Path) -> Iterator[Internet]:
    """An internet without a single site."""
    made = Internet(tmp_path)
    try:
        yield made
    finally:
        made.close()


def a_traveller(
    internet: Internet,
    *,
    longest: timedelta = timedelta(seconds=5),
    addresses: Sequence[str] = (PUBLIC,),
    clock: Clock | None = None,
    pace: Pace | None = None,
) -> Requester:
    """Give the real requester, led into that internet as an operator's proxy leads it; it needs no pauses."""
    clock = clock or SystemClock()
    return Requester(
        guard=Guard(resolve=lambda _host, _port: addresses),
        contact="ops@watch.example",
        clock=clock,
        pace=pace or Unhurried(clock=clock),
        tls=internet.trust,
        longest=longest,
        proxy=Proxy.read(internet.proxy),
    )


class Unhurried(Pace):
    """The real pace without pauses; what sources wish for is written down and not waited for."""

    def __init__(self, *, clock: Clock) -> None:
        super().__init__(clock=clock, interval=timedelta(0))
        self.wishes: dict[str, timedelta] = {}

    @override
    def slow_down(self, host: str, *, interval: timedelta) -> None:
        self.wishes[host] = interval
