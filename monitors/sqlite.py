"""What every SQLite file of ours needs when it is opened."""

import sqlite3
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.02


def use_write_ahead_log(execute: Callable[[str], object], *, seconds: float) -> None:
    """Switch the file's journal, waiting up to ``seconds`` for others that open or close it.

    WORKAROUND: switching a journal does not heed SQLite's own ``busy_timeout``, so two that open a new file at once
    would see one of them fail (4 of 60 new files with eight threads, 2026-11). Raises sqlite3.OperationalError.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return
