"""One pace a host: a single request in flight, a pause after each, the pauses a host asks for, and rest for one that fails."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol

INTERVAL = timedelta(seconds=1)
"""Mastodon allows 300 requests in five minutes, which is one a second; nobody we ask allows less by default."""
PATIENCE = timedelta(seconds=15)
"""Waiting longer than this is the next run's business: the rest of the sources should not stand still."""

LONGEST_PAUSE = timedelta(days=1)
FAILURES_IN_A_ROW = 3
"""After so many a host rests: asking one that is down helps neither it nor the others who wait for this run."""
FIRST_REST = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=6)
"""A rest doubles with each failure after it. Six hours: a platform that comes back is seen again the same day."""
OLD = timedelta(days=2)
"""No pause is that long: what was not touched since says nothing any more."""


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
    failures: int = 0


class Pace:
    """Gives each host's turns. One object serves all sources of a process; threads may share it.

    With a folder, processes share the pace too, and a pause that a host asked for outlives the run: a scheduler
    starts a new process every few minutes. Its files are named by hashes and hold one moment each.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        interval: timedelta = INTERVAL,
        patience: timedelta = PATIENCE,
        folder: Path | None = None,
    ) -> None:
        self._clock, self._patience, self._folder = clock, patience, folder
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(interval))
        if folder is not None:
            _forget_old(folder, clock.now() - OLD)

    @contextmanager
    def turn(self, host: str, *, deadline: datetime) -> Iterator[datetime | None]:
        """Wait for the host's turn and keep it for the block.

        Gives None when the host may be asked now, else the moment from which it may: too late for the deadline or
        for our patience, so that the block must not ask.
        """
        with self._alone(host) as state:
            now = self._clock.now()
            if state.free_at > now and state.free_at > min(deadline, now + max(self._patience, state.interval)):
                yield state.free_at
                return
            if state.free_at > now:
                self._clock.sleep((state.free_at - now).total_seconds())
            try:
                yield None
            finally:
                state.free_at = max(state.free_at, self._clock.now() + state.interval)

    @contextmanager
    def _alone(self, host: str) -> Iterator[_Host]:
        state = self._hosts[host]
        with state.lock, _shared(self._folder, host) as file:
            # Bounded: a clock that once stood wrong must not silence a host for years.
            free_at, failures = _read(file)
            state.free_at = max(state.free_at, min(free_at, self._clock.now() + LONGEST_PAUSE))
            state.failures = state.failures if file is None else failures
            try:
                yield state
            finally:
                _write(file, state)

    def slow_down(self, host: str, *, interval: timedelta) -> None:
        """Leave at least this long between two requests to that host."""
        state = self._hosts[host]
        state.interval = max(state.interval, interval)

    def worked(self, host: str) -> None:
        """This host answered; only the one who has its turn calls this."""
        self._hosts[host].failures = 0

    def failed(self, host: str) -> None:
        """This host could not be reached or is broken: after a few times in a row it rests, longer each time."""
        state = self._hosts[host]
        state.failures = min(state.failures + 1, 99)
        if state.failures >= FAILURES_IN_A_ROW:
            doubled = FIRST_REST * 2 ** min(state.failures - FAILURES_IN_A_ROW, 10)
            self.hold(host, until=self._clock.now() + min(doubled, LONGEST_REST))

    def is_resting(self, host: str) -> bool:
        """Whether the host is left alone because it failed, and not because it asked for a pause."""
        return self._hosts[host].failures >= FAILURES_IN_A_ROW

    def interval_of(self, host: str) -> timedelta:
        """How long we leave between two requests to that host."""
        return self._hosts[host].interval

    def hold(self, host: str, *, until: datetime) -> None:
        """Ask this host nothing before that moment; only the one who has its turn calls this."""
        state = self._hosts[host]
        state.free_at = max(state.free_at, until)


@contextmanager
def _shared(folder: Path | None, host: str) -> Iterator[int | None]:
    """Open and lock what processes know of a host; None when they share nothing."""
    if folder is None:
        yield None
        return
    import fcntl

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(folder / sha256(host.encode()).hexdigest()[:32], os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed, also by a process that dies
        yield file
    finally:
        os.close(file)


def _forget_old(folder: Path, before: datetime) -> None:
    for file in folder.glob("*") if folder.is_dir() else ():
        with suppress(FileNotFoundError):  # another process forgot it first
            if file.stat().st_mtime < before.timestamp():
                file.unlink()


def _read(file: int | None) -> tuple[datetime, int]:
    written = b"" if file is None else os.pread(file, 64, 0)
    moment, _, failures = written.decode().partition(" ")
    return (datetime.fromisoformat(moment) if moment else _LONG_AGO), int(failures or 0)


def _write(file: int | None, state: _Host) -> None:
    if file is not None:
        # Always as long as before, so that the new moment covers the old one.
        moment = state.free_at.astimezone(UTC).isoformat(timespec="microseconds")
        os.pwrite(file, f"{moment} {state.failures:02d}".encode(), 0)
