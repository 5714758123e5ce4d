"""The SQLite file: its tables, and opening it so that what is deleted does not linger."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitors.errors import StopRun
from monitors.sqlite import use_write_ahead_log
from search.index import StoreUnavailableError
from search.words import VERSION as WORDS_VERSION

VERSION = 1000 + WORDS_VERSION
"""Of the tables (thousands) and of the words in them; kept in the file's ``user_version``."""

BUSY_SECONDS = 120
"""How long a writer waits for another. The longest is a rebuild: 3,000 documents a second (2026-11, one core)."""

HAS_SECURE_WORDS = sqlite3.sqlite_version_info >= (3, 42)
"""Whether deleted words can be taken out at once; otherwise `wipe` merges them away, which takes longer."""

REBUILD = "Type: shouwang index rebuild"

_TABLES = (
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        hit_id TEXT NOT NULL UNIQUE,
        profile_id TEXT NOT NULL,
        severity TEXT NOT NULL,
        categories TEXT NOT NULL,
        found_at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX newest ON documents (found_at DESC, hit_id DESC)",
    "CREATE INDEX of_profile ON documents (profile_id)",
    # Words come folded and parted by spaces (search/words.py); the ascii tokenizer parts them there and nowhere else.
    "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'ascii', columnsize = 0)",
)
_DISK = "Is its disk full, or its folder not ours to write?"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection of its own for one call, so that any thread may call; the file is its owner's alone.

    SQLite's errors come out as StoreUnavailableError or StopRun.
    """
    _make_private(path)
    with _translated():
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(connection)
            yield connection
        finally:
            connection.close()


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreUnavailableError(f"the search index cannot be opened: {error.strerror}", advice=_DISK) from error


def _prepare(connection: sqlite3.Connection) -> None:
    use_write_ahead_log(connection.execute, seconds=BUSY_SECONDS)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One transaction that takes the write lock at once and leaves no trace when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def version_of(connection: sqlite3.Connection) -> int:
    """Give the version of the tables in the file; 0 when there are none."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def require_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file; refuse those of another version, which would miss what they hold."""
    if version_of(connection) == 0:
        with writing(connection):
            if version_of(connection) == 0:
                make_tables(connection)
    if version_of(connection) != VERSION:
        raise StopRun("the search index was made by another version", advice=REBUILD)


def make_tables(connection: sqlite3.Connection) -> None:
    """Make empty tables in place of those there are, inside the caller's transaction."""
    connection.execute("DROP TABLE IF EXISTS words")
    connection.execute("DROP TABLE IF EXISTS documents")
    for statement in _TABLES:
        connection.execute(statement)
    if HAS_SECURE_WORDS:
        connection.execute("INSERT INTO words (words, rank) VALUES ('secure-delete', 1)")
    connection.execute(f"PRAGMA user_version = {VERSION:d}")


def is_sound(connection: sqlite3.Connection) -> bool:
    """Whether SQLite finds nothing broken, in tables or words. Raises StopRun where it cannot even look."""
    if connection.execute("PRAGMA integrity_check (1)").fetchone()[0] != "ok":
        return False
    if version_of(connection) == VERSION:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    return True


def wipe(connection: sqlite3.Connection) -> bool:
    """Leave nothing of what was deleted: not between words, not in free pages, not in the write-ahead log.

    False where a reader still holds the log; then its bytes go with a later call.
    """
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")
    connection.execute("VACUUM")
    is_busy, *_ = connection.execute("PRAGMA wal_checkpoint (TRUNCATE)").fetchone()
    return not is_busy


def remove_files(path: Path) -> None:
    """Delete the file and its log."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = _code_of(error)
        if code in _DAMAGED:
            raise StopRun("the search index is damaged", advice=REBUILD) from error
        if isinstance(error, sqlite3.OperationalError):
            raise StoreUnavailableError(f"the search index cannot be used now: {code}", advice=_DISK) from error
        raise


def _code_of(error: sqlite3.Error) -> str:
    """SQLite's name for what happened; an extended code (SQLITE_IOERR_WRITE) by its first two parts."""
    return "_".join(getattr(error, "sqlite_errorname", "SQLITE_ERROR").split("_")[:2])
