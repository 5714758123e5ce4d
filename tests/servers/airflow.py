"""A real Airflow on loopback: single DAG runs in one process, or scheduler, executor and page by deploy/watch.py."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.servers.missing import missing
from tests.servers.postgres import free_port

ROOT = Path(__file__).parent.parent.parent
AIRFLOW = Path(sys.executable).with_name("airflow")
INSTALL = ".uv/bin/uv sync --frozen --inexact --extra airflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task instance as Airflow's database tells of it; ``mapped`` is -1 where it is the only one."""

    name: str
    mapped: int
    state: str | None
    tries: int
    pid: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowHome:
    """A folder with Airflow's database and logs."""

    path: Path

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Give the variables of a process: ours, and none that this machine's own Airflow would read."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        return {
            **kept,
            "AIRFLOW_HOME": str(self.path),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            **settings,
        }

    def run(self, *words: str, settings: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of Airflow's commands to its end."""
        return subprocess.run(
            [AIRFLOW, *words],
            env=self.environment(settings or {}),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def ask(self, question: str, *values: object) -> list[sqlite3.Row]:
        """Ask Airflow's database."""
        with closing(sqlite3.connect(f"file:{self.path}/airflow.db?mode=ro", uri=True, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(question, values).fetchall()

    def tasks(self, dag_id: str) -> list[Task]:
        """Give the task instances of a DAG's runs, in an order of their own."""
        question = (
            "SELECT task_id, map_index, state, try_number, pid FROM task_instance WHERE dag_id = ? "
            "ORDER BY run_id, task_id, map_index"
        )
        return [
            Task(name=row[0], mapped=row[1], state=row[2], tries=row[3], pid=row[4])
            for row in self.ask(question, dag_id)
        ]

    def runs(self, dag_id: str) -> list[str]:
        """Give the states of a DAG's runs, the first one first."""
        return [row["state"] for row in self.ask("SELECT state FROM dag_run WHERE dag_id = ? ORDER BY id", dag_id)]

    def handed_over(self) -> list[Any]:
        """Give every value that a task handed to another one."""
        return [row["value"] for row in self.ask("SELECT value FROM xcom WHERE value IS NOT NULL")]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Give everything that Airflow wrote: database, logs, settings."""
        for path in sorted(self.path.rglob("*")):
            if path.is_file():
                yield str(path.relative_to(self.path)), path.read_bytes()


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> AirflowHome:
    """Give a folder with a migrated database; nothing runs in it but what a test runs."""
    need_airflow()
    home = AirflowHome(path=tmp_path_factory.mktemp("airflow"))
    done = home.run("db", "migrate")
    assert done.returncode == 0, done.stderr[-2000:]
    return home


def need_airflow() -> None:
    """Skip at home and fail in CI where Airflow is not installed."""
    if find_spec("airflow") is None:
        missing(f"Airflow is not installed. Type: {INSTALL}")


class Watching:
    """What `make watch` starts: deploy/watch.py with everything under it."""

    def __init__(self, home: AirflowHome, settings: Mapping[str, str]) -> None:
        self.home, self.port = home, free_port()
        environment = home.environment(settings) | {"SHOUWANG_WATCH_PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "deploy/watch.py"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def sessions(self) -> set[int]:
        """Give the sessions of the processes it started, which all their children are in."""
        listed = subprocess.run(["ps", "-eo", "sid=,ppid="], capture_output=True, text=True, check=True).stdout
        rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
        return {session for session, parent in rows if parent == self.process.pid}

    def interrupt(self) -> str:
        """Press Ctrl-C, wait for the end and give what was printed."""
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=90)[0]


@contextmanager
def watching(home: AirflowHome, settings: Mapping[str, str]) -> Iterator[Watching]:
    """Airflow for the length of a block."""
    need_airflow()
    started = Watching(home, settings)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.interrupt()


def wait_until(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait for something that another process does; fails by naming it."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.2)
