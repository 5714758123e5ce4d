import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import elasticsearch
import pytest

from tests.servers.elasticsearch import CannotStartError, ElasticsearchNode, find_java, node_version, prepare

pytestmark = pytest.mark.needs_elasticsearch
ROOT = Path(__file__).parents[2]


def test_server_and_client_are_of_one_minor_version() -> None:
    """The node of the tests is the version for which the client was made."""
    client = ".".join(str(part) for part in elasticsearch.__version__[:2])

    assert node_version().rpartition(".")[0] == client


def test_node_answers(elasticsearch_node: ElasticsearchNode) -> None:
    """The node of this run is up and green."""
    with urlopen(f"{elasticsearch_node.url}/_cat/health?h=status", timeout=10) as answer:
        status = answer.read().decode().strip()

    assert status == "green"


def test_cleaning_up_takes_one_prefix(elasticsearch_node: ElasticsearchNode) -> None:
    """Indices of another prefix stay when a test cleans up its own."""
    for name in ("test-mine-1", "test-mine-2", "test-other-1"):
        elasticsearch_node._send("PUT", name)

    elasticsearch_node.forget("test-mine")

    left = elasticsearch_node._send("GET", "_cat/indices/test-mine-*,test-other-*?h=index").split()
    elasticsearch_node.forget("test-other")
    assert left == ["test-other-1"]


def test_missing_java_says_what_to_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a JDK of 21 or newer the reason ends with the line to type."""
    old = tmp_path / "jdk-17"
    (old / "bin").mkdir(parents=True)
    (old / "bin" / "javac").touch()
    (old / "release").write_text('JAVA_VERSION="17.0.15"\n', "utf-8")
    monkeypatch.setattr("tests.servers.elasticsearch.JAVA_FOLDERS", ((tmp_path, "*"),))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(CannotStartError, match=r"21 or newer.*apt-get install"):
        find_java()


def test_missing_maven_says_what_to_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without Maven and without jars fetched before, the reason ends with the line to type."""
    monkeypatch.setenv("SHOUWANG_TEST_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotStartError, match=r"Maven, which is missing.*apt-get install"):
        prepare(tmp_path)


def test_node_by_hand_stops_when_told() -> None:
    """The command prints one address, and nothing answers there after it was stopped."""
    command = [sys.executable, "-m", "tests.servers.elasticsearch"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as running:
        assert running.stdout
        url = running.stdout.readline().strip()
        with urlopen(f"{url}/_cluster/health", timeout=10) as answer:
            status = answer.status
        running.terminate()
        code = running.wait(timeout=60)

    assert (status, code) == (200, 0)
    with pytest.raises(OSError, match="refused"):
        urlopen(url, timeout=5)
