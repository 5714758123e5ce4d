"""Deletion watch: known hits are looked at again, and what is found is proved."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitors import pipeline
from monitors.alerts.daily import preview_digest, queue_digest
from monitors.evidence.custody import exhibits_of_hit
from monitors.evidence.export import export
from monitors.evidence.verify import verify
from monitors.ledger import hits, profiles, watches
from monitors.ledger.watches import Presence, Watch
from monitors.parts import Parts
from monitors.recheck import STEPS, after, recheck
from monitors.records import Exhibit, ProfileState
from monitors.sources.again import Found, Look, Looker
from tests.builders import NOON, a_post
from tests.servers.requester import a_requester
from tests.servers.web import Web
from tests.worlds import LIN, world

LATE = datetime.max.replace(tzinfo=UTC)
DID = "did:plc:wkhgf5rrn7uw5tcoyqcwcsrb"
WORDS = "林晓月就是个骗子，青河学院的都知道"


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        """Where the hands are."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.time += timedelta(seconds=seconds)


class Scene:
    """One post about her, found and proved; and a server that says what became of it."""

    def __init__(self, parts: Parts, web: Web, clock: Hand) -> None:
        self.parts, self.web, self.clock = parts, web, clock
        self.looker = Looker(requester=a_requester(web), bluesky=web.url(""))

    def page(self, words: str = WORDS, status: int = 200) -> None:
        """Let the post's page say this."""
        body = f"<html><p>{words}</p></html>".encode()
        self.web.answer("/thread", body, status=status, headers={"Content-Type": "text/html; charset=utf-8"})

    def pass_time(self, hours: float) -> dict[str, int]:
        """Let hours pass and look again; give what was found."""
        self.clock.time += timedelta(hours=hours)
        return {presence.value: number for presence, number in recheck(self.parts, self.looker, until=LATE).items()}

    @property
    def hit_id(self) -> str:
        """The one hit there is."""
        with self.parts.ledger.reading() as ledger:
            (only,) = hits.ids_of_profile(ledger, LIN)
        return only

    @property
    def watch(self) -> Watch:
        """What is known of its post."""
        with self.parts.ledger.reading() as ledger:
            return watches.of_hits(ledger, [self.hit_id])[self.hit_id]

    def exhibits(self, kind: str) -> list[Exhibit]:
        """What was sealed of one kind."""
        with self.parts.ledger.reading() as ledger:
            links = exhibits_of_hit(ledger, self.parts.vault, LIN, self.hit_id)
        return [link for link in links if link.kind == kind]

    def said(self) -> dict[str, object]:
        """The last statement that was sealed."""
        content = self.parts.sealer.files.read(LIN, self.exhibits("look")[-1].content_sha256)
        statement: dict[str, object] = json.loads(content)
        return statement


@contextmanager
def scene_in(home: Path, web: Web, clock: Hand, *, url: str = "") -> Iterator[Scene]:
    post = a_post(id="told:1", url=url or web.url("/thread"), text=WORDS)
    with world(home, [post]) as opened:
        clock.time = datetime.now(UTC)  # she was registered by the machine's own clock, a moment ago
        parts = replace(opened, clock=clock)
        scene = Scene(parts, web, clock)
        scene.page()
        list(pipeline.watch(parts, "told"))
        yield scene


@pytest.fixture
def scene(tmp_path: Path, web: Web) -> Iterator[Scene]:
    with scene_in(tmp_path, web, Hand()) as opened:
        yield opened


def test_when_it_is_looked_at(scene: Scene) -> None:
    """A post is looked at after an hour, six hours, a day, three, seven and thirty; then no more."""
    begun = scene.clock.time
    looked_at = []

    for hour in (0.9, 1, 5.9, 6, 23.9, 24, 71, 72, 167, 168, 719, 720, 900, 9_000):
        scene.clock.time = begun + timedelta(hours=hour)
        looked_at += [hour] * len(scene.pass_time(0))

    assert looked_at == [1, 6, 24, 72, 168, 720]
    assert scene.watch.next_at is None
    assert scene.web.asked("/thread") == 6


def test_not_before_its_hour(scene: Scene) -> None:
    """Nothing is asked before the hour is over, and nothing twice in it."""
    assert scene.pass_time(0.9) == {}
    assert scene.pass_time(0.2) == {"up": 1}
    assert scene.pass_time(0.2) == {}


def test_gone(scene: Scene) -> None:
    """A post that went is proved: until when it was seen, since when not, and the answer that says so."""
    scene.pass_time(1)
    last_seen = scene.clock.time
    scene.page("not here", status=404)

    counts = scene.pass_time(5)

    assert counts == {"gone": 1}
    (absence,) = scene.exhibits("absence")
    said = scene.said()
    assert said["found"] == "gone"
    assert said["was_up_to"] == last_seen.isoformat(timespec="seconds")
    assert said["gone_since"] == scene.clock.time.isoformat(timespec="seconds")
    assert said["answer_sha256"] == absence.content_sha256
    assert verify(scene.parts.sealer, LIN) == ()


def test_gone_and_back(scene: Scene) -> None:
    """A post that comes back is up again; that it was away stands in the chain."""
    scene.page("not here", status=404)
    scene.pass_time(1)
    scene.page()

    counts = scene.pass_time(5)

    assert counts == {"up": 1}
    assert scene.watch.gone_at is None
    assert len(scene.exhibits("absence")) == 1


def test_nobody_can_say(scene: Scene) -> None:
    """A server that fails is asked again soon, later each time; nothing is sealed and nothing is gone."""
    scene.page("broken", status=503)
    begun = scene.clock.time + timedelta(hours=1)

    assert scene.pass_time(1) == {"unreachable": 1}
    assert scene.watch.next_at == begun + timedelta(minutes=30)
    assert scene.pass_time(0.5) == {"unreachable": 1}
    assert scene.watch.next_at == begun + timedelta(minutes=90)
    assert scene.exhibits("look") == []
    scene.page()
    assert scene.pass_time(1) == {"up": 1}


def test_a_machine_that_slept(scene: Scene) -> None:
    """After two days without power one look is made up for, not three."""
    assert scene.pass_time(48) == {"up": 1}
    assert scene.watch.next_at == scene.watch.found_at + STEPS[3]


def test_killed_before_it_was_written_down(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies between proof and row looks again; the chain is whole."""

    class PowerCutError(Exception):
        pass

    def cut(*_: object) -> None:
        raise PowerCutError

    scene.page("not here", status=404)
    with monkeypatch.context() as patched:
        patched.setattr(watches, "put", cut)
        with pytest.raises(PowerCutError):
            scene.pass_time(1)

    assert scene.pass_time(0.1) == {"gone": 1}
    assert len(scene.exhibits("absence")) == 1
    assert verify(scene.parts.sealer, LIN) == ()


def test_nobody_is_watched_over(scene: Scene) -> None:
    """While she paused nothing is asked."""
    with scene.parts.ledger.writing() as ledger:
        profiles.move(ledger, LIN, ProfileState.PAUSED, scene.clock.time, come_from=[ProfileState.ACTIVE])

    assert scene.pass_time(1) == {}
    assert scene.web.asked("/thread") == 0


def test_a_withdrawn_hit(scene: Scene) -> None:
    """What is watched goes with its hit."""
    scene.pass_time(1)
    known = scene.hit_id
    with scene.parts.ledger.writing() as ledger:
        hits.delete_of_profile(ledger, LIN)

    with scene.parts.ledger.reading() as ledger:
        assert watches.of_hits(ledger, [known]) == {}


def a_watch() -> Watch:
    return Watch(hit_id="h", profile_id="p", found_at=NOON, state=Presence.WAITING, up_at=NOON)


def test_given_up() -> None:
    """After the last step a post that never answers is tried a few times more, then left."""
    watch, now = a_watch(), NOON + timedelta(days=31)
    tries = 0

    while tries < 100:
        watch = after(watch, Look(found=Found.UNREACHABLE), now)
        tries += 1
        if watch.next_at is None:
            break
        now = watch.next_at

    assert tries == 10
    assert watch.up_at == NOON


def test_not_watchable_once() -> None:
    """What cannot be looked at again is asked about once."""
    assert after(a_watch(), Look(found=Found.NOT_WATCHABLE, detail="costly"), NOON).next_at is None


def test_what_she_is_told(scene: Scene, tmp_path: Path) -> None:
    """The digest after counts what went since the one before, once; the bundle says from when to when it was up."""
    clock, parts = scene.clock, scene.parts
    digest_id = queue_digest(parts.ledger, parts.desk, LIN, clock.time + timedelta(days=1))
    assert digest_id is not None
    scene.pass_time(25)
    scene.page("not here", status=404)
    scene.pass_time(48)

    (copy,) = preview_digest(parts.ledger, parts.desk, LIN, clock.time)
    later = clock.time + timedelta(days=9)
    export(parts.sealer, LIN, tmp_path / "bundle", clock.time, actor="operator")

    assert "1" in copy.mail.text
    assert "已经不在原处" in copy.mail.text
    assert "已经不在原处" not in preview_digest(parts.ledger, parts.desk, LIN, later)[0].mail.text
    (told,) = json.loads((tmp_path / "bundle" / "hits.json").read_text())
    assert told["was_up"]["to"] < told["was_up"]["gone_since"] == clock.time.isoformat()
    done = subprocess.run([sys.executable, "-I", tmp_path / "bundle" / "verify.py"], capture_output=True, check=False)
    assert done.returncode == 0


def test_an_edit_is_proved_once(tmp_path: Path, web: Web) -> None:
    """New words are a new exhibit, sealed when they are first seen; the first bytes stay."""
    with scene_in(tmp_path, web, Hand(), url=f"https://bsky.app/profile/{DID}/post/3k1") as scene:
        before = len(scene.exhibits("post"))
        for hours, words, exhibits in ((1, "改过的话", 1), (5, "改过的话", 1), (18, "又改了", 2)):
            said = {"uri": f"at://{DID}/app.bsky.feed.post/3k1", "value": {"text": words}}
            web.answer("/xrpc/com.atproto.repo.getRecord", json.dumps(said).encode())

            assert scene.pass_time(hours) == {"edited": 1}
            assert len(scene.exhibits("post")) == before + exhibits
        assert len(scene.exhibits("look")) == 3
        assert verify(scene.parts.sealer, LIN) == ()
