"""What sources were asked for, in the ledger."""

from datetime import timedelta

import pytest

from monitors.ledger import asked
from monitors.ledger.asked import Question
from monitors.ledger.engine import Ledger
from tests.builders import NOON


def note(ledger: Ledger, minutes: float, *, yielded: bool = False) -> Question:
    """Ask for one term so many minutes after noon; give what is known then."""
    with ledger.writing() as connection:
        asked.note(connection, "weibo", ["m"], yielded=["m"] if yielded else [], at=NOON + timedelta(minutes=minutes))
    with ledger.reading() as connection:
        return asked.of_source(connection, "weibo")["m"]


def test_dry_runs_are_counted(ledger: Ledger) -> None:
    """Each time without a yield counts, and a yield begins anew."""
    assert [note(ledger, minutes).dry for minutes in (0, 30, 60)] == [1, 2, 3]
    assert note(ledger, 90, yielded=True).dry == 0
    assert note(ledger, 120).dry == 1


@pytest.mark.parametrize("minutes", [1, 5, 19])
def test_asked_again_soon(ledger: Ledger, minutes: float) -> None:
    """Asked twice within twenty minutes counts as once, and as the first of them."""
    note(ledger, 0)

    assert note(ledger, minutes) == Question(at=NOON, dry=1)


def test_sources_are_apart(ledger: Ledger) -> None:
    """What one platform was asked says nothing of another."""
    note(ledger, 0)

    with ledger.reading() as connection:
        assert asked.of_source(connection, "x") == {}


def test_forgotten(ledger: Ledger) -> None:
    """What nobody asks for any more goes."""
    note(ledger, 0)

    with ledger.writing() as connection:
        assert asked.forget(connection, before=NOON + timedelta(days=1)) == 1
        assert asked.of_source(connection, "weibo") == {}
