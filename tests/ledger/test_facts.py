"""Facts and counters."""

from concurrent.futures import ThreadPoolExecutor

from monitors.ledger import facts
from monitors.ledger.engine import Ledger
from tests.builders import NOON


def test_a_fact_is_written_over(ledger: Ledger) -> None:
    """The last value of a fact counts; a forgotten one was never there."""
    with ledger.writing() as connection:
        facts.put(connection, "a", "1", NOON)
        facts.put(connection, "a", "2", NOON)

        assert facts.get(connection, "a") == facts.Fact(value="2", at=NOON)
        facts.forget(connection, "a")
        assert facts.get(connection, "a") is None


def test_numbers_follow_each_other(ledger: Ledger) -> None:
    """A counter starts at 1 and gives no number twice; each counter counts for itself."""
    with ledger.writing() as connection:
        taken = [
            list(facts.take_numbers(connection, name, count, NOON))
            for name, count in [("a", 2), ("a", 0), ("a", 1), ("b", 1)]
        ]

    assert taken == [[1, 2], [], [3], [1]]


def test_writers_at_once_share_no_number(ledger: Ledger) -> None:
    """However many write at once, every number is given once and none is left out."""

    def take(_: int) -> list[int]:
        with ledger.writing() as connection:
            return list(facts.take_numbers(connection, "a", 3, NOON))

    with ThreadPoolExecutor(max_workers=6) as pool:
        taken = [number for numbers in pool.map(take, range(6)) for number in numbers]

    assert sorted(taken) == list(range(1, 19))
