"""A real Mastodon-speaking server process (mastodon_mock) on loopback, with faults on demand."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

TOKEN = "mock_token"
READY_SECONDS = 60
# WORKAROUND: mastodon_mock 0.6.1 puts a tag as it is into its Link header and fails on Chinese ones (500).
START = """
from urllib.parse import quote
from mastodon_mock.routers import helpers
real = helpers.link_header
helpers.link_header = lambda base_url, *rest: real(quote(base_url, safe=":/%"), *rest)
from mastodon_mock.cli import main
main()
"""


class MastodonServer:
    """The server; ``url`` is its address, ``host`` its ``host:port``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"

    def post(self, text: str, **fields: Any) -> dict[str, Any]:
        """Write a status as the server's one user."""
        return self.call("/api/v1/statuses", {"status": text} | fields)

    def upload(self, content: bytes, *, description: str = "") -> str:
        """Upload a picture and give its id."""
        edge = "shouwang"
        part = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        said = (
            f'\r\n--{edge}\r\nContent-Disposition: form-data; name="description"\r\n\r\n{description}\r\n--{edge}--\r\n'
        )
        body = part.encode() + content + said.encode()
        return str(self._send("/api/v2/media", body, f"multipart/form-data; boundary={edge}")["id"])

    def fault(self, path: str, effect: dict[str, Any], *, count: int = 1) -> None:
        """Answer a path wrongly so many times."""
        self.call("/api/v1/_mock/faults", {"match": {"path": path}, "effect": effect, "count": count})

    def clear_faults(self) -> None:
        """Answer rightly again."""
        request = Request(f"{self.url}/api/v1/_mock/faults", method="DELETE")
        with urlopen(request, timeout=10):
            pass

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the API with the user's token."""
        content = None if body is None else json.dumps(body).encode()
        return self._send(path, content, "application/json")

    def _send(self, path: str, body: bytes | None, media_type: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": media_type}
        with urlopen(Request(f"{self.url}{path}", data=body, headers=headers), timeout=10) as answer:
            read: dict[str, Any] = json.loads(answer.read() or b"{}")
            return read


@contextmanager
def mastodon_running(folder: Path) -> Iterator[MastodonServer]:
    """Start the server, wait until it answers, stop it in the end."""
    port = _free_port()
    command = [
        sys.executable,
        "-c",
        START,
        "serve",
        "--in-memory",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with (folder / "mastodon.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        server = MastodonServer(port)
        _wait_until_ready(server, process)
        yield server
    finally:
        process.kill()  # asked nicely, it would wait for its injected time-outs
        process.wait()


@pytest.fixture(scope="session")
def mastodon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    """One server for the run: each test writes under tags of its own, and takes its faults away again."""
    with mastodon_running(tmp_path_factory.mktemp("mastodon")) as server:
        yield server


def _wait_until_ready(server: MastodonServer, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            server.call("/api/v2/instance")
        except (HTTPError, URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("mastodon_mock did not start; see mastodon.log beside the test's files")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
