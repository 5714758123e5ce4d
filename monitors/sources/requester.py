"""The one door to the web: every source, page and picture is asked for here, politely and within bounds.

What the network or a platform does never raises: it comes back as a typed ``FetchOutcome``. Each hop of a redirect
passes the guard again, waits for its host's turn and counts against the same deadline.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from importlib.metadata import version
from urllib.parse import urlsplit

import httpcore
import httpx

from monitors.records import FetchKind, FetchOutcome
from monitors.sources.answers import asked_pause, outcome_of, wall_of
from monitors.sources.bodies import BadBodyError, TooLargeError, read_body
from monitors.sources.guard import Guard, GuardedBackend, RefusedError
from monitors.sources.pace import Clock, Pace, SystemClock
from monitors.sources.robots import LARGEST, Rules, read_rules

AGENT = "Shouwang"
LARGEST_ANSWER = 10 * 1024 * 1024
"""Bytes after unpacking. The largest real feed seen in feedparser's and our own collections has 1.3 MB."""
LONGEST_REQUEST = timedelta(seconds=60)
SILENCE_SECONDS = 20.0
"""A host that says nothing for so long is taken as gone."""
MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ROBOTS_KEPT = timedelta(hours=24)


class Named(Enum):
    """Who brought an address up; it decides whether robots.txt is asked.

    robots.txt speaks to crawlers (RFC 9309). An address an operator put into the settings (a feed, an API made for
    programs) or a person submitted is asked for on somebody's word, as a browser would; an address found inside a
    post is crawling.
    """

    BY_SOMEBODY = "somebody"
    BY_A_POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer, or why there is none. ``headers`` have lower-case names; ``url`` is where the answer came from."""

    outcome: FetchOutcome
    url: str
    fetched_at: datetime
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    not_modified: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether ``content`` is what was asked for."""
        return self.outcome.kind is FetchKind.OK

    @property
    def media_type(self) -> str:
        """The type the server gave, without its parameters; empty when it gave none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    deadline: datetime
    named: Named
    headers: Mapping[str, str]
    cap: int


class Requester:
    """Asks the web. One object serves a whole process: it knows every host's pace and robots.txt."""

    def __init__(
        self,
        *,
        guard: Guard,
        contact: str = "",
        clock: Clock | None = None,
        pace: Pace | None = None,
        tls: ssl.SSLContext | None = None,
        longest: timedelta = LONGEST_REQUEST,
    ) -> None:
        self.clock = clock or SystemClock()
        self._guard, self._longest = guard, longest
        self._pace = pace or Pace(clock=self.clock)
        self._tls = tls or httpx.create_ssl_context()
        self._agent = f"{AGENT}/{version('shouwang')}" + (f" (+{contact})" if contact else "")
        self._robots: dict[str, tuple[Rules | FetchOutcome, datetime]] = {}

    def get(
        self,
        url: str,
        *,
        deadline: datetime,
        named: Named = Named.BY_SOMEBODY,
        accept: str = "*/*",
        etag: str = "",
        modified: str = "",
        headers: Mapping[str, str] | None = None,
        cap: int = LARGEST_ANSWER,
    ) -> Fetched:
        """Ask for a URL; with ``etag`` or ``modified`` of the last answer only if it changed since.

        Comes back at ``deadline`` at the latest, and never with more than ``cap`` bytes.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
        fields = {"Accept": accept} | dict(headers or {})
        fields |= {name: value for name, value in conditions.items() if value and value.isascii()}
        return self._follow(url, _Ask(deadline=deadline, named=named, headers=fields, cap=cap))

    def _follow(self, url: str, ask: _Ask) -> Fetched:
        here = url
        for _ in range(MOST_REDIRECTS + 1):
            fetched = self._hop(here, ask)
            onward = fetched.headers.get("location", "") if fetched.status in REDIRECTS else ""
            if not onward:
                return self._behind_wall(fetched, url)
            here, before = _join(here, onward), here
            if not _is_same_host(here, before):
                ask = replace(ask, headers=_for_strangers(ask.headers))
        return self._failed(here, FetchKind.BROKEN, "redirects")

    def _hop(self, url: str, ask: _Ask) -> Fetched:
        try:
            target = self._guard.read_url(url)
        except RefusedError as refused:
            return self._failed(url, FetchKind.NOT_PUBLIC, f"refused_{refused.reason}")
        if ask.named is Named.BY_A_POST and (closed := self._closed_by_robots(target, ask.deadline)):
            return Fetched(outcome=closed, url=url, fetched_at=self.clock.now())
        with self._pace.turn(target.netloc.decode(), deadline=ask.deadline) as again_at:
            if again_at is not None:
                return self._failed(url, FetchKind.LIMITED, "pause", again_at)
            return self._exchange(target, ask)

    def _exchange(self, target: httpx.URL, ask: _Ask) -> Fetched:
        left = (ask.deadline - self.clock.now()).total_seconds()
        if left <= 0:
            return self._failed(str(target), FetchKind.BUDGET_SPENT, "deadline")
        until = time.monotonic() + min(left, self._longest.total_seconds())
        try:
            return self._answered(target, *self._send(target, ask, until))
        except RefusedError as refused:
            return self._failed(str(target), FetchKind.NOT_PUBLIC, f"refused_{refused.reason}")
        except (TooLargeError, BadBodyError) as error:
            detail = "too_large" if isinstance(error, TooLargeError) else "encoding"
            return self._failed(str(target), FetchKind.BROKEN, detail)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.RemoteProtocolError) as error:
            if isinstance(error, httpcore.TimeoutException) and self.clock.now() >= ask.deadline:
                return self._failed(str(target), FetchKind.BUDGET_SPENT, "deadline")
            return self._failed(str(target), *_network_kind(error))

    def _send(self, target: httpx.URL, ask: _Ask, until: float) -> tuple[int, dict[str, str], bytes]:
        backend = GuardedBackend(self._guard, until=until)
        fields = {
            "Host": target.netloc.decode(),
            "User-Agent": self._agent,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
        }
        timeouts = dict.fromkeys(("connect", "read", "write"), SILENCE_SECONDS)
        # A connection for each request: at our pace keeping it open gains nothing, and nothing is left behind.
        with (
            httpcore.ConnectionPool(
                ssl_context=self._tls, network_backend=backend, max_keepalive_connections=0
            ) as line,
            line.stream(
                "GET", _plain(target), headers=_encoded(fields | dict(ask.headers)), extensions={"timeout": timeouts}
            ) as answer,
        ):
            headers = _joined(answer.headers)
            content = b"" if answer.status in REDIRECTS else read_body(answer.iter_stream(), headers, cap=ask.cap)
            return answer.status, headers, content

    def _answered(self, target: httpx.URL, status: int, headers: dict[str, str], content: bytes) -> Fetched:
        now = self.clock.now()
        if (until := asked_pause(headers, now)) is not None:
            self._pace.hold(target.netloc.decode(), until=until)
        outcome = outcome_of(status, headers, now)
        if outcome.retry_at is not None:
            self._pace.hold(target.netloc.decode(), until=outcome.retry_at)
        return Fetched(
            outcome=outcome,
            url=str(target),
            fetched_at=now,
            content=content,
            headers=headers,
            status=status,
            not_modified=status == 304,
        )

    def _behind_wall(self, fetched: Fetched, asked_url: str) -> Fetched:
        wall = wall_of(fetched.url, asked_url, fetched.headers, fetched.content)
        if wall is None or fetched.outcome.kind is FetchKind.LIMITED:
            return fetched
        return replace(fetched, outcome=wall)

    def _closed_by_robots(self, target: httpx.URL, deadline: datetime) -> FetchOutcome | None:
        rules = self._rules_for(target, deadline)
        if isinstance(rules, FetchOutcome):
            return rules
        if not rules.allow(target.raw_path.decode()):
            return FetchOutcome(kind=FetchKind.BLOCKED, detail="robots")
        self._pace.slow_down(target.netloc.decode(), interval=timedelta(seconds=rules.delay))
        return None

    def _rules_for(self, target: httpx.URL, deadline: datetime) -> Rules | FetchOutcome:
        origin = f"{target.scheme}://{target.netloc.decode()}"
        rules, until = self._robots.get(origin, (None, self.clock.now()))
        if rules is None or until <= self.clock.now():
            rules = self._read_rules(origin, deadline)
            # Why a site could not be asked may have passed in a minute; what it allows holds for a day.
            kept = ROBOTS_KEPT if isinstance(rules, Rules) else timedelta(minutes=10)
            self._robots[origin] = rules, self.clock.now() + kept
        return rules

    def _read_rules(self, origin: str, deadline: datetime) -> Rules | FetchOutcome:
        fetched = self.get(f"{origin}/robots.txt", deadline=deadline, accept="text/plain", cap=LARGEST)
        if fetched.is_ok:
            return read_rules(fetched.content, AGENT)
        if fetched.status is not None and 400 <= fetched.status < 500 and fetched.outcome.kind is not FetchKind.LIMITED:
            return Rules()  # RFC 9309, 2.3.1.3: no rules there, so everything may be read
        return fetched.outcome

    def _failed(self, url: str, kind: FetchKind, detail: str, retry_at: datetime | None = None) -> Fetched:
        outcome = FetchOutcome(kind=kind, detail=detail, retry_at=retry_at)
        return Fetched(outcome=outcome, url=url, fetched_at=self.clock.now())


def _is_same_host(one: str, other: str) -> bool:
    try:
        return urlsplit(one).netloc == urlsplit(other).netloc
    except ValueError:
        return False


def _for_strangers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in {"authorization", "cookie"}}


def _plain(target: httpx.URL) -> str:
    return str(target.copy_with(fragment=None))


def _join(here: str, onward: str) -> str:
    if "\\" in onward:
        return onward  # the guard refuses it; joined, it would be escaped and look plain
    try:
        return str(httpx.URL(here).join(onward))
    except (httpx.InvalidURL, ValueError):
        return onward  # the guard refuses it


def _encoded(fields: Mapping[str, str]) -> list[tuple[bytes | str, bytes | str]]:
    return [(name.encode("ascii"), value.encode("ascii", "replace")) for name, value in fields.items()]


def _joined(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _network_kind(error: Exception) -> tuple[FetchKind, str]:
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
