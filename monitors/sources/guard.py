"""The guard every request passes: which addresses on the web may be asked, and to what a connection is made.

A crawler fetches what strangers wrote. Without a guard, a stranger's link could make it ask the operator's router,
a cloud's metadata service or a database on the same machine. Two doors, both always shut:

1. ``read_url`` takes an address apart and refuses what two parsers could read in two ways.
2. ``connect`` resolves the name once, refuses unless *every* answer is public, and connects to an address it has
   seen: there is no second look-up that could answer differently (DNS rebinding).

Redirects are followed by the requester, which brings each hop through both doors again.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from typing_extensions import override

from monitors.sources.addresses import is_public, read_address

SCHEMES = frozenset({"http", "https"})
LONGEST_URL = 8_192
INSIDE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa")
"""Ends of names that no public platform has: what a proxy makes of them is inside of its own house."""
# The resolver raises UnicodeError, which is no OSError, for an empty label or one past 63 letters.
_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")

Resolve = Callable[[str, int], Sequence[str]]
"""Gives every address of a host, as text. Raises OSError when there is none."""


class RefusedError(Exception):
    """The guard said no; ``reason`` is a short id that may stand in a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Every address the system's resolver gives, each once."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Guard:
    """Decides for every URL and every connection.

    ``allow_hosts`` are exceptions an operator made, as ``host`` or ``host:port``: tests and an intranet. An
    exception is for that name as it is written, never for what it redirects or resolves to elsewhere.
    """

    def __init__(self, *, allow_hosts: Collection[str] = (), resolve: Resolve = resolve_by_system) -> None:
        self._allowed = frozenset(host.lower() for host in allow_hosts)
        self._resolve = resolve

    def read_url(self, url: str) -> httpx.URL:
        """Give the URL taken apart. Raises RefusedError for what is not a plain http(s) address."""
        _refuse_odd_text(url)
        if url.partition(":")[0].lower() not in SCHEMES:
            raise RefusedError("scheme")
        read = _parse_twice(url)
        if read.userinfo:
            raise RefusedError("userinfo")
        _refuse_odd_host(read.raw_host.decode("ascii"))
        return read

    def vet(self, host: str, port: int) -> Sequence[str]:
        """Give the addresses that may be connected to. Raises RefusedError unless all of them are public."""
        written = read_address(host)
        addresses = (host,) if written else self._resolve(host, port)
        if not addresses:
            raise OSError("no address")
        if not self._is_excepted(host, port) and not all(_is_public_text(address) for address in addresses):
            raise RefusedError("private_address")
        return addresses

    def vet_behind_proxy(self, host: str, port: int, *, may_be_unknown: bool) -> None:
        """Vet what a proxy will connect to. Raises RefusedError for what is private, ConnectError for what is unknown.

        A proxy is there because this line does not reach a platform, and often does not know its name either: a name
        that somebody gave (``may_be_unknown``) may be known to the proxy alone; one found in a post may not.
        """
        try:
            self.vet(host, port)
        except OSError as error:
            if not may_be_unknown or _is_of_a_house(host):
                raise httpcore.ConnectError("dns") from error

    def also(self, host: str) -> "Guard":
        """Give a guard with one exception more: an address that the operator named as her own."""
        return Guard(allow_hosts=[*self._allowed, host], resolve=self._resolve)

    def connect(self, host: str, port: int, *, seconds: float) -> socket.socket:
        """Connect to a vetted address, the next one if one fails. Raises RefusedError and OSError."""
        return _connect(self.vet(host, port), port, until=time.monotonic() + seconds)

    def _is_excepted(self, host: str, port: int) -> bool:
        return bool(self._allowed & {host.lower(), f"{host.lower()}:{port}"})


def _connect(addresses: Sequence[str], port: int, *, until: float) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            failure = error
    raise failure


def _is_of_a_house(host: str) -> bool:
    name = host.lower().rstrip(".")
    return "." not in name or name.endswith(INSIDE)


def _is_public_text(address: str) -> bool:
    read = read_address(address)
    return read is not None and is_public(read)


def _refuse_odd_text(url: str) -> None:
    if len(url) > LONGEST_URL:
        raise RefusedError("too_long")
    # A backslash is a slash to browsers and a letter to others (GHSA-rph4); white space and controls are dropped
    # by some parsers and kept by others.
    if "\\" in url or any(letter.isspace() or not letter.isprintable() for letter in url):
        raise RefusedError("odd_character")


def _parse_twice(url: str) -> httpx.URL:
    try:
        read, other = httpx.URL(url), urlsplit(url)
        same = (read.scheme, read.host, read.port) == (other.scheme, _plain(other.hostname), _port(other.port, read))
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise RefusedError("not_a_url") from error
    if not read.host:
        raise RefusedError("not_a_url")
    if not same:
        raise RefusedError("ambiguous")
    return read


def _plain(host: str | None) -> str:
    return httpx.URL(scheme="http", host=host or "").host


def _port(port: int | None, read: httpx.URL) -> int | None:
    # httpx leaves out a port that is the scheme's own.
    return None if port == {"http": 80, "https": 443}.get(read.scheme) else port


def _refuse_odd_host(host: str) -> None:
    if read_address(host) is not None:
        return
    # "2130706433", "0x7f.1" and "127.1" are addresses to resolvers and names to parsers.
    last = host.rstrip(".").rpartition(".")[2]
    if not _NAME.fullmatch(host) or last.isdigit() or last.lower().startswith("0x"):
        raise RefusedError("odd_host")


class GuardedBackend(httpcore.NetworkBackend):
    """Opens httpcore's connections through the guard and cuts everything at one moment.

    ``until`` is of ``time.monotonic``: it bounds the whole exchange, also one whose headers drip in byte by byte.
    """

    def __init__(self, guard: Guard, *, until: float) -> None:
        self._guard, self._until = guard, until

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a vetted address. Raises RefusedError, httpcore.ConnectTimeout and httpcore.ConnectError."""
        try:
            connection = self._guard.connect(host, port, seconds=_seconds(timeout, self._until))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            raise httpcore.ConnectError(_name_of(error)) from error
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _TimedStream(connection, self._until)

    @override
    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        """Never: a URL cannot name a local socket."""
        raise RefusedError("unix_socket")


class ProxyBackend(GuardedBackend):
    """Opens connections to one proxy and to nothing else; cut at the same moment."""

    def __init__(self, host: str, port: int, *, until: float) -> None:
        super().__init__(Guard(allow_hosts=[f"{host}:{port}"]), until=until)
        self._proxy = (host, port)

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the proxy. Raises RefusedError for anything else, httpcore.ProxyError when it is not there."""
        if (host.strip("[]"), port) != self._proxy:
            raise RefusedError("past_the_proxy")
        try:
            return super().connect_tcp(self._proxy[0], port, timeout)
        except httpcore.ConnectError as error:
            raise httpcore.ProxyError("not there") from error


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection, self._until = connection, until

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._connection.settimeout(_seconds(timeout, self._until))
            return self._connection.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(type(error).__name__) from error

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._connection.settimeout(_seconds(timeout, self._until))
            self._connection.sendall(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError(type(error).__name__) from error

    @override
    def close(self) -> None:
        self._connection.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._connection.settimeout(_seconds(timeout, self._until))
            wrapped = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise httpcore.ConnectTimeout from error
        except OSError as error:
            self.close()
            raise httpcore.ConnectError("tls") from error
        return _TimedStream(wrapped, self._until)

    @override
    def get_extra_info(self, info: str) -> Any:
        return None


def _seconds(timeout: float | None, until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left if timeout is None else min(timeout, left)


def _name_of(error: OSError) -> str:
    return "dns" if isinstance(error, socket.gaierror) else "connect"
