"""Opening the ledger."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from monitors.ledger.engine import Ledger, open_engine
from monitors.ledger.tables import facts
from tests.builders import NOON


def add_fact(ledger: Ledger, key: str, value: str = "") -> None:
    with ledger.writing() as connection:
        connection.execute(insert(facts).values(key=key, value=value, at=NOON))


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    """A SQLite ledger, its log and its folder are closed to other users from the first moment."""
    path = tmp_path / "home" / "ledger.sqlite"
    engine = open_engine(f"sqlite:///{path}")

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
        modes = [stat.S_IMODE(file.stat().st_mode) for file in (path.parent, *path.parent.iterdir())]

    engine.dispose()
    assert modes[0] == 0o700
    assert set(modes[1:]) == {0o600}


def test_a_plain_postgres_address_takes_our_driver() -> None:
    """`postgresql://…`, as every manual writes it, works with the driver that is installed."""
    engine = open_engine("postgresql://someone@127.0.0.1/nowhere")

    assert engine.driver == "psycopg"


def test_a_failed_block_leaves_no_trace(ledger: Ledger) -> None:
    """What a transaction wrote before it raised is not there."""
    add_fact(ledger, "a")

    with pytest.raises(IntegrityError), ledger.writing() as connection:
        connection.execute(insert(facts), [{"key": key, "value": "", "at": NOON} for key in ("b", "a")])

    with ledger.reading() as connection:
        assert connection.scalars(select(facts.c.key)).all() == ["a"]


def test_times_come_back_in_utc(ledger: Ledger) -> None:
    """Both databases give the moment that went in, with its zone."""
    add_fact(ledger, "a")

    with ledger.reading() as connection:
        assert connection.scalar(select(facts.c.at)) == NOON


def test_a_reader_sees_one_moment(ledger: Ledger) -> None:
    """What is written while somebody reads appears with the next read, and nobody waits."""
    add_fact(ledger, "a")

    with ledger.reading() as connection:
        before = connection.execute(select(facts.c.key)).all()
        add_fact(ledger, "b")
        after = connection.execute(select(facts.c.key)).all()

    assert before == after


def test_a_reader_cannot_write_on_postgres(ledger: Ledger) -> None:
    """PostgreSQL refuses a write in a reading block; SQLite lets it pass and drops it at the end."""
    if ledger.engine.dialect.name == "postgresql":
        with ledger.reading() as connection, pytest.raises(DBAPIError, match="read-only"):
            connection.execute(insert(facts).values(key="a", value="", at=NOON))
    else:
        with ledger.reading() as connection:
            connection.execute(insert(facts).values(key="a", value="", at=NOON))

    with ledger.reading() as connection:
        assert connection.execute(select(facts)).all() == []


def test_writers_wait_for_each_other(ledger: Ledger) -> None:
    """Two threads that write at once both succeed."""
    threads = [threading.Thread(target=add_fact, args=(ledger, str(number))) for number in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with ledger.reading() as connection:
        assert len(connection.execute(select(facts)).all()) == 8


def test_a_new_file_waits_for_who_is_making_it(tmp_path: Path) -> None:
    """A process that opens a ledger in the moment in which another makes it waits instead of failing."""
    path = tmp_path / "ledger.sqlite"
    maker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.2, maker.rollback).start()
    engine = open_engine(f"sqlite:///{path}")

    with engine.begin() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()

    engine.dispose()
    maker.close()
    assert mode == "wal"


def test_scrubbed_rows_are_gone_from_the_file(sqlite_ledger: Ledger) -> None:
    """What was deleted stands in no page of the database and no line of its log."""
    secret = "ciphertext-of-somebody"
    add_fact(sqlite_ledger, "a", secret)
    with sqlite_ledger.writing() as connection:
        connection.execute(facts.delete())
    folder = Path(str(sqlite_ledger.engine.url.database)).parent

    done = sqlite_ledger.scrub()

    assert done
    assert [file.name for file in folder.iterdir() if secret.encode() in file.read_bytes()] == []


def test_scrubbing_says_when_a_reader_was_in_the_way(sqlite_ledger: Ledger) -> None:
    """A reader that holds an old moment keeps it on disk; the caller is told and can try again."""
    with sqlite_ledger.reading() as reader:
        reader.execute(text("SELECT * FROM facts"))
        with sqlite_ledger.writing() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=10")
            connection.execute(insert(facts).values(key="a", value="", at=NOON))

        assert not sqlite_ledger.scrub()


def test_scrubbing_works_on_both(ledger: Ledger) -> None:
    """PostgreSQL rewrites its tables without the deleted rows."""
    add_fact(ledger, "a")

    assert ledger.scrub()

    with ledger.reading() as connection:
        assert connection.scalar(select(facts.c.key)) == "a"
