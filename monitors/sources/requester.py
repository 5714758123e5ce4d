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
from urllib.parse import urlencode

import httpcore
import httpx

from monitors.records import FetchKind, FetchOutcome
from monitors.sources.answers import asked_pause, outcome_of, wall_of
from monitors.sources.bodies import BadBodyError, TooLargeError
from monitors.sources.budgets import Budget, Budgets
from monitors.sources.guard import Guard, RefusedError
from monitors.sources.line import (
    REDIRECTS,
    Call,
    Proxy,
    exchange,
    for_strangers,
    is_same_host,
    network_kind,
    onward_from,
)
from monitors.sources.pace import Clock, Pace, SystemClock
from monitors.sources.robots import LARGEST, Rules, read_rules
from monitors.sources.sockets import Door

AGENT = "Shouwang"
LARGEST_ANSWER = 10 * 1024 * 1024
"""Bytes after unpacking. The largest real feed seen in feedparser's and our own collections has 1.3 MB."""
LONGEST_REQUEST = timedelta(seconds=60)
MOST_REDIRECTS = 10
ROBOTS_KEPT = timedelta(hours=24)


class Named(Enum):
    """Who brought an address up; it decides whether robots.txt is asked.

    robots.txt speaks to crawlers (RFC 9309). An address an operator put into the settings (a feed, an API made for
    programs) or a person submitted is asked for on somebody's word, as a browser would; a site's pages that we turn
    one after the other, and an address found inside a post, are crawling.
    """

    BY_SOMEBODY = "somebody"
    BY_CRAWLING = "crawling"
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
    form: bytes | None = None
    is_elsewhere: bool = False
    """Whether a redirect led away from the host that was asked first."""


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
        budgets: Budgets | None = None,
        proxy: Proxy | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.budgets = budgets or Budgets(self.clock)
        self._guard, self._longest = guard, longest
        self._proxy, self._budget, self._contact = proxy, budget, contact
        self._pace = pace or Pace(clock=self.clock)
        self._tls = tls or httpx.create_ssl_context()
        self._agent = f"{AGENT}/{version('shouwang')}" + (f" (+{contact})" if contact else "")
        self._robots: dict[str, tuple[Rules | FetchOutcome, datetime]] = {}

    def limited(self, *, proxy: Proxy | None = None, budget: Budget | None = None, own_host: str = "") -> "Requester":
        """Give a requester for one source: through its proxy, within its budget, also to a host the operator owns.

        It shares this one's pace, so that two sources together ask a host no faster than one.
        """
        return Requester(
            guard=self._guard.also(own_host) if own_host else self._guard,
            contact=self._contact,
            clock=self.clock,
            pace=self._pace,
            tls=self._tls,
            longest=self._longest,
            budgets=self.budgets,
            proxy=proxy,
            budget=budget,
        )

    @property
    def door(self) -> Door:
        """What a line to a stream is opened with."""
        return Door(
            guard=self._guard, pace=self._pace, tls=self._tls, agent=self._agent, clock=self.clock, proxy=self._proxy
        )

    def slow_down(self, host: str, interval: timedelta) -> None:
        """Leave at least this long between two requests to a host."""
        self._pace.slow_down(host, interval=interval)

    def post(
        self, url: str, form: Mapping[str, str] | bytes, *, deadline: datetime, headers: Mapping[str, str]
    ) -> Fetched:
        """Send a form, or bytes of the type in ``headers``, that somebody's own account needs; follow no redirect."""
        fields = {"Accept": "application/json"} | dict(headers)
        content = form if isinstance(form, bytes) else urlencode(form).encode()
        ask = _Ask(deadline=deadline, named=Named.BY_SOMEBODY, headers=fields, cap=LARGEST_ANSWER, form=content)
        return self._hop(url, ask)

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
            here, before = onward_from(here, onward), here
            if not is_same_host(here, before):
                ask = replace(ask, headers=for_strangers(ask.headers), is_elsewhere=True)
        return self._failed(here, FetchKind.BROKEN, "redirects")

    def _hop(self, url: str, ask: _Ask) -> Fetched:
        try:
            target = self._guard.read_url(url)
        except RefusedError as refused:
            return self._failed(url, FetchKind.NOT_PUBLIC, f"refused_{refused.reason}")
        if ask.named is not Named.BY_SOMEBODY and (closed := self._closed_by_robots(target, ask)):
            return Fetched(outcome=closed, url=url, fetched_at=self.clock.now())
        with self._pace.turn(target.netloc.decode(), deadline=ask.deadline) as again_at:
            if again_at is not None:
                return self._too_early(target, again_at)
            return self._exchange(target, ask)

    def _too_early(self, target: httpx.URL, again_at: datetime) -> Fetched:
        host = target.netloc.decode()
        if self._pace.is_resting(host):
            return self._failed(str(target), FetchKind.UNREACHABLE, "resting", again_at)
        # Nobody asked for more than our own pace: it was our time that was too short.
        if again_at - self.clock.now() <= self._pace.interval_of(host):
            return self._failed(str(target), FetchKind.BUDGET_SPENT, "deadline")
        return self._failed(str(target), FetchKind.LIMITED, "pause", again_at)

    def _exchange(self, target: httpx.URL, ask: _Ask) -> Fetched:
        left = (ask.deadline - self.clock.now()).total_seconds()
        if left <= 0:
            return self._failed(str(target), FetchKind.BUDGET_SPENT, "deadline")
        if self._budget is not None and not self.budgets.take(self._budget):
            again_at = self.budgets.full_again(self._budget)
            return self._failed(str(target), FetchKind.BUDGET_SPENT, "daily_budget", again_at)
        until = time.monotonic() + min(left, self._longest.total_seconds())
        fetched = self._answered(target, ask, until)
        self._remember(target.netloc.decode(), fetched)
        return fetched

    def _answered(self, target: httpx.URL, ask: _Ask, until: float) -> Fetched:
        headers = dict(ask.headers) | {"User-Agent": self._agent}
        is_named = ask.named is not Named.BY_A_POST and not ask.is_elsewhere
        call = Call(target=target, headers=headers, cap=ask.cap, until=until, form=ask.form, is_named=is_named)
        try:
            answer = exchange(call, self._guard, self._tls, self._proxy)
        except RefusedError as refused:
            return self._failed(str(target), FetchKind.NOT_PUBLIC, f"refused_{refused.reason}")
        except (TooLargeError, BadBodyError) as error:
            detail = "too_large" if isinstance(error, TooLargeError) else "encoding"
            return self._failed(str(target), FetchKind.BROKEN, detail)
        except (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.RemoteProtocolError,
            httpcore.ProxyError,
        ) as error:
            if isinstance(error, httpcore.TimeoutException) and self.clock.now() >= ask.deadline:
                return self._failed(str(target), FetchKind.BUDGET_SPENT, "deadline")
            return self._failed(str(target), *network_kind(error))
        now = self.clock.now()
        return Fetched(
            outcome=outcome_of(answer.status, answer.headers, now),
            url=str(target),
            fetched_at=now,
            content=answer.content,
            headers=answer.headers,
            status=answer.status,
            not_modified=answer.status == 304,
        )

    def _remember(self, host: str, fetched: Fetched) -> None:
        until = asked_pause(fetched.headers, fetched.fetched_at) or fetched.outcome.retry_at
        if until is not None:
            self._pace.hold(host, until=until)
        if fetched.outcome.kind is FetchKind.UNREACHABLE or (fetched.status or 0) >= 500:
            self._pace.failed(host)
        elif fetched.status is not None:
            self._pace.worked(host)

    def _behind_wall(self, fetched: Fetched, asked_url: str) -> Fetched:
        wall = wall_of(fetched.url, asked_url, fetched.headers, fetched.content)
        if wall is None or fetched.outcome.kind is FetchKind.LIMITED:
            return fetched
        return replace(fetched, outcome=wall)

    def _closed_by_robots(self, target: httpx.URL, ask: _Ask) -> FetchOutcome | None:
        rules = self._rules_for(target, ask)
        if isinstance(rules, FetchOutcome):
            return rules
        if not rules.allow(target.raw_path.decode()):
            return FetchOutcome(kind=FetchKind.BLOCKED, detail="robots")
        self._pace.slow_down(target.netloc.decode(), interval=timedelta(seconds=rules.delay))
        return None

    def _rules_for(self, target: httpx.URL, ask: _Ask) -> Rules | FetchOutcome:
        origin = f"{target.scheme}://{target.netloc.decode()}"
        rules, until = self._robots.get(origin, (None, self.clock.now()))
        if rules is None or until <= self.clock.now():
            rules = self._read_rules(origin, ask)
            # Why a site could not be asked may have passed in a minute; what it allows holds for a day.
            kept = ROBOTS_KEPT if isinstance(rules, Rules) else timedelta(minutes=10)
            self._robots[origin] = rules, self.clock.now() + kept
        return rules

    def _read_rules(self, origin: str, ask: _Ask) -> Rules | FetchOutcome:
        plain = replace(ask, named=Named.BY_SOMEBODY, headers={"Accept": "text/plain"}, cap=LARGEST)
        is_a_stranger = ask.is_elsewhere or ask.named is Named.BY_A_POST
        fetched = self._follow(f"{origin}/robots.txt", replace(plain, is_elsewhere=is_a_stranger))
        if fetched.is_ok:
            return read_rules(fetched.content, AGENT)
        if fetched.status is not None and 400 <= fetched.status < 500 and fetched.outcome.kind is not FetchKind.LIMITED:
            return Rules()  # RFC 9309, 2.3.1.3: no rules there, so everything may be read
        return fetched.outcome

    def _failed(self, url: str, kind: FetchKind, detail: str, retry_at: datetime | None = None) -> Fetched:
        outcome = FetchOutcome(kind=kind, detail=detail, retry_at=retry_at)
        return Fetched(outcome=outcome, url=url, fetched_at=self.clock.now())
