"""The web application as the composition root wires it."""

import io
from pathlib import Path
from zipfile import ZipFile

from fastapi.testclient import TestClient

from monitors import app
from monitors.alerts.links import Purpose
from monitors.records import Recipient
from monitors.settings import Settings
from monitors.web.app import make_app
from tests.alerts.room import find, watch
from tests.builders import a_hit, a_profile
from tests.servers.smtp import MailServer
from tests.web.test_registering import FILLED


def settings(home: Path, smtp: MailServer) -> Settings:
    return Settings(
        home=home, smtp_host=smtp.host, smtp_port=smtp.port, smtp_security="none", public_url="http://127.0.0.1:8787"
    )


def test_registering_sends_a_real_mail(tmp_path: Path, smtp: MailServer) -> None:
    """From the form to a mail on a real server, with every part as it is installed."""
    with app.opened(settings(tmp_path, smtp)) as parts:
        client = TestClient(make_app(parts), base_url="http://127.0.0.1:8787")
        form = client.get("/register").text.partition('name="form" value="')[2].partition('"')[0]

        answer = client.post("/register", data={name: value or "" for name, value in FILLED.items()} | {"form": form})

    assert answer.status_code == 200
    (mail,) = smtp.mails_to("lin@mail.example")
    assert mail["Subject"] == "请确认登记"


def test_export_is_a_bundle(tmp_path: Path, smtp: MailServer) -> None:
    """The download is the bundle that checks itself, and nothing of it stays behind."""
    with app.opened(settings(tmp_path, smtp)) as parts:
        profile = watch(parts.ledger, parts.vault, a_profile(recipients=(Recipient(address="lin@mail.example"),)))
        find(parts.ledger, parts.vault, a_hit())
        links, now = parts.desk.links, parts.clock.now()
        path = links.path(links.new(Purpose.EXPORT, profile.id, parts.desk.reader(profile.recipients[0]), now))

        packed = TestClient(make_app(parts), base_url="http://127.0.0.1:8787").post(path)

    with ZipFile(io.BytesIO(packed.content)) as bundle:
        assert any(name.endswith("verify.py") for name in bundle.namelist())
    assert not list(tmp_path.rglob("*.zip"))
