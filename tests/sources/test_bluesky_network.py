"""Bluesky on its own servers: PLC directory, PDS, and what a Jetstream tells of them."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image

from monitors import app
from monitors.ledger import batches, hits
from monitors.records import Cursor, FetchKind, Media, Post, Query
from monitors.settings import Settings
from monitors.sources import bluesky_stream
from monitors.sources.again import Found, Looker
from monitors.sources.bluesky import BlueskySource, Network
from monitors.sources.bluesky_posts import Places
from monitors.sources.guard import Guard
from monitors.sources.media import MediaFetcher
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester
from tests.builders import a_profile
from tests.cli_runs import ROOT, settings_env
from tests.servers.bluesky import Bluesky
from tests.servers.bluesky_people import Writer
from tests.servers.homes import watch_over_her

# The first run on a machine fetches and builds Bluesky's servers: two minutes, more where others are at work.
pytestmark = [pytest.mark.needs_node, pytest.mark.timeout(1_200)]

PLAN = [Query(words=("林晓月",))]


@pytest.fixture
def requester(bluesky: Bluesky) -> Requester:
    """A requester that may ask that network."""
    clock = SystemClock()
    hosts = [f"127.0.0.1:{bluesky.port}", bluesky.pds.removeprefix("http://")]
    return Requester(guard=Guard(allow_hosts=hosts), clock=clock, pace=Pace(clock=clock, interval=timedelta(0)))


@pytest.fixture
def writer(bluesky: Bluesky) -> Iterator[Writer]:
    """Somebody who writes."""
    made = bluesky.sign_up(f"w{uuid4().hex[:10]}")
    yield made
    made.client.close()


@pytest.fixture
def network(bluesky: Bluesky) -> Network:
    """The network as a source knows it."""
    pictures = f"{bluesky.pds}/xrpc/com.atproto.sync.getBlob?did={{did}}&cid={{cid}}"
    return Network(stream=bluesky.stream, places=Places(pictures=pictures))


class Watcher:
    """A source that goes on where it was, and gives one person's posts."""

    def __init__(self, network: Network, requester: Requester, did: str) -> None:
        self._source = BlueskySource(network, requester, mac=str)
        self._did = did
        self.cursor: Cursor | None = None
        self.kinds: list[FetchKind] = []

    def run(self) -> list[Post]:
        """Read until it has caught up."""
        deltas = list(self._source.fetch(PLAN, self.cursor, datetime.now(UTC) + timedelta(seconds=60)))
        for delta in deltas:
            self.cursor = delta.cursor or self.cursor
        self.kinds = [delta.outcome.kind for delta in deltas]
        return [post for delta in deltas for post in delta.posts if post.author == self._did]

    def await_posts(self, count: int) -> list[Post]:
        """Read again and again until so many came: what was written reaches the stream a moment later."""
        found: list[Post] = []
        until = time.monotonic() + 60
        while len(found) < count and time.monotonic() < until:
            found += self.run()
        return found


@pytest.fixture(autouse=True)
def _soon_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky_stream, "QUIET_SECONDS", 1.0)


@pytest.fixture
def watcher(network: Network, requester: Requester, writer: Writer) -> Watcher:
    """A watcher of that writer who has caught up."""
    found = Watcher(network, requester, writer.did)
    found.run()
    return found


def a_picture() -> bytes:
    """A small drawing."""
    file = BytesIO()
    Image.linear_gradient("L").resize((64, 64)).save(file, "JPEG")
    return file.getvalue()


def test_what_people_write(watcher: Watcher, writer: Writer) -> None:
    """Chinese text, tags, links and answers arrive as they were written."""
    writer.post("林晓月 在青河学院\n第二行 👀", langs=["zh"])
    writer.post("only English", langs=["en"])
    writer.post("Lin? 林晓月!", langs=["en"])

    posts = watcher.await_posts(2)

    assert [post.text for post in posts] == ["林晓月 在青河学院\n第二行 👀", "Lin? 林晓月!"]
    assert all(post.id == f"bluesky:{writer.did}/{post.url.rpartition('/')[2]}" for post in posts)


def test_a_picture(watcher: Watcher, writer: Writer, requester: Requester) -> None:
    """A picture's own bytes come back through the guard, and what it is said to show is part of the text."""
    content = a_picture()
    writer.post_picture("看这个", content, alt="林晓月的照片")

    (post,) = watcher.await_posts(1)

    (media,) = post.media
    assert post.text == "看这个\n林晓月的照片"
    assert MediaFetcher(requester).get(Media(url=media.url)) == content


def test_an_edit_and_a_deletion(watcher: Watcher, writer: Writer, requester: Requester, bluesky: Bluesky) -> None:
    """An edited post comes again; looked at again it is up, edited, gone: as its own server says."""
    rkey = writer.post("林晓月 说了什么")
    (post,) = watcher.await_posts(1)
    looker = Looker(requester=requester, bluesky=bluesky.pds)
    late = datetime.now(UTC) + timedelta(minutes=1)

    assert looker.look(post, late).found is Found.UP
    writer.edit(rkey, "林晓月 什么也没说")
    assert looker.look(post, late).found is Found.EDITED
    (again,) = watcher.await_posts(1)
    assert (again.id, again.text) == (post.id, "林晓月 什么也没说")
    writer.delete(rkey)
    assert looker.look(post, late).found is Found.GONE


def test_ten_thousand_posts_and_kill_9(bluesky: Bluesky, writer: Writer, tmp_path: Path) -> None:
    """Ten thousand posts, and runs killed in the middle: nobody's post is lost, none is kept twice."""
    home = tmp_path / "home"
    watch_over_her(home)
    env = settings_env(
        {
            "SHOUWANG_HOME": str(home),
            "SHOUWANG_BLUESKY": "true",
            "SHOUWANG_BLUESKY_STREAM": bluesky.stream,
            "SHOUWANG_ALLOW_HOSTS": f"127.0.0.1:{bluesky.port}",
            "SHOUWANG_LOG_FORMAT": "quiet",
        }
    )
    command = [sys.executable, "-m", "monitors.cli", "run", "--source", "bluesky"]
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, timeout=120)
    texts = [f"第{n}条 林晓月" if n % 100 == 0 else f"第{n}条 今天天气很好" for n in range(10_000)]
    writer.post_many(texts)

    for seconds in (2.5, 3.5, 4.5):
        run = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        run.send_signal(signal.SIGKILL)
        run.wait(timeout=10)
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, timeout=240)

    with app.opened(Settings(home=home)) as parts, parts.ledger.reading() as ledger:
        kept = [post for batch in batches.in_spool(ledger) for post in parts.spool.posts(batch)]
        found = [hits.one(ledger, parts.vault, hit_id) for hit_id in hits.ids_of_profile(ledger, a_profile().id)]
        leaks = batches.leaks(ledger)
    ours = [post.text for post in kept if post.author == writer.did]
    assert sorted(ours) == sorted(texts)
    assert {hit.post.text for hit in found if hit and hit.post.author == writer.did} == set(texts[::100])
    assert leaks == []
