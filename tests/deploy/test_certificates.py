"""Certificates of Elasticsearch and Kibana: a client that trusts our authority, and no other, gets through."""

import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


def make(folder: Path) -> None:
    """Run the script as its container does."""
    subprocess.run([sys.executable, DEPLOY / "certificates.py", folder], check=True, timeout=60)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after the first start."""
    folder = tmp_path_factory.mktemp("certificates")
    make(folder)
    return folder


def shake_hands(folder: Path, server: str, *, called: str, trusting: Path) -> str:
    """Give the protocol that a client and a server with these certificates agree on."""
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(folder / f"{server}.crt", folder / f"{server}.key")
    here, there = socket.socketpair()
    answering = threading.Thread(target=_answer, args=(ours, there))
    answering.start()
    try:
        with ssl.create_default_context(cafile=trusting).wrap_socket(here, server_hostname=called) as line:
            return str(line.version())
    finally:
        here.close()
        answering.join(timeout=10)


def _answer(context: ssl.SSLContext, line: socket.socket) -> None:
    try:
        context.wrap_socket(line, server_side=True).close()
    except OSError:
        line.close()


@pytest.mark.parametrize("server", ["elasticsearch", "kibana"])
@pytest.mark.parametrize("called", ["its service", "localhost"])
def test_clients_get_through(made: Path, server: str, called: str) -> None:
    """A server is known by its service's name and as localhost."""
    name = server if called == "its service" else called

    assert shake_hands(made, server, called=name, trusting=made / "ca.crt") == "TLSv1.3"


def test_another_name_is_refused(made: Path) -> None:
    """Kibana cannot pass for Elasticsearch."""
    with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname mismatch"):
        shake_hands(made, "kibana", called="elasticsearch", trusting=made / "ca.crt")


def test_another_authority_is_refused(made: Path, tmp_path: Path) -> None:
    """A certificate of somebody else's authority is not trusted."""
    make(tmp_path)

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(tmp_path, "elasticsearch", called="elasticsearch", trusting=made / "ca.crt")


def test_keys_are_private(made: Path) -> None:
    """Only the authority's container reads its key, and only Elastic's images read theirs."""
    found = {path.name: path.stat() for path in made.iterdir()}

    assert set(found) == {"ca.crt", "ca.key", "elasticsearch.crt", "elasticsearch.key", "kibana.crt", "kibana.key"}
    assert {name: status.st_mode & 0o777 for name, status in found.items() if name.endswith("key")} == {
        "ca.key": 0o600,
        "elasticsearch.key": 0o600,
        "kibana.key": 0o600,
    }
    if os.geteuid() == 0:
        assert [found[name].st_uid for name in ("ca.key", "elasticsearch.key", "kibana.key")] == [0, 1000, 1000]


def test_what_is_good_stays(made: Path) -> None:
    """A second start changes nothing: running servers go on."""
    before = {path.name: path.read_bytes() for path in made.iterdir()}

    make(made)

    assert {path.name: path.read_bytes() for path in made.iterdir()} == before


@pytest.mark.parametrize(("days_left", "is_renewed"), [(61, False), (59, True)])
def test_what_runs_out_is_renewed(tmp_path: Path, days_left: int, is_renewed: bool) -> None:
    """With less than 60 days left a server gets a new certificate of the same authority."""
    script = (DEPLOY / "certificates.py").read_text()
    shortened = re.sub(r"SERVER_DAYS = \d+", f"SERVER_DAYS = {days_left}", script)
    (tmp_path / "shortened.py").write_text(shortened)
    subprocess.run([sys.executable, tmp_path / "shortened.py", tmp_path], check=True, timeout=60)
    before = serial(tmp_path / "elasticsearch.crt")

    make(tmp_path)

    assert (serial(tmp_path / "elasticsearch.crt") != before) is is_renewed
    assert shake_hands(tmp_path, "elasticsearch", called="elasticsearch", trusting=tmp_path / "ca.crt")


def serial(path: Path) -> int:
    """Give a certificate's number."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    assert certificate.public_bytes(Encoding.PEM) == path.read_bytes()
    return certificate.serial_number
