"""Bringing a ledger to today's tables."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from monitors.errors import StopRun

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x5368_6F75  # "Shou"; any number nobody else of this database uses


def upgrade(engine: Engine) -> None:
    """Bring the ledger to today's tables in one transaction; nothing happens when it is there already.

    Two processes may start at once: the second waits. Raises StopRun for a ledger of a newer Shouwang.
    """
    from alembic import command
    from alembic.util import CommandError

    with engine.begin() as connection:
        _wait_for_others(connection)
        try:
            command.upgrade(configuration(connection), "head")
        except CommandError as error:
            raise StopRun(
                "the ledger was made by another version of Shouwang", advice="update Shouwang, then start it again"
            ) from error


def configuration(connection: Connection) -> "Config":
    """Give Alembic's settings for an open connection: there is no ini file.

    ``alembic.command.revision(configuration(c), message="why", autogenerate=True)`` drafts the next step from the
    difference between the connected ledger and tables.py.
    """
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _wait_for_others(connection: Connection) -> None:
    # SQLite took its write lock when the transaction began.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
