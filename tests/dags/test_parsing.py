"""The DAG files: what the scheduler finds in them when it reads them."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.servers.airflow import ROOT, AirflowHome, need_airflow

pytestmark = pytest.mark.needs_airflow

EXPECTED = {"digest", "recheck", "retention", "urgent", "watch"}
FILES = sorted((ROOT / "dags").glob("*.py"))

each_file = pytest.mark.parametrize("name", [file.stem for file in FILES])

READ = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions.taskgroup import MappedTaskGroup

bag = DagBag(sys.argv[1])
dags = [{
    "id": dag.dag_id, "file": dag.fileloc, "doc": dag.doc_md, "catchup": dag.catchup,
    "max_active_runs": dag.max_active_runs,
    "tasks": {task.task_id: {
        "retries": task.retries, "limit": task.execution_timeout.total_seconds(), "next": sorted(task.downstream_task_ids),
        "stops_for": [rule.exception for rule in task.retry_policy.rules if rule.action.value == "fail"],
        "mapped": isinstance(task.task_group, MappedTaskGroup),
    } for task in dag.tasks},
} for dag in bag.dags.values()]
ours = sorted(name for name in sys.modules if name.split(".")[0] in {"monitors", "search"})
heavy = sorted({"onnxruntime", "numpy", "opencc", "PIL", "alembic"} & set(sys.modules))
print("READ " + json.dumps({"dags": dags, "errors": bag.import_errors, "ours": ours, "heavy": heavy}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process of its own reads in dags/, as the DAG processor does."""
    need_airflow()
    home = AirflowHome(path=tmp_path_factory.mktemp("parsing"))
    done = subprocess.run(
        [sys.executable, "-c", READ, ROOT / "dags"],
        env=home.environment({}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("READ ")] or pytest.fail(
        done.stderr[-2000:]
    )
    read: dict[str, Any] = json.loads(line.removeprefix("READ "))
    return read


def dag_named(found: dict[str, Any], name: str) -> dict[str, Any]:
    """Give the one DAG of a file."""
    (dag,) = [dag for dag in found["dags"] if Path(dag["file"]).stem == name]
    return dict(dag)


def test_every_file_is_listed() -> None:
    """A new DAG file is not finished before it stands in this list."""
    assert {file.stem for file in FILES} == EXPECTED


def test_files_load(found: dict[str, Any]) -> None:
    """No file fails to import."""
    assert found["errors"] == {}


@each_file
def test_one_dag_named_as_its_file(found: dict[str, Any], name: str) -> None:
    """A file has exactly one DAG, with the file's name."""
    assert dag_named(found, name)["id"] == name


@each_file
def test_is_documented(found: dict[str, Any], name: str) -> None:
    """Airflow's page shows the text that stands at the top of the file."""
    text = (ROOT / "dags" / f"{name}.py").read_text()

    assert dag_named(found, name)["doc"]
    assert text.startswith(f'"""{dag_named(found, name)["doc"]}"""')


@each_file
def test_tasks_are_tried_again(found: dict[str, Any], name: str) -> None:
    """A failed task is tried three more times, unless it said that trying again will not help; none hangs for ever."""
    for task in dag_named(found, name)["tasks"].values():
        assert task["retries"] == 3
        assert task["stops_for"] == [["monitors.errors.StopRun", "monitors.errors.BadInputError"]]
        assert task["limit"] == 3600


@each_file
def test_runs_do_not_overlap(found: dict[str, Any], name: str) -> None:
    """One run at a time, and no run for a moment that was missed."""
    dag = dag_named(found, name)

    assert dag["max_active_runs"] == 1
    assert dag["catchup"] is False


def test_a_post_goes_its_way(found: dict[str, Any]) -> None:
    """The stages follow each other in the design's order, in one group that is mapped over the sources."""
    tasks = dag_named(found, "watch")["tasks"]

    way = ["sources", "way.collect", "way.match", "way.score", "way.seal", "way.index"]
    assert set(tasks) == set(way)
    assert all(after in tasks[before]["next"] for before, after in pairwise(way))
    assert [name for name in way if tasks[name]["mapped"]] == way[1:]


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [("digest", "queue_digests", "send_mails"), ("urgent", "queue_urgent", "send_mails")],
)
def test_mails_are_queued_then_sent(found: dict[str, Any], name: str, first: str, then: str) -> None:
    """Nothing is sent that does not stand in the outbox."""
    tasks = dag_named(found, name)["tasks"]

    assert tasks[first]["next"] == [then]
    assert tasks[then]["next"] == []


def test_parsing_is_light(found: dict[str, Any]) -> None:
    """Reading the files imports the schedule and the errors of ours, and nothing heavy."""
    assert found["heavy"] == []
    assert set(found["ours"]) <= {"monitors", "monitors.schedule", "monitors.errors"}
