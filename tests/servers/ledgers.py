"""The same ledger twice: SQLite, and PostgreSQL where it is installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors.ledger import profiles
from monitors.ledger.engine import Ledger, open_engine
from monitors.ledger.migrate import upgrade
from monitors.ledger.tables import metadata
from monitors.profiles.vault import Vault
from monitors.records import ProfileState, WatchProfile
from tests.builders import NOON, a_profile
from tests.servers.postgres import Postgres

MASTER_KEY = bytes(range(32))
KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgres))


@pytest.fixture(params=KINDS)
def ledger_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a migrated ledger without rows, once for each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    url = request.getfixturevalue("migrated_postgres")
    yield url
    empty(url)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Give the address of a migrated SQLite ledger, for tests that need no second database."""
    shutil.copy(migrated_sqlite, tmp_path / "ledger.sqlite")
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """Open the ledger, once for each kind of database."""
    yield from opened(ledger_url)


@pytest.fixture
def sqlite_ledger(sqlite_url: str) -> Iterator[Ledger]:
    """Open a SQLite ledger, for tests that need no second database."""
    yield from opened(sqlite_url)


@pytest.fixture
def vault(ledger: Ledger) -> Vault:
    """Give the vault of ``ledger``."""
    return Vault(ledger, MASTER_KEY)


@pytest.fixture
def sqlite_vault(sqlite_ledger: Ledger) -> Vault:
    """Give the vault of ``sqlite_ledger``."""
    return Vault(sqlite_ledger, MASTER_KEY)


def add_profile(ledger: Ledger, vault: Vault, profile: WatchProfile | None = None) -> WatchProfile:
    """Store a profile with its own key in the state it says, as registration and confirmation leave it."""
    stored = profile or a_profile()
    with ledger.writing() as connection:
        profiles.create(connection, stored.id, address_mac=vault.mac("address", stored.id), at=NOON)
        vault.new_key(connection, stored.id)
        profiles.put(connection, vault, stored, NOON)
        profiles.move(connection, stored.id, stored.state, NOON, come_from=[ProfileState.PENDING])
    return stored


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate once a run; tests take a copy."""
    path = tmp_path_factory.mktemp("migrated") / "ledger.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """Migrate once a run; each test leaves it without rows, which takes a tenth of the time of a fresh copy."""
    url = postgres.new_database()
    migrate(url)
    return url


def migrate(url: str) -> None:
    """Bring a database to today's tables and let go of it."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


def empty(url: str) -> None:
    """Delete every row of a ledger."""
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    engine.dispose()


def opened(url: str) -> Iterator[Ledger]:
    """Open a ledger and close it."""
    engine = open_engine(url)
    yield Ledger(engine)
    engine.dispose()
