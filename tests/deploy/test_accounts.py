"""Accounts in Elasticsearch, against a small server with its security API and real TLS.

The node that the other tests start has no security: it is not among the jars on Maven Central.
"""

import json
import os
import ssl
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
PASSWORD = "e" * 48
OWNER = 10001


class Security(ThreadingHTTPServer):
    """Elasticsearch's security API, as far as the script uses it."""

    def __init__(self, certificates: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates / "elasticsearch.crt", certificates / "elasticsearch.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.passwords: dict[str, str] = {}
        self.keys: dict[str, dict[str, Any]] = {}


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Security

    def do_POST(self) -> None:
        """Set a password or make a key, for `elastic` alone."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != "Basic " + b64encode(f"elastic:{PASSWORD}".encode()).decode():
            self.answer(401, {})
        elif self.path == "/_security/api_key":
            encoded = b64encode(f"{len(self.server.keys)}:{asked['name']}".encode()).decode()
            self.server.keys[encoded] = asked
            self.answer(200, {"name": asked["name"], "encoded": encoded})
        else:
            self.server.passwords[self.path.split("/")[3]] = asked["password"]
            self.answer(200, {})

    def do_GET(self) -> None:
        """Say whether a key is good."""
        is_known = self.headers["Authorization"].removeprefix("ApiKey ") in self.server.keys
        self.answer(200 if is_known else 401, {})

    def answer(self, status: int, content: dict[str, Any]) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the container `certificates` leaves."""
    folder = tmp_path_factory.mktemp("certificates")
    subprocess.run([sys.executable, DEPLOY / "certificates.py", folder], check=True, timeout=60)
    return folder


@pytest.fixture
def elasticsearch(certificates: Path) -> Iterator[Security]:
    """The server on loopback."""
    with Security(certificates) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def make_accounts(
    server: Security, certificates: Path, handover: Path, *, password: str = PASSWORD
) -> subprocess.CompletedProcess[str]:
    """Run the script as its container does."""
    environment = {
        "PATH": os.environ["PATH"],
        "ELASTICSEARCH_URL": f"https://localhost:{server.server_address[1]}",
        "ELASTIC_PASSWORD": password,
        "KIBANA_SYSTEM_PASSWORD": "k" * 48,
        "OWNER": str(OWNER),
    }
    command: list[str | Path] = [sys.executable, DEPLOY / "accounts.py", certificates, handover]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_hands_over_what_our_containers_need(elasticsearch: Security, certificates: Path, tmp_path: Path) -> None:
    """Kibana's password is set, and authority and keys lie where only Shouwang's user reads them."""
    done = make_accounts(elasticsearch, certificates, tmp_path)

    assert done.returncode == 0
    assert elasticsearch.passwords == {"kibana_system": "k" * 48}
    assert (tmp_path / "ca.crt").read_bytes() == (certificates / "ca.crt").read_bytes()
    names = {
        name: elasticsearch.keys[(tmp_path / f"{name}.key").read_text()]["name"] for name in ("elasticsearch", "kibana")
    }
    assert names == {"elasticsearch": "shouwang-elasticsearch", "kibana": "shouwang-kibana"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o400}
    if os.geteuid() == 0:
        assert {path.stat().st_uid for path in tmp_path.iterdir()} == {OWNER}


def test_our_key_opens_our_indices_alone(elasticsearch: Security, certificates: Path, tmp_path: Path) -> None:
    """The key for Elasticsearch reaches no index but ours, and cannot make users or keys."""
    make_accounts(elasticsearch, certificates, tmp_path)

    (role,) = elasticsearch.keys[(tmp_path / "elasticsearch.key").read_text()]["role_descriptors"].values()
    assert role["indices"] == [{"names": ["shouwang*"], "privileges": ["all"]}]
    assert set(role["cluster"]) == {"monitor", "manage_index_templates"}


def test_a_good_key_is_kept(elasticsearch: Security, certificates: Path, tmp_path: Path) -> None:
    """A second start makes no second key: running containers go on with theirs."""
    make_accounts(elasticsearch, certificates, tmp_path)
    before = (tmp_path / "elasticsearch.key").read_text()

    done = make_accounts(elasticsearch, certificates, tmp_path)

    assert done.returncode == 0
    assert (tmp_path / "elasticsearch.key").read_text() == before
    assert len(elasticsearch.keys) == 2


def test_a_dead_key_is_replaced(elasticsearch: Security, certificates: Path, tmp_path: Path) -> None:
    """After Elasticsearch's volume was lost, the next start makes new keys."""
    make_accounts(elasticsearch, certificates, tmp_path)
    elasticsearch.keys.clear()

    make_accounts(elasticsearch, certificates, tmp_path)

    assert {(tmp_path / f"{name}.key").read_text() for name in ("elasticsearch", "kibana")} == set(elasticsearch.keys)


def test_a_wrong_password_stops_it(elasticsearch: Security, certificates: Path, tmp_path: Path) -> None:
    """With the wrong password nothing is left behind that looks like a key, and the exit code says so."""
    done = make_accounts(elasticsearch, certificates, tmp_path, password="wrong")

    assert done.returncode != 0
    assert "401" in done.stderr
    assert "wrong" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["ca.crt"]
