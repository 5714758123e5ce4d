"""Who is told when a source goes blind, in a whole installation."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitors import healthcheck
from monitors.alerts.compose import daily_edition
from monitors.alerts.coverage import tell_coverage
from monitors.healthcheck import check, suspicious, tell_operator
from monitors.ledger import fetches
from monitors.messages import say_in
from monitors.parts import Parts
from monitors.records import FetchKind, FetchOutcome, Query
from monitors.sources.abilities import Abilities, Asks
from tests.servers.smtp import MailServer
from tests.sources.test_health import Says, a_delta
from tests.test_recheck import Hand
from tests.worlds import LIN, world

OPERATOR = "ops@watch.example"


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def parts(tmp_path: Path, smtp: MailServer, clock: Hand, monkeypatch: pytest.MonkeyPatch) -> Iterator[Parts]:
    """An installation that watches one search platform, with an operator who reads mail."""
    searches = Abilities(asks=frozenset({Asks.WORDS}), canary=Query(words=("天气",)))
    monkeypatch.setattr(healthcheck, "abilities_of", lambda _source: searches)
    mail = {
        "smtp_host": smtp.host,
        "smtp_port": smtp.port,
        "smtp_security": "none",
        "operator_address": OPERATOR,
    }
    with world(tmp_path, **mail) as opened:
        clock.time = datetime.now(UTC)
        desk = replace(opened.desk, watched=("told",))
        yield replace(opened, clock=clock, desk=desk, sources={"told": Says(a_delta(FetchKind.OK, 1))})


def look(parts: Parts, kind: FetchKind, *, posts: int = 0, part: str = "") -> None:
    """Write down that the source was looked at."""
    with parts.ledger.writing() as ledger:
        fetches.record(ledger, "told", FetchOutcome(kind=kind, part=part), posts=posts, at=parts.clock.now())


def guard(parts: Parts) -> tuple[str, ...]:
    """What a run does in the end."""
    return tell_operator(parts, check(parts, asks=suspicious))


def test_told_once(parts: Parts, smtp: MailServer, clock: Hand) -> None:
    """After three blind looks the operator is told, once; and once more when it sees again."""
    for _ in range(2):
        look(parts, FetchKind.BLOCKED)
        assert guard(parts) == ()
        clock.time += timedelta(minutes=30)

    look(parts, FetchKind.BLOCKED)
    assert guard(parts) == ("told",)
    look(parts, FetchKind.BLOCKED)
    assert guard(parts) == ()
    look(parts, FetchKind.OK, posts=5)
    assert guard(parts) == ("told",)
    assert guard(parts) == ()

    subjects = [str(mail["Subject"]) for mail in smtp.mails_to(OPERATOR)]
    assert subjects == ["[守望] told 看不见了", "[守望] told 又看得见了"]


def test_a_mail_server_that_is_down(parts: Parts, clock: Hand) -> None:
    """An alarm that could not leave is tried again the next time."""
    away = replace(parts, settings=parts.settings.model_copy(update={"smtp_port": 9}))
    for _ in range(3):
        look(parts, FetchKind.BLOCKED)
        clock.time += timedelta(minutes=30)

    assert guard(away) == ()
    assert guard(parts) == ("told",)


def test_empty_for_a_day_is_looked_into(parts: Parts, clock: Hand) -> None:
    """A source that says for a day that there is nothing is asked for what is always there; not in every run."""
    look(parts, FetchKind.EMPTY)
    source = parts.sources["told"]
    assert isinstance(source, Says)

    for _ in range(4):
        clock.time += timedelta(minutes=30)
        look(parts, FetchKind.EMPTY)
        guard(parts)

    assert len(source.asked) == 1


def test_blind_without_saying_so(parts: Parts, smtp: MailServer, clock: Hand) -> None:
    """A platform that answers politely with nothing is told of after three canaries, and every digest says so."""
    silent = replace(parts, sources={"told": Says(a_delta(FetchKind.EMPTY))})
    for _ in range(3):
        look(silent, FetchKind.EMPTY)
        guard(silent)
        clock.time += timedelta(minutes=30)

    assert len(smtp.mails_to(OPERATOR)) == 1
    with silent.ledger.reading() as ledger:
        edition = daily_edition(ledger, silent.desk, LIN, clock.time.date(), clock.time)
    (line,) = tell_coverage(edition.coverage, say_in("en"), str)
    assert line.startswith("Could not be looked at: told")


def test_what_brings_posts_is_left_alone(parts: Parts) -> None:
    """A source that brought posts today needs no canary."""
    look(parts, FetchKind.OK, posts=20)
    source = parts.sources["told"]
    assert isinstance(source, Says)

    guard(parts)

    assert source.asked == []


def test_far_less_than_usual(parts: Parts, clock: Hand) -> None:
    """A source that brought fifty a day and brings one today is asked, and shown as quiet."""
    for _ in range(5):
        look(parts, FetchKind.OK, posts=50)
        clock.time += timedelta(days=1)
    clock.time += timedelta(hours=1)
    look(parts, FetchKind.OK, posts=1)

    healths = check(parts, asks=suspicious)

    assert [health.state.value for health in healths if health.part == ""] == ["quiet"]
    source = parts.sources["told"]
    assert isinstance(source, Says)
    assert len(source.asked) == 1
