"""What may be spent in a day or a month."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitors.records import FetchKind
from monitors.sources.budgets import Budget, Budgets, Period
from monitors.sources.guard import Guard
from monitors.sources.pace import Pace
from monitors.sources.requester import Requester
from tests.builders import NOON
from tests.servers.web import Web

DAY = Budget(name="weibo-requests", most=3)


class SetClock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Go on by so much."""
        self.time += timedelta(seconds=seconds)


@pytest.fixture(params=["in memory", "in a folder"])
def budgets(request: pytest.FixtureRequest, tmp_path: Path) -> Budgets:
    """Kept in a process, and kept for all of them."""
    return Budgets(SetClock(), tmp_path / "budgets" if request.param == "in a folder" else None)


def test_spent_to_the_end(budgets: Budgets) -> None:
    """What is left can be spent, and not one more."""
    assert [budgets.take(DAY), budgets.take(DAY, 2), budgets.take(DAY)] == [True, True, False]
    assert budgets.left(DAY) == 0


def test_too_much_spends_nothing(budgets: Budgets) -> None:
    """Who asks for more than is left gets nothing, and what is left stays."""
    assert not budgets.take(DAY, 4)
    assert budgets.left(DAY) == 3


def test_given_back(budgets: Budgets) -> None:
    """What was set aside and not spent may be spent by the next."""
    budgets.take(DAY, 3)
    budgets.give_back(DAY, 2)

    assert budgets.left(DAY) == 2


def test_sources_do_not_share(budgets: Budgets) -> None:
    """Each budget is counted for itself."""
    budgets.take(DAY, 3)

    assert budgets.take(Budget(name="telegram-requests", most=1))


def test_processes_share(tmp_path: Path) -> None:
    """A run of its own process goes on counting where the last one ended."""
    Budgets(SetClock(), tmp_path).take(DAY, 2)

    assert Budgets(SetClock(), tmp_path).left(DAY) == 1


def test_old_periods_are_forgotten(tmp_path: Path) -> None:
    """The folder does not grow for ever."""
    old, new = tmp_path / "x-posts 2025-10", tmp_path / "x-posts 2026-02"
    for file, at in ((old, NOON - timedelta(days=90)), (new, NOON - timedelta(days=5))):
        file.write_text("1")
        os.utime(file, (at.timestamp(), at.timestamp()))

    Budgets(SetClock(), tmp_path)

    assert list(tmp_path.iterdir()) == [new]


def test_threads_share(tmp_path: Path) -> None:
    """However many ask at once, no more is spent than there is."""
    budgets, much = Budgets(SetClock(), tmp_path), Budget(name="x-posts", most=50)
    taken: list[bool] = []
    threads = [threading.Thread(target=lambda: taken.extend(budgets.take(much) for _ in range(20))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert taken.count(True) == 50


@pytest.mark.parametrize(
    ("period", "now", "again"),
    [
        (Period.DAY, NOON, datetime(2026, 3, 2, tzinfo=UTC)),
        (Period.MONTH, NOON, datetime(2026, 4, 1, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_whole_again(period: Period, now: datetime, again: datetime) -> None:
    """A day's budget is whole at midnight, a month's on the first, in UTC."""
    clock = SetClock()
    clock.time = now
    budgets, budget = Budgets(clock), Budget(name="x-posts", most=1, period=period)
    budgets.take(budget)

    assert budgets.full_again(budget) == again
    clock.time = again
    assert budgets.left(budget) == 1


def test_a_source_past_its_budget(web: Web) -> None:
    """When its requests of the day are spent, a source asks nothing more and says until when; others go on."""
    clock = SetClock()
    requester = Requester(
        guard=Guard(allow_hosts=["127.0.0.1"]), clock=clock, pace=Pace(clock=clock, interval=timedelta(0))
    )
    limited = requester.limited(budget=Budget(name="weibo-requests", most=1))
    late = NOON + timedelta(hours=1)

    limited.get(web.url("/a"), deadline=late)
    second = limited.get(web.url("/b"), deadline=late)
    requester.get(web.url("/c"), deadline=late)

    assert (second.outcome.kind, second.outcome.detail) == (FetchKind.BUDGET_SPENT, "daily_budget")
    assert second.outcome.retry_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert [request.path for request in web.seen] == ["/a", "/c"]
