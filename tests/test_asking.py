"""What sources are asked, run after run, in a whole installation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from typing_extensions import override

from monitors import asking, pipeline
from monitors.records import Cursor, Delta, Query
from monitors.sources.abilities import Abilities, Asks
from tests.test_recheck import Hand
from tests.worlds import Told, posts_saying, world

SEARCH = Abilities(asks=frozenset({Asks.WORDS}), queries_per_run=5)


@pytest.fixture(autouse=True)
def _searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "abilities_of", lambda _source: SEARCH)


class Daily(Told):
    """Posts one delta a run."""

    @override
    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        yield from islice(super().fetch(plan, cursor, deadline), 1)


def run_every(home: Path, hours: float, times: int, source: Told) -> list[set[str]]:
    """Run a source so many times, so many hours apart; give the words it was asked for each time."""
    clock = Hand()
    with world(home) as opened:
        parts = replace(opened, clock=clock, sources={"told": source})
        clock.time = datetime.now(UTC)
        for _ in range(times):
            list(pipeline.collect(parts, "told"))
            clock.time += timedelta(hours=hours)
    return [{word for query in plan for word in query.words} for plan in source.plans]


def test_dry_words_rest(tmp_path: Path) -> None:
    """A name that never yields is asked for less; its other spellings once a day from the first time on."""
    asked = run_every(tmp_path, 0.5, 12, Told())

    assert asked[0] == {"林晓月", "林曉月", "linxiaoyue"}
    assert asked[1:4] == [{"林晓月"}] * 3
    assert [bool(words) for words in asked[4:]] == [False, True, False, False, False, True, False, False]


def test_a_word_that_yields_does_not_rest(tmp_path: Path) -> None:
    """As long as posts come that hold a word, it is asked for in every run."""
    deltas = [posts_saying(f"林晓月 {number}") for number in range(12)]

    asked = run_every(tmp_path, 0.5, 12, Daily(*deltas))

    assert all("林晓月" in words for words in asked)


def test_tried_by_hand(tmp_path: Path) -> None:
    """Running again and again within minutes makes no word dry."""
    asked = run_every(tmp_path, 0.01, 12, Told())

    assert all("林晓月" in words for words in asked)


def test_the_ledger_does_not_tell(tmp_path: Path) -> None:
    """What was asked for stands nowhere in plain."""
    run_every(tmp_path, 0.5, 2, Told())

    stored = (tmp_path / "ledger.sqlite").read_bytes()
    assert "林晓月".encode() not in stored
    assert b"linxiaoyue" not in stored


def test_no_profile_reaches_a_source(tmp_path: Path) -> None:
    """A source sees queries and nothing else."""
    told = Told()
    run_every(tmp_path, 0.5, 1, told)

    assert all(type(query) is Query for query in told.plans[0])
