"""Opening a SQLite file."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from monitors.sqlite import use_write_ahead_log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new.sqlite"


def _held(path: Path) -> sqlite3.Connection:
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def test_a_file_that_another_holds_is_waited_for(path: Path) -> None:
    """Two that open a new file at once both get it."""
    with closing(_held(path)) as holder, closing(sqlite3.connect(path, timeout=0)) as connection:
        release = threading.Timer(0.2, holder.rollback)
        release.start()

        use_write_ahead_log(connection.execute, seconds=30)

        release.join()
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_waiting_ends(path: Path) -> None:
    """A file that stays held is an error in the end, not a run that hangs."""
    with (
        closing(_held(path)),
        closing(sqlite3.connect(path, timeout=0)) as connection,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        use_write_ahead_log(connection.execute, seconds=0.1)
