"""Migrations and tables."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from monitors.errors import StopRun
from monitors.ledger.engine import Ledger, open_engine
from monitors.ledger.migrate import upgrade
from monitors.ledger.tables import metadata
from tests.servers.postgres import Postgres


def test_migrations_make_the_tables(ledger: Ledger) -> None:
    """What the migrations build is what tables.py says, column by column."""
    with ledger.reading() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)

    assert found == []


def test_upgrading_twice_changes_nothing(ledger: Ledger) -> None:
    """A ledger that is up to date stays as it is."""
    with ledger.writing() as connection:
        connection.execute(text("INSERT INTO facts (key, value, at) VALUES ('a', 'b', '2026-03-01 12:00:00+00:00')"))

    upgrade(ledger.engine)

    with ledger.reading() as connection:
        assert connection.scalar(text("SELECT value FROM facts")) == "b"


def start_together(engines: list[Engine]) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(upgrade, engines))
    for engine in engines:
        assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
        engine.dispose()


def test_two_processes_may_start_at_once_on_sqlite(tmp_path: Path) -> None:
    """The second to open a new ledger waits for the first."""
    start_together([open_engine(f"sqlite:///{tmp_path / 'new' / 'ledger.sqlite'}") for _ in range(2)])


@pytest.mark.needs_postgres
def test_two_processes_may_start_at_once_on_postgres(postgres: Postgres) -> None:
    """The second to open a new ledger waits for the first."""
    url = postgres.new_database()

    start_together([open_engine(url) for _ in range(2)])

    postgres.drop(url)


def test_a_newer_ledger_is_left_alone(sqlite_ledger: Ledger) -> None:
    """An old Shouwang does not touch the ledger of a newer one and says what to do."""
    with sqlite_ledger.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StopRun, match="another version") as caught:
        upgrade(sqlite_ledger.engine)

    assert "update" in caught.value.advice
