"""The DAGs really run: alone, and under the scheduler that `make watch` starts, with a broken source and a killed task."""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine

from tests.servers.airflow import AirflowHome, Task, Watching, wait_until, watching
from tests.servers.homes import NOWHERE, EndState, end_state, feed, fetches, settings_for, watch_over_her
from tests.servers.postgres import free_port
from tests.servers.web import Web, Wire, answer_with, serving

pytestmark = [pytest.mark.needs_airflow, pytest.mark.timeout(600)]

RSS = {"Content-Type": "application/rss+xml"}
WAY = ["collect", "match", "score", "seal", "index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A run of the DAG `watch` in one process."""

    state: EndState
    done: subprocess.CompletedProcess[str]
    handed_over: tuple[Any, ...]


@pytest.fixture(scope="module")
def alone(airflow_home: AirflowHome, tmp_path_factory: pytest.TempPathFactory) -> Alone:
    """Run `airflow dags test watch`, which is `dag.test()`."""
    home = tmp_path_factory.mktemp("alone")
    watch_over_her(home)
    with serving() as web:
        web.answer("/feed", feed(), headers=RSS)
        settings = settings_for(home, feeds=web.url("/feed"), run_sources="rss")
        done = airflow_home.run("dags", "test", "watch", settings=settings)
    return Alone(state=end_state(home), done=done, handed_over=tuple(airflow_home.handed_over()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One scheduled run of every DAG: three sources, one of them gone and one unknown, a task killed on the way."""

    home: Path
    airflow: AirflowHome
    tasks: tuple[Task, ...]
    state: EndState
    page: httpx.Response
    api: httpx.Response
    health: dict[str, Any]
    addresses: frozenset[str]
    exit_code: int
    printed: str
    left: tuple[int, ...]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Start Airflow as `make watch` does, let it fire by itself, kill the task that collects, and end by Ctrl-C."""
    home, airflow = tmp_path_factory.mktemp("home"), AirflowHome(path=tmp_path_factory.mktemp("airflow"))
    watch_over_her(home)
    asked, locked = threading.Event(), threading.Event()

    def answer_when_locked(wire: Wire) -> None:
        asked.set()
        locked.wait(60)
        answer_with(feed(), headers=RSS)(wire)

    with serving() as web:
        settings = broken_sources(web, home)
        web.misbehave("/feed", answer_when_locked, answer_with(feed(), headers=RSS))
        with watching(airflow, settings) as running:
            wait_until(asked.is_set, seconds=240, what="the DAG fires and asks the feed")
            with nobody_writes(home):
                locked.set()
                wait_until(lambda: any((home / "spool").rglob("*.zst")), seconds=60, what="the batch file is written")
                os.kill(collecting(airflow), signal.SIGKILL)
            wait_until(lambda: airflow.runs("watch")[0] in {"success", "failed"}, seconds=240, what="the run ends")
            return told(running, airflow, home)


def broken_sources(web: Web, home: Path) -> dict[str, str]:
    """Give settings with a feed, a Mastodon server that is gone, and a source that nobody knows."""
    gone = f"http://127.0.0.1:{free_port()}"
    return settings_for(home, feeds=web.url("/feed"), mastodon_servers=gone, run_sources="rss,mastodon,unknown")


@contextmanager
def nobody_writes(home: Path) -> Iterator[None]:
    """Hold the ledger's write lock: a stage gets as far as its transaction and waits there."""
    engine = create_engine(f"sqlite:///{home / 'ledger.sqlite'}")
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("BEGIN IMMEDIATE")
        yield
        connection.rollback()
    engine.dispose()


def collecting(airflow: AirflowHome) -> int:
    """Give the process of the task that collects the feed."""
    (task,) = [task for task in airflow.tasks("watch") if task.name == "way.collect" and task.mapped == 0]
    assert task.state == "running"
    assert task.pid is not None
    return task.pid


def told(running: Watching, airflow: AirflowHome, home: Path) -> Watched:
    """Look at everything while it runs, press Ctrl-C, and look at what is left."""
    base = f"http://127.0.0.1:{running.port}"
    page, api = httpx.get(base, follow_redirects=True), httpx.get(f"{base}/api/v2/dags")
    health = httpx.get(f"{base}/api/v2/monitor/health").json()
    sessions = running.sessions()
    addresses = listening(sessions)
    printed = running.interrupt()
    return Watched(
        home=home,
        airflow=airflow,
        tasks=tuple(airflow.tasks("watch")),
        state=end_state(home),
        page=page,
        api=api,
        health=health,
        addresses=addresses,
        exit_code=running.process.returncode,
        printed=printed,
        left=tuple(in_sessions(sessions)),
    )


def in_sessions(sessions: set[int]) -> list[int]:
    """Give the processes of these sessions."""
    return [pid for pid in psutil.pids() if psutil.pid_exists(pid) and session_of(pid) in sessions]


def session_of(pid: int) -> int | None:
    """Give a process's session, None when it is gone."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def listening(sessions: set[int]) -> frozenset[str]:
    """Give the addresses on which these processes listen."""
    ours = set(in_sessions(sessions))
    found = psutil.net_connections(kind="inet")
    return frozenset(line.laddr.ip for line in found if line.pid in ours and line.status == psutil.CONN_LISTEN)


def test_a_run_alone_finds_her(alone: Alone) -> None:
    """Two of three posts are about her; both are scored, sealed and findable."""
    assert alone.done.returncode == 0
    assert {stage for _, stage in alone.state.hits} == {"index"}
    assert alone.state.documents == {hit for hit, _ in alone.state.hits}
    assert set(alone.state.exhibits) == alone.state.documents
    assert alone.state.outcomes["matching", "unmatched"] == 1
    assert alone.state.outcomes["index", "passed"] == len(alone.state.documents) == 2


def test_tasks_hand_over_batches_alone(alone: Alone, watched: Watched) -> None:
    """What a task hands to the next is a source's name or a batch: path, count, sha256."""
    handed_over = [json.loads(value) for value in (*alone.handed_over, *watched.airflow.handed_over())]

    lists = [value for value in handed_over if value and value not in ("rss", "mastodon", "unknown")]
    assert ["rss", "mastodon", "unknown"] in lists
    batches = [item for value in lists for item in value if isinstance(item, dict)]
    assert batches
    assert all(set(batch) == {"path", "count", "sha256"} for batch in batches)
    assert all(re.fullmatch(r"[0-9a-f]{64}", batch["sha256"]) for batch in batches)
    names = {item for value in lists for item in value if isinstance(item, str)}
    assert names == {"rss", "mastodon", "unknown"}


def test_airflow_never_hears_of_her(alone: Alone, watched: Watched, airflow_home: AirflowHome) -> None:
    """Neither her name nor her address, context or a post's text stands in Airflow's database, logs or settings."""
    assert alone.state.hits
    words = [form for word in NOWHERE for form in (word.encode(), json.dumps(word)[1:-1].encode())]
    said = (alone.done.stdout + alone.done.stderr).encode()
    written = [*watched.airflow.files(), *airflow_home.files(), ("said", said)]

    assert {name.partition("/")[0] for name, _ in written} >= {"airflow.db", "logs", "scheduler.log"}
    assert b'"stage"' in said
    assert not {name for name, content in written for word in words if word in content}


def test_one_broken_source_stops_itself_alone(watched: Watched) -> None:
    """A source that nobody knows fails its own group; the others come to their end."""
    states = {(task.name.removeprefix("way."), task.mapped): task.state for task in watched.tasks}

    assert [states[step, 0] for step in WAY] == ["success"] * 5
    assert [states[step, 1] for step in WAY] == ["success"] * 5
    assert [states[step, 2] for step in WAY] == ["failed", *["upstream_failed"] * 4]


def test_what_cannot_help_is_not_tried_again(watched: Watched) -> None:
    """The unknown source failed once, for good; the killed task was tried a second time."""
    tries = {task.mapped: task.tries for task in watched.tasks if task.name == "way.collect"}

    assert tries == {0: 2, 1: 1, 2: 1}


def test_a_server_that_is_gone_is_told_of(watched: Watched) -> None:
    """It is a typed outcome that the digest's coverage line will name, not a failed task."""
    kinds = fetches(watched.home)

    assert ("rss", "ok") in kinds
    assert ("mastodon", "unreachable") in kinds


def test_a_killed_task_changes_nothing(alone: Alone, watched: Watched) -> None:
    """Killed after its batch was written and before it was recorded, and tried again: the same end state."""
    assert watched.state == alone.state


def test_every_dag_fired_by_itself(watched: Watched) -> None:
    """Nobody pressed a button: the first start runs every DAG at once."""
    kinds = {row["dag_id"]: row["run_type"] for row in watched.airflow.ask("SELECT dag_id, run_type FROM dag_run")}

    assert kinds == dict.fromkeys(["digest", "recheck", "retention", "urgent", "watch"], "scheduled")
    assert watched.airflow.runs("digest")[0] == watched.airflow.runs("retention")[0] == "success"


def test_the_page_is_for_this_machine_and_its_owner(watched: Watched) -> None:
    """Airflow listens on 127.0.0.1 alone, its page answers, and nothing is told without a password."""
    assert watched.addresses == {"127.0.0.1"}
    assert watched.page.status_code == 200
    assert watched.api.status_code == 401
    assert {part for part, said in watched.health.items() if said["status"] == "healthy"} == {
        "metadatabase",
        "scheduler",
        "dag_processor",
    }
    password_file = watched.airflow.path / "simple_auth_manager_passwords.json.generated"
    assert password_file.stat().st_mode & 0o777 == 0o600
    assert str(password_file) in watched.printed


def test_ctrl_c_leaves_nothing_behind(watched: Watched) -> None:
    """After Ctrl-C every process is gone and the exit code is 0."""
    assert watched.exit_code == 0
    assert watched.left == ()
    assert watched.printed.endswith("Stopping.\n")
