"""A real PostgreSQL on loopback, started once a run and thrown away after it."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

from tests.servers.missing import missing

INSTALL = "sudo apt-get install postgresql   # macOS: brew install postgresql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """The running server."""

    port: int
    folder: Path
    """Of its data and its log."""

    def new_database(self) -> str:
        """Make an empty database and give its SQLAlchemy address."""
        name = f"test_{token_hex(6)}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def drop(self, url: str) -> None:
        """Drop a database whatever is still connected to it."""
        name = url.rpartition("/")[2]
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run a statement as the server's owner."""
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a server, or skip where PostgreSQL is not installed."""
    binaries = find_binaries()
    if binaries is None:
        missing(f"PostgreSQL's server is not installed. Type: {INSTALL}")
    folder = Path(tempfile.mkdtemp(prefix="shouwang-postgres-"))
    port = free_port()
    try:
        make_cluster(binaries, folder)
        run(binaries / "pg_ctl", "-D", folder / "data", "-o", options(port), "-w", "-l", folder / "log", "start")
        try:
            yield Postgres(port=port, folder=folder)
        finally:
            run(binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


def find_binaries() -> Path | None:
    """Find PostgreSQL's own programs: Debian keeps them off the PATH."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def make_cluster(binaries: Path, folder: Path) -> None:
    """Make an empty cluster that trusts loopback."""
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    run(binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")


def options(port: int) -> str:
    """Loopback only, and no waiting for a disk that is thrown away."""
    return f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off"


def run(*command: str | Path) -> None:
    """Run one of PostgreSQL's programs, which refuse to be root."""
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    words = [*as_user, *map(str, command)]
    # pg_ctl's server keeps its parent's output open: a pipe would never end.
    done = subprocess.run(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", timeout=120, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}")


def free_port() -> int:
    """Give a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
