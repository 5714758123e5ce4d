"""The web page as it is really served: uvicorn on a free port of loopback, over a ledger of the test's own."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Queue

import httpx
import uvicorn

from monitors.alerts.desk import Desk
from monitors.alerts.links import Purpose
from monitors.errors import BadInputError
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import Vault
from monitors.records import Fingerprint, Recipient, WatchProfile
from monitors.settings import Settings
from monitors.web.app import app_of
from monitors.web.site import Site
from tests.builders import NOON


@dataclass
class TestClock:
    """A clock that a test sets."""

    __test__ = False

    at: datetime = NOON

    def now(self) -> datetime:
        """The moment the test says."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Room:
    """What the site under test stands on."""

    ledger: Ledger
    vault: Vault
    settings: Settings
    desk: Desk
    clock: TestClock


def read_photo(content: bytes, name: str) -> tuple[Fingerprint, ...]:
    """Take anything that begins like a JPEG for a photo."""
    if not content.startswith(b"\xff\xd8"):
        raise BadInputError("unknown_format", file=name)
    return (Fingerprint(algorithm="pdq", version="test", bits="00" * 32, quality=100),)


@dataclass
class Served:
    """A served site: where it is, what a browser would get from it, and how often mails were asked to leave."""

    room: Room
    address: str
    client: httpx.Client
    calls: Queue[str] = field(default_factory=Queue)

    def next_call(self) -> str:
        """What was asked for after an answer had gone out: waits for it."""
        return self.calls.get(timeout=10)

    def path(
        self, purpose: Purpose, profile: WatchProfile, *, recipient: Recipient | None = None, subject: str = ""
    ) -> str:
        """A link as a mail of now would hold it."""
        links = self.room.desk.links
        reader = self.room.desk.reader(recipient or profile.recipients[0])
        return links.path(links.new(purpose, profile.id, reader, self.room.clock.now(), subject))


@contextmanager
def serve(ledger: Ledger, vault: Vault) -> Iterator[Served]:
    """Serve the site on loopback."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(public_url=address, mail_from="brief@watch.example", run_sources=("weibo",))
        room = Room(ledger=ledger, vault=vault, settings=settings, desk=Desk.of(vault, settings), clock=TestClock())
        with httpx.Client(base_url=address, headers={"Accept-Language": "zh-CN"}) as client:
            served = Served(room=room, address=address, client=client)
            site = Site(
                base=room,
                fingerprint=read_photo,
                send_mails=lambda: served.calls.put("send_mails"),
                erase=lambda: served.calls.put("erase"),
                export=lambda profile_id, actor: f"{profile_id} {actor}".encode(),
            )
            with _running(site, listening):
                yield served


@contextmanager
def _running(site: Site, listening: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app_of(site), log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="web page")
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)
