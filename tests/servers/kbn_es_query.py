"""Kibana's own translation of its query language to Elasticsearch's, run by Node.js."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.servers.fetched import fetched_once
from tests.servers.missing import missing

HERE = Path(__file__).with_name("kbn-es-query")
PARTS = ("package.json", "package-lock.json", "translate.js")
HOW = "Type: sudo apt-get install nodejs npm"

Translate = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture(scope="session")
def kbn_es_query() -> Translate:
    """Give the translator; its packages are fetched once for all runs, each with the hash of the lock file."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing(f"Kibana's query language is translated by Node.js, which is missing. {HOW}")
    folder = fetched_once("kbn-es-query", [HERE / part for part in PARTS], partial(_fetch, npm))

    def translate(asked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        command = [node, str(folder / "translate.js")]
        done = subprocess.run(
            command, input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        return answers

    return translate


def _fetch(npm: str, folder: Path) -> None:
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    fetching = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(fetching, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        missing(f"npm could not fetch Kibana's query language: {done.stderr[-500:]}")
