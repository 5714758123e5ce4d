"""One exchange on the wire: a connection of its own, straight to the host or through the operator's proxy.

Everything here is under the guard and under one moment at which it is cut. Raises RefusedError, TooLargeError,
BadBodyError and httpcore's errors; ``network_kind`` says what those stand for.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from monitors.errors import BadInputError
from monitors.records import FetchKind
from monitors.sources.bodies import read_body
from monitors.sources.guard import Guard, GuardedBackend, ProxyBackend

SILENCE_SECONDS = 20.0
"""A host that says nothing for so long is taken as gone."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The operator's own way out. Its address is hers and is not vetted; what is asked through it is."""

    host: str
    port: int
    user: str = ""
    password: str = ""

    @classmethod
    def read(cls, address: str) -> "Proxy":
        """Take ``http://[user:password@]host:port`` apart. Raises BadInputError, which never shows the password."""
        said = BadInputError("a proxy is written http://host:port", field="SHOUWANG_PROXIES")
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise said from None
        if not (host and port and parts.scheme == "http"):
            raise said
        return cls(host=host, port=port, user=unquote(parts.username or ""), password=unquote(parts.password or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is asked. ``until`` is of ``time.monotonic``; ``form`` makes it a POST.

    ``is_named``: somebody named this very host, so that it may be one that only the proxy knows.
    """

    target: httpx.URL
    headers: Mapping[str, str]
    cap: int
    until: float
    form: bytes | None = None
    is_named: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came: header names in lower case, unpacked bytes (none for a redirect)."""

    status: int
    headers: dict[str, str]
    content: bytes


def exchange(call: Call, guard: Guard, tls: ssl.SSLContext, proxy: Proxy | None = None) -> Answer:
    """Ask and give the answer."""
    fields = dict(call.headers) | {
        "Host": call.target.netloc.decode(),
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }
    if call.form is not None:
        fields = {"Content-Type": "application/x-www-form-urlencoded"} | fields
        fields |= {"Content-Length": str(len(call.form))}
    timeouts = dict.fromkeys(("connect", "read", "write"), SILENCE_SECONDS)
    # A connection for each request: at our pace keeping it open gains nothing, and nothing is left behind.
    with (
        _opened(call, guard, tls, proxy) as pool,
        pool.stream(
            "GET" if call.form is None else "POST",
            str(call.target.copy_with(fragment=None)),
            headers=_encoded(fields),
            content=call.form,
            extensions={"timeout": timeouts},
        ) as answer,
    ):
        headers = _joined(answer.headers)
        content = b"" if answer.status in REDIRECTS else read_body(answer.iter_stream(), headers, cap=call.cap)
        return Answer(status=answer.status, headers=headers, content=content)


def network_kind(error: Exception) -> tuple[FetchKind, str]:
    """Give the outcome and its detail that one of httpcore's errors stands for."""
    if isinstance(error, httpcore.ProxyError):
        return FetchKind.UNREACHABLE, "proxy"
    if isinstance(error, httpcore.TimeoutException):
        return FetchKind.UNREACHABLE, "timeout"
    if isinstance(error, httpcore.ConnectError):
        return FetchKind.UNREACHABLE, str(error)
    # WORKAROUND: httpcore has one class for a line that was cut and for nonsense on it (httpcore 1.0.9, http11.py).
    if (
        isinstance(error, httpcore.RemoteProtocolError)
        and "disconnected" not in str(error)
        and "closed" not in str(error)
    ):
        return FetchKind.BROKEN, "protocol"
    return FetchKind.UNREACHABLE, "hung_up"


def is_same_host(one: str, other: str) -> bool:
    """Whether two addresses lead to one host, the port included."""
    try:
        return urlsplit(one).netloc == urlsplit(other).netloc
    except ValueError:
        return False


def for_strangers(headers: Mapping[str, str]) -> dict[str, str]:
    """Give headers without what is for one host alone: its token and its cookie."""
    return {name: value for name, value in headers.items() if name.lower() not in {"authorization", "cookie"}}


def onward_from(here: str, onward: str) -> str:
    """Give the address that a redirect from here leads to, as it is written where it leads nowhere plain."""
    if "\\" in onward:
        return onward  # the guard refuses it; joined, it would be escaped and look plain
    try:
        return str(httpx.URL(here).join(onward))
    except (httpx.InvalidURL, ValueError):
        return onward  # the guard refuses it


def _opened(call: Call, guard: Guard, tls: ssl.SSLContext, proxy: Proxy | None) -> httpcore.ConnectionPool:
    if proxy is None:
        backend = GuardedBackend(guard, until=call.until)
        return httpcore.ConnectionPool(ssl_context=tls, network_backend=backend, max_keepalive_connections=0)
    guard.vet_behind_proxy(call.target.raw_host.decode("ascii"), _port(call.target), may_be_unknown=call.is_named)
    return httpcore.HTTPProxy(
        proxy_url=httpcore.URL(scheme=b"http", host=_bracketed(proxy.host), port=proxy.port, target=b"/"),
        proxy_auth=(proxy.user, proxy.password) if proxy.user else None,
        ssl_context=tls,
        network_backend=ProxyBackend(proxy.host, proxy.port, until=call.until),
        max_keepalive_connections=0,
    )


def _port(target: httpx.URL) -> int:
    return target.port or {"http": 80, "https": 443}[target.scheme]


def _bracketed(host: str) -> bytes:
    return f"[{host}]".encode() if ":" in host else host.encode()


def _encoded(fields: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("ascii", "replace")) for name, value in fields.items()]


def _joined(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
