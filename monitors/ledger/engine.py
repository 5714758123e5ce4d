"""Opening the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from monitors.errors import BadInputError, MonitorError
from monitors.ledger.tables import metadata
from monitors.sqlite import use_write_ahead_log

READING = "shouwang_reading"
"""Execution option of a connection that will not write."""
BUSY_MILLISECONDS = 30_000
"""How long SQLite waits for another writer; a stage writes for well under a second."""


class LedgerUnavailableError(MonitorError):
    """The database does not answer, or takes no writing; the same call may succeed later."""


@contextmanager
def answering() -> Iterator[None]:
    """Let the database's refusals out as LedgerUnavailableError."""
    try:
        yield
    except OperationalError as error:
        refusal = getattr(error.orig, "sqlite_errorname", type(error.orig).__name__)
        raise LedgerUnavailableError(
            f"the ledger's database does not answer or takes no writing ({refusal})",
            advice="start it, make room on its disk, or correct SHOUWANG_DATABASE_URL; what was recorded is not lost",
        ) from error


def open_engine(url: str) -> Engine:
    """Give an engine for SQLite or PostgreSQL; a SQLite file is made with its folder, readable by its owner only.

    Its errors never quote the values of a statement: these may be words of a post.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise BadInputError("is no database address", field="SHOUWANG_DATABASE_URL") from error
    if address.get_backend_name() != "sqlite":
        # `postgresql://` alone would ask for psycopg2; version 3 is the driver we install.
        named = address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address
        return create_engine(named, pool_pre_ping=True, hide_parameters=True)
    if address.database and address.database != ":memory:":
        path = Path(address.database)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    engine = create_engine(address, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver's own implicit BEGIN is off: `_begin` opens the transaction with the right kind of lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    use_write_ahead_log(cursor.execute, seconds=BUSY_MILLISECONDS / 1000)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # What is erased must not linger in free pages (withdrawal, docs/privacy.md).
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that will write takes its lock at once: upgrading a read lock later can only fail.
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class Ledger:
    """The ledger's two ways in. Repositories take the connection, so that one transaction can span several."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that commits when the block ends and leaves no trace when it raises."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view that never waits for a writer."""
        options: dict[str, Any] = {READING: True}
        if self.engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection:
            yield connection

    def scrub(self) -> bool:
        """Overwrite what deleted rows left in the database's own files; False when a reader was in the way.

        Backups, a server's write-ahead archive and what a disk remaps by itself are beyond its reach.
        """
        if self.engine.dialect.name == "sqlite":
            return self._truncate_log()
        names = ", ".join(table.name for table in metadata.sorted_tables)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM FULL {names}")
        return True

    def _truncate_log(self) -> bool:
        # secure_delete zeroed the pages; the log still holds what was in them. Not possible inside a transaction.
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (busy, _, _) = cursor.fetchone() or (1, 0, 0)
            return busy == 0
        finally:
            raw.close()
