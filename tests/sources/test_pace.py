"""One pace a host."""

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

from monitors.sources.pace import Pace
from tests.builders import NOON

SECOND = timedelta(seconds=1)
LATE = NOON + timedelta(hours=1)


class SteppedClock:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = NOON
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The time so far."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Go on by so much."""
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


def test_first_turn_is_at_once() -> None:
    """A host nobody asked yet is free."""
    clock = SteppedClock()

    with Pace(clock=clock).turn("site.example", deadline=LATE) as again_at:
        assert again_at is None

    assert clock.slept == []


def test_second_turn_waits() -> None:
    """Between the end of one request and the next lies the interval, however long the first took."""
    clock = SteppedClock()
    pace = Pace(clock=clock, interval=2 * SECOND)

    with pace.turn("site.example", deadline=LATE):
        clock.time += 5 * SECOND
    with pace.turn("site.example", deadline=LATE):
        pass

    assert clock.slept == [2.0]


def test_hosts_do_not_wait_for_each_other() -> None:
    """The pace is kept for each host alone."""
    clock = SteppedClock()
    pace = Pace(clock=clock)

    with pace.turn("one.example", deadline=LATE):
        pass
    with pace.turn("two.example", deadline=LATE):
        pass

    assert clock.slept == []


def test_short_pause_is_waited_for() -> None:
    """A pause within our patience is slept through."""
    clock = SteppedClock()
    pace = Pace(clock=clock, patience=10 * SECOND)

    with pace.turn("site.example", deadline=LATE):
        pace.hold("site.example", until=NOON + 7 * SECOND)
    with pace.turn("site.example", deadline=LATE) as again_at:
        pass

    assert again_at is None
    assert clock.slept == [7.0]


def test_long_pause_is_told() -> None:
    """A pause past our patience is not slept through: the caller learns when to come again."""
    clock = SteppedClock()
    pace = Pace(clock=clock, patience=10 * SECOND)

    with pace.turn("site.example", deadline=LATE):
        pace.hold("site.example", until=NOON + 11 * SECOND)
    with pace.turn("site.example", deadline=LATE) as again_at:
        pass

    assert again_at == NOON + 11 * SECOND
    assert clock.slept == []


def test_pause_past_the_deadline_is_told() -> None:
    """Nobody sleeps past a deadline."""
    clock = SteppedClock()
    pace = Pace(clock=clock, interval=5 * SECOND)

    with pace.turn("site.example", deadline=LATE):
        pass
    with pace.turn("site.example", deadline=NOON + SECOND) as again_at:
        pass

    assert again_at == NOON + 5 * SECOND


def test_slower_when_asked() -> None:
    """A site's own delay lengthens the interval and never shortens it."""
    clock = SteppedClock()
    pace = Pace(clock=clock, interval=2 * SECOND)

    pace.slow_down("site.example", interval=8 * SECOND)
    pace.slow_down("site.example", interval=SECOND)
    for _ in range(2):
        with pace.turn("site.example", deadline=LATE):
            pass

    assert clock.slept == [8.0]


def test_one_in_flight() -> None:
    """Two threads never have the same host's turn at once."""
    pace = Pace(clock=SteppedClock(), interval=timedelta(0))
    inside, most = 0, 0

    def ask() -> None:
        nonlocal inside, most
        with pace.turn("site.example", deadline=LATE):
            inside += 1
            most = max(most, inside)
            threading.Event().wait(0.01)
            inside -= 1

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


def test_processes_share_a_pace(tmp_path: Path) -> None:
    """What one process asked, another knows: the interval lies between the requests of both."""
    clock = SteppedClock()
    one, two = (Pace(clock=clock, interval=2 * SECOND, folder=tmp_path / "pace") for _ in range(2))

    with one.turn("site.example", deadline=LATE):
        pass
    with two.turn("site.example", deadline=LATE):
        pass

    assert clock.slept == [2.0]


def test_a_pause_outlives_the_run(tmp_path: Path) -> None:
    """A host that asked for a quarter of an hour is left alone by the runs in between, too."""
    clock = SteppedClock()
    asked = NOON + 15 * 60 * SECOND
    first = Pace(clock=clock, folder=tmp_path)
    with first.turn("site.example", deadline=LATE):
        first.hold("site.example", until=asked)

    with Pace(clock=clock, folder=tmp_path).turn("site.example", deadline=LATE) as again_at:
        pass
    clock.time = asked
    with Pace(clock=clock, folder=tmp_path).turn("site.example", deadline=asked + SECOND) as later:
        pass

    assert (again_at, later) == (asked, None)


def test_shared_files_tell_nothing(tmp_path: Path) -> None:
    """Which hosts were asked cannot be read from the folder."""
    with Pace(clock=SteppedClock(), folder=tmp_path).turn("site.example", deadline=LATE):
        pass

    (file,) = tmp_path.iterdir()
    assert "site" not in file.name
    assert file.read_text() == "2026-03-01T12:00:01.000000+00:00 00"


def test_processes_wait_for_each_other(tmp_path: Path) -> None:
    """A host that one process is asking is not asked by another until it is through."""
    clock = SteppedClock()
    one, two = (Pace(clock=clock, interval=timedelta(0), folder=tmp_path) for _ in range(2))
    order: list[str] = []
    entered = threading.Event()

    def second() -> None:
        entered.wait()
        with two.turn("site.example", deadline=LATE):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with one.turn("site.example", deadline=LATE):
        entered.set()
        threading.Event().wait(0.1)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]


def test_old_hosts_are_forgotten(tmp_path: Path) -> None:
    """What nobody asked for two days leaves the folder."""
    for name, days in (("old", 3), ("new", 1)):
        (tmp_path / name).touch()
        moment = (NOON - timedelta(days=days)).timestamp()
        os.utime(tmp_path / name, (moment, moment))

    Pace(clock=SteppedClock(), folder=tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["new"]


def test_a_host_that_fails_rests() -> None:
    """After three failures in a row a host rests, twice as long after each further one, six hours at most."""
    clock = SteppedClock()
    pace = Pace(clock=clock)
    rests = []

    for _ in range(12):
        with pace.turn("site.example", deadline=LATE + timedelta(days=9)):
            pace.failed("site.example")
        with pace.turn("site.example", deadline=clock.time) as again_at:
            rests.append((again_at or clock.time) - clock.time if pace.is_resting("site.example") else None)
        clock.time += 7 * 60 * 60 * SECOND

    minutes = [rest and rest / timedelta(minutes=1) for rest in rests]
    assert minutes == [None, None, 5, 10, 20, 40, 80, 160, 320, 360, 360, 360]


def test_one_answer_ends_the_count() -> None:
    """Failures count only in a row."""
    pace = Pace(clock=SteppedClock())

    for failing in (True, True, False, True, True):
        (pace.failed if failing else pace.worked)("site.example")

    assert not pace.is_resting("site.example")


def test_failures_outlive_the_process(tmp_path: Path) -> None:
    """Runs of a minute each count their failures together."""
    clock = SteppedClock()

    for _ in range(3):
        pace = Pace(clock=clock, folder=tmp_path)
        with pace.turn("site.example", deadline=LATE):
            pace.failed("site.example")

    with Pace(clock=clock, folder=tmp_path).turn("site.example", deadline=LATE) as again_at:
        assert again_at == clock.time + timedelta(minutes=5)


def test_a_slow_host_is_waited_for() -> None:
    """A pace slower than our patience is still a pace, not a refusal."""
    clock = SteppedClock()
    pace = Pace(clock=clock, patience=15 * SECOND)
    pace.slow_down("site.example", interval=20 * SECOND)

    with pace.turn("site.example", deadline=LATE):
        pass
    with pace.turn("site.example", deadline=LATE) as again_at:
        assert again_at is None

    assert clock.slept == [20.0]
