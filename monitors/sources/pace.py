"""One pace a host: a single request in flight, a pause after each, and the pauses a host asks for."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

INTERVAL = timedelta(seconds=1)
"""Mastodon allows 300 requests in five minutes, which is one a second; nobody we ask allows less by default."""
PATIENCE = timedelta(seconds=15)
"""Waiting longer than this is the next run's business: the rest of the sources should not stand still."""


class Clock(Protocol):
    """The time, and waiting: tests bring their own."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Come back after so many seconds."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Come back after so many seconds."""
        time.sleep(seconds)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Host:
    interval: timedelta
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: datetime = _LONG_AGO


class Pace:
    """Gives each host's turns. One object serves all sources of a process; threads may share it."""

    def __init__(self, *, clock: Clock, interval: timedelta = INTERVAL, patience: timedelta = PATIENCE) -> None:
        self._clock, self._patience = clock, patience
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(interval))

    @contextmanager
    def turn(self, host: str, *, deadline: datetime) -> Iterator[datetime | None]:
        """Wait for the host's turn and keep it for the block.

        Gives None when the host may be asked now, else the moment from which it may: too late for the deadline or
        for our patience, so that the block must not ask.
        """
        state = self._hosts[host]
        with state.lock:
            now = self._clock.now()
            if state.free_at > now and state.free_at > min(deadline, now + self._patience):
                yield state.free_at
                return
            if state.free_at > now:
                self._clock.sleep((state.free_at - now).total_seconds())
            try:
                yield None
            finally:
                state.free_at = max(state.free_at, self._clock.now() + state.interval)

    def slow_down(self, host: str, *, interval: timedelta) -> None:
        """Leave at least this long between two requests to that host."""
        state = self._hosts[host]
        state.interval = max(state.interval, interval)

    def hold(self, host: str, *, until: datetime) -> None:
        """Ask this host nothing before that moment; only the one who has its turn calls this."""
        state = self._hosts[host]
        state.free_at = max(state.free_at, until)
