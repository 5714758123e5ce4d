"""A real Elasticsearch node on loopback, made of the jars that Elastic publishes on Maven Central.

Under pytest: the fixtures ``elasticsearch_node`` (one node a run) and ``index_prefix`` (one prefix a test).
By hand, for a demo or a benchmark: ``python -m tests.servers.elasticsearch`` prints its address and runs until stopped.

The node is the core server: no security, ILM, ES|QL, painless, ingest, ``_delete_by_query``, ``_reindex`` and
``GET /``. What passes here must not need them.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from tests.servers.fetched import fetched_once
from tests.servers.missing import missing

HERE = Path(__file__).with_name("elasticsearch-node")
PARTS = ("pom.xml", "Node.java", "plugin-descriptor.properties")
OLDEST_JAVA = 21
JAVA_FOLDERS = ((Path("/usr/lib/jvm"), "*"), (Path("/Library/Java/JavaVirtualMachines"), "*/Contents/Home"))
MODULE = "modules/transport-netty4"
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m")
"""A test's node lives for a minute: it answers after 4 s and holds 270 MB (2026-11, 2 cores)."""
STEADY = ("-Xmx1g",)
HOW = "Type: sudo apt-get install maven openjdk-21-jdk-headless (any JDK of 21 or newer will do)"


class CannotStartError(Exception):
    """Something that this machine lacks; the message says what to type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElasticsearchNode:
    """A running node: where it answers, and the folder of its bytes on disk."""

    url: str
    data: Path

    def forget(self, prefix: str) -> None:
        """Delete every index and template under a prefix."""
        indices = self._send("GET", f"_cat/indices/{prefix}-*?h=index&expand_wildcards=all").split()
        templates = self._send("GET", f"_cat/templates/{prefix}-*?h=name").split()
        for path in [*indices, *(f"_index_template/{template}" for template in templates)]:
            self._send("DELETE", path)

    def flush(self) -> None:
        """Write everything into segments."""
        self._send("POST", "_flush?force=true")

    def _send(self, method: str, path: str) -> str:
        with urlopen(Request(f"{self.url}/{path}", method=method), timeout=30) as answer:
            return str(answer.read().decode())


def node_version() -> str:
    """Give the version of the server, the one place of which is pom.xml."""
    found = re.search(r"<elasticsearch.version>(.+)<", (HERE / "pom.xml").read_text("utf-8"))
    assert found
    return found[1]


def find_java() -> Path:
    """Give the home of a JDK that can run the node."""
    named = [os.environ.get("SHOUWANG_TEST_JAVA_HOME"), os.environ.get("JAVA_HOME")]
    on_path = shutil.which("javac")
    homes = [Path(home) for home in named if home] + ([Path(on_path).resolve().parents[1]] if on_path else [])
    homes += [home for folder, pattern in JAVA_FOLDERS for home in sorted(folder.glob(pattern), reverse=True)]
    for home in homes:
        if (home / "bin" / "javac").exists() and _java_version(home) >= OLDEST_JAVA:
            return home
    raise CannotStartError(f"Elasticsearch needs a JDK of {OLDEST_JAVA} or newer. {HOW}")


def _java_version(home: Path) -> int:
    release = home / "release"
    found = re.search(r'^JAVA_VERSION="(\d+)', release.read_text("utf-8"), re.MULTILINE) if release.exists() else None
    return int(found[1]) if found else 0


def prepare(java: Path) -> Path:
    """Give the folder with the node's jars and our compiled start class, fetched once for all runs."""

    def make(folder: Path) -> None:
        _fetch(folder)
        _compile(folder, java)

    return fetched_once(f"elasticsearch-{node_version()}", [HERE / part for part in PARTS], make)


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise CannotStartError(f"Elasticsearch's jars come by Maven, which is missing. {HOW}")
    goal = f"dependency:copy-dependencies -DoutputDirectory={folder / 'lib'}".split()
    fetching = [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), *goal]
    done = subprocess.run(fetching, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise CannotStartError(f"Maven could not fetch Elasticsearch's jars: {done.stdout[-500:]}")
    module = folder / MODULE
    module.mkdir(parents=True)
    for jar in [*(folder / "lib").glob("netty-*.jar"), *(folder / "lib").glob("transport-netty4-*.jar")]:
        jar.rename(module / jar.name)
    descriptor = (HERE / "plugin-descriptor.properties").read_text("utf-8")
    (module / "plugin-descriptor.properties").write_text(descriptor.replace("@VERSION@", node_version()), "utf-8")


def _compile(folder: Path, java: Path) -> None:
    compiler = [str(java / "bin" / "javac"), "-cp", f"{folder / 'lib'}/*", "-d", str(folder / "classes")]
    subprocess.run([*compiler, str(HERE / "Node.java")], check=True, capture_output=True, timeout=120)


@contextmanager
def running_elasticsearch(folder: Path, options: tuple[str, ...] = QUICK) -> Iterator[ElasticsearchNode]:
    """Run a node whose data lies in ``folder``, and stop it when the block ends."""
    java = find_java()
    parts = prepare(java)
    for name in ("config", "plugins", "data", "logs", "lib"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "modules").unlink(missing_ok=True)
    (folder / "modules").symlink_to(parts / "modules")
    with (folder / "logs" / "out").open("wb") as out:
        command = _command(java, parts, folder, options)
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
    try:
        yield ElasticsearchNode(url=_wait_for_address(process, folder / "logs" / "out"), data=folder / "data")
    finally:
        _stop(process)


def _command(java: Path, parts: Path, home: Path, options: tuple[str, ...]) -> list[str]:
    return [
        str(java / "bin" / "java"),
        *options,
        "--enable-native-access=ALL-UNNAMED",
        "--add-modules=jdk.incubator.vector",
        "--add-opens=java.base/java.io=ALL-UNNAMED",
        f"-Des.path.home={home}",
        "-cp",
        f"{parts / 'classes'}{os.pathsep}{parts / 'lib'}/*",
        "Node",
        str(home),
    ]


def _wait_for_address(process: subprocess.Popen[bytes], out: Path, seconds: float = 120) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"^HTTP (\d+)$", out.read_text("utf-8", "replace"), re.MULTILINE)
        if found and _answers(url := f"http://127.0.0.1:{found[1]}"):
            return url
        time.sleep(0.2)
    raise CannotStartError(f"Elasticsearch did not start: {out.read_text('utf-8', 'replace')[-2000:]}")


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/_cluster/health", timeout=5):
            return True
    except (URLError, TimeoutError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def elasticsearch_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ElasticsearchNode]:
    """One real node for the whole run; tests keep apart by ``index_prefix``."""
    try:
        with running_elasticsearch(tmp_path_factory.mktemp("elasticsearch")) as node:
            yield node
    except CannotStartError as reason:
        missing(str(reason))


@pytest.fixture
def index_prefix(elasticsearch_node: ElasticsearchNode) -> Iterator[str]:
    """A prefix that no other test uses; what stands under it is deleted afterwards."""
    prefix = f"test-{uuid4().hex}"
    yield prefix
    elasticsearch_node.forget(prefix)


def main() -> None:
    """Run a node until stopped; its data goes to the folder given, or to one that is deleted afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="shouwang-elasticsearch-") as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        try:
            with running_elasticsearch(folder.resolve(), STEADY) as node:
                print(node.url, flush=True)  # noqa: T201 - a program's one line of output
                Event().wait()
        except CannotStartError as reason:
            sys.exit(str(reason))
        except KeyboardInterrupt:
            sys.exit(0)


if __name__ == "__main__":
    main()
