"""One pace a host."""

import threading
from datetime import datetime, timedelta

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
