"""The small scripts of deploy/, really run."""

import os
import shutil
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from tests.servers.postgres import Postgres, find_binaries
from tests.servers.web import Web, serving

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with what new-env.sh reads."""
    (tmp_path / "deploy").mkdir()
    shutil.copy(DEPLOY / "new-env.sh", tmp_path / "deploy")
    shutil.copy(DEPLOY.parent / ".env.example", tmp_path)
    return tmp_path


def make_env(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a person would."""
    return subprocess.run(
        ["sh", "deploy/new-env.sh"], cwd=checkout, capture_output=True, text=True, timeout=30, check=False
    )


def values(checkout: Path) -> dict[str, str]:
    """Give what .env sets."""
    lines = (checkout / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_a_new_env_is_complete(checkout: Path) -> None:
    """Every empty line gets a secret of its own, in the form its reader wants; only the owner can read the file."""
    done = make_env(checkout)

    made = values(checkout)
    assert done.returncode == 0
    assert (checkout / ".env").stat().st_mode & 0o777 == 0o600
    assert len(set(made.values())) == len(made) >= 12
    assert len(b64decode(made["SHOUWANG_MASTER_KEY"], validate=True)) == 32
    Fernet(made["AIRFLOW_FERNET_KEY"])
    assert len(made["AIRFLOW_JWT_SECRET"]) >= 64
    assert min(len(value) for value in made.values()) >= 32


def test_an_old_env_is_never_touched(checkout: Path) -> None:
    """A second run changes nothing: the master key in .env may be the only copy."""
    make_env(checkout)
    before = (checkout / ".env").read_bytes()

    done = make_env(checkout)

    assert done.returncode == 1
    assert ".env exists already" in done.stderr
    assert (checkout / ".env").read_bytes() == before
    assert sorted(path.name for path in checkout.iterdir()) == [".env", ".env.example", "deploy"]


def test_entrypoint_hands_over_keys(tmp_path: Path) -> None:
    """A key in a file becomes the setting; a setting without a file stays; the command's exit code comes back."""
    (tmp_path / "key").write_text("abc+/=")
    environment = {
        "PATH": os.environ["PATH"],
        "SHOUWANG_ELASTICSEARCH_API_KEY_FILE": str(tmp_path / "key"),
        "SHOUWANG_KIBANA_API_KEY": "kept",
    }
    show = 'echo "$SHOUWANG_ELASTICSEARCH_API_KEY $SHOUWANG_KIBANA_API_KEY"; exit 7'

    done = subprocess.run(
        [DEPLOY / "entrypoint.sh", "sh", "-c", show], env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout == "abc+/= kept\n"
    assert done.returncode == 7


def test_entrypoint_needs_its_file(tmp_path: Path) -> None:
    """A container whose key is missing does not start: it would ask Elasticsearch without one for ever."""
    environment = {"PATH": os.environ["PATH"], "SHOUWANG_KIBANA_API_KEY_FILE": str(tmp_path / "none")}

    done = subprocess.run(
        [DEPLOY / "entrypoint.sh", "echo", "started"], env=environment, capture_output=True, check=False
    )

    assert done.returncode != 0
    assert done.stdout == b""


@pytest.mark.needs_postgres
def test_databases_are_apart(postgres: Postgres) -> None:
    """Airflow and the ledger get a database each, and neither can open the other's."""
    passwords = {"AIRFLOW_DB_PASSWORD": "a" * 32, "SHOUWANG_DB_PASSWORD": "it's" * 8}
    server = {"PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "POSTGRES_USER": "postgres"}
    path = f"{find_binaries()}:{os.environ['PATH']}"

    subprocess.run(
        [DEPLOY / "postgres/databases.sh"], env={"PATH": path, **server, **passwords}, check=True, capture_output=True
    )

    at = f"host=127.0.0.1 port={postgres.port} "
    for name, other in (("airflow", "shouwang"), ("shouwang", "airflow")):
        with psycopg.connect(f"{at} user={name} dbname={name}") as connection:
            connection.execute("CREATE TABLE own (id int)")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(f"{at} user={name} dbname={other}")


@pytest.fixture
def web() -> Iterator[Web]:
    """A page on loopback."""
    with serving() as server:
        yield server


def ask(*words: str) -> int:
    """Run a health check and give its exit code."""
    return subprocess.run([sys.executable, DEPLOY / "answers.py", *words], check=False, capture_output=True).returncode


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param(200, 0, id="a page"),
        pytest.param(404, 0, id="no page without a link, but it answers"),
        pytest.param(503, 1, id="a server that is not well"),
    ],
)
def test_a_page_is_well_when_it_answers(web: Web, status: int, code: int) -> None:
    """Any answer but a server error is a good one."""
    web.answer("/", status=status)

    assert ask(web.url("/")) == code


def test_a_page_that_does_not_answer_is_not_well() -> None:
    """Where nobody listens the check fails."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]

    assert ask(f"http://127.0.0.1:{port}/") == 1


def test_a_part_is_well_when_airflow_says_so(web: Web) -> None:
    """Each part of Airflow is judged by its own heartbeat."""
    web.answer("/health", b'{"scheduler": {"status": "healthy"}, "dag_processor": {"status": "unhealthy"}}')

    assert ask(web.url("/health"), "scheduler") == 0
    assert ask(web.url("/health"), "dag_processor") == 1
