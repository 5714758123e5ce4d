"""Bluesky's stream against servers that misbehave."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from websockets.http11 import Response
from websockets.sync.server import ServerConnection

from monitors.records import Cursor, Delta, FetchKind, Query
from monitors.sources import bluesky_stream
from monitors.sources.bluesky import BlueskySource, Network
from monitors.sources.bluesky_stream import Mark
from monitors.sources.guard import Guard
from monitors.sources.jetstream import Place
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester
from tests.servers.jetstream import FIRST, SECOND, Jetstream, refusal
from tests.servers.requester import a_requester

BOTH = pytest.mark.parametrize("path", [SECOND, FIRST], ids=["jetstream-2", "jetstream-1"])
PLAN = [Query(words=("林晓月",))]


class Reader:
    """A source that goes on from where it was, run after run."""

    def __init__(self, stream: Jetstream, path: str = SECOND, **network: object) -> None:
        self.network = replace(Network(stream=stream.url(path)), **network)  # type: ignore[arg-type]
        self.requester = a_requester(stream)
        self.cursor: Cursor | None = None
        self.deltas: list[Delta] = []

    def run(self, seconds: float = 20) -> list[str]:
        """Read until it has caught up; give the posts' texts."""
        source = BlueskySource(self.network, self.requester, mac=str)
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        self.deltas = list(source.fetch(PLAN, self.cursor, deadline))
        for delta in self.deltas:
            self.cursor = delta.cursor or self.cursor
        return [post.text for delta in self.deltas for post in delta.posts]

    @property
    def ended(self) -> tuple[FetchKind, str]:
        """How the last run ended."""
        return self.deltas[-1].outcome.kind, self.deltas[-1].outcome.detail

    @property
    def holes(self) -> list[str]:
        """What the last run said was missing."""
        return [delta.outcome.detail for delta in self.deltas if delta.outcome.part == "hole"]


@pytest.fixture(autouse=True)
def _soon_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    # The clock of a quiet network is the only thing hurried here.
    monkeypatch.setattr(bluesky_stream, "QUIET_SECONDS", 0.4)
    monkeypatch.setattr(bluesky_stream, "FIRST_WAIT", 0.01)


@BOTH
def test_every_post_once(jetstream: Jetstream, path: str) -> None:
    """Run after run gives each post once, in order, and says when there was none."""
    reader = Reader(jetstream, path)
    jetstream.post("一")
    jetstream.post("二")

    first = reader.run()
    jetstream.post("三")
    second = reader.run()
    third = reader.run()

    assert (first, second, third) == (["一", "二"], ["三"], [])
    assert reader.ended == (FetchKind.EMPTY, "")
    assert reader.holes == []


@BOTH
def test_who_asks_and_for_what(jetstream: Jetstream, path: str) -> None:
    """It says who it is, and asks for posts alone; never for a name."""
    Reader(jetstream, path).run()

    (asked,) = jetstream.asked
    assert asked.agent.startswith("Shouwang/")
    assert "ops@watch.example" in asked.agent
    assert ["app.bsky.feed.post"] in asked.query.values()
    assert "林" not in json.dumps(asked.query, ensure_ascii=False)


@BOTH
def test_a_line_that_is_cut(jetstream: Jetstream, path: str) -> None:
    """A line that is cut again and again loses and repeats nothing."""
    sent = 0

    def cut(connection: ServerConnection, frame: str) -> bool:
        nonlocal sent
        sent += 1
        connection.send(frame)
        if sent % 3 == 0:
            connection.close(1011)
        return sent % 3 != 0

    jetstream.send = cut
    for number in range(10):
        jetstream.post(str(number))
    reader = Reader(jetstream, path)

    texts = reader.run()

    assert texts == [str(number) for number in range(10)]
    assert len(jetstream.asked) > 3


def test_a_server_that_is_gone(jetstream: Jetstream) -> None:
    """A server that cuts every line is unreachable, and the place stays where it was."""
    reader = Reader(jetstream)
    jetstream.post("一")
    reader.run()
    before = reader.cursor

    def hang_up(connection: ServerConnection, _frame: str) -> bool:
        connection.close(1011)
        return False

    jetstream.send = hang_up
    jetstream.post("二")
    texts = reader.run()

    assert (texts, reader.ended[0]) == ([], FetchKind.UNREACHABLE)
    assert Mark.read(reader.cursor) == Mark.read(before)
    jetstream.send = None
    assert reader.run() == ["二"]


def test_hours_that_are_gone(jetstream: Jetstream) -> None:
    """Where the server looks back less far than our pause, the missing time is told, and the rest is read."""
    now = int(datetime.now(UTC).timestamp() * 10**6)
    jetstream.post("一", us=now - 50 * 3_600 * 10**6)
    jetstream.post("二", us=now - 40 * 3_600 * 10**6)
    last = jetstream.post("三", us=now - 30 * 3_600 * 10**6)
    reader = Reader(jetstream)
    reader.cursor = Mark(host=f"127.0.0.1:{jetstream.port}", place=Place(us=jetstream.events[0].us, seq=1)).cursor()
    jetstream.forget_before(last.seq)

    texts = reader.run()

    assert texts == ["三"]
    (hole,) = reader.holes
    begun, ended = (datetime.fromisoformat(moment) for moment in hole.removeprefix("hole ").split("/"))
    assert ended - begun == timedelta(hours=20)
    assert reader.run() == []
    assert reader.holes == []


def test_hours_that_are_gone_without_a_word(jetstream: Jetstream) -> None:
    """Jetstream 1 says nothing of it; the hole is seen by what comes first."""
    now = int(datetime.now(UTC).timestamp() * 10**6)
    jetstream.post("一", us=now - 50 * 3_600 * 10**6)
    jetstream.post("二", us=now - 30 * 3_600 * 10**6)
    reader = Reader(jetstream, FIRST)
    reader.cursor = Mark(host=f"127.0.0.1:{jetstream.port}", place=Place(us=jetstream.events[0].us)).cursor()
    jetstream.forget_before(2)

    assert reader.run() == ["二"]
    assert len(reader.holes) == 1


def test_a_server_that_counts_anew(jetstream: Jetstream) -> None:
    """After a server was replaced the place is found by time: nothing is lost, nothing comes twice."""
    reader = Reader(jetstream)
    jetstream.post("一")
    jetstream.post("二")
    reader.run()
    jetstream.start_anew()
    jetstream.post("三")

    texts = reader.run()
    jetstream.post("四")

    assert [text for text in texts if text == "三"] == ["三"]
    assert reader.run() == ["四"]


REFUSALS = [
    (refusal(HTTPStatus.TOO_MANY_REQUESTS, Retry_After="60"), FetchKind.LIMITED),
    (refusal(HTTPStatus.FORBIDDEN), FetchKind.BLOCKED),
    (refusal(HTTPStatus.UNAUTHORIZED), FetchKind.LOGIN_NEEDED),
    (refusal(HTTPStatus.NOT_FOUND), FetchKind.NOT_PUBLIC),
    (refusal(HTTPStatus.INTERNAL_SERVER_ERROR), FetchKind.BROKEN),
    (refusal(HTTPStatus.OK, b"<html>hello"), FetchKind.SCHEMA_CHANGED),
]


@pytest.mark.parametrize(("answer", "kind"), REFUSALS, ids=[kind.value for _, kind in REFUSALS])
def test_no_stream(jetstream: Jetstream, answer: Response, kind: FetchKind) -> None:
    """What is answered instead of a stream is a typed outcome, asked for once."""
    jetstream.refuse_with = answer
    reader = Reader(jetstream)

    reader.run()

    assert reader.ended[0] is kind
    assert reader.cursor is None
    assert len(jetstream.asked) == 1


def _send(frame: str) -> Callable[[ServerConnection, str], bool]:
    def send(connection: ServerConnection, _frame: str) -> bool:
        connection.send(frame)
        return True

    return send


NONSENSE = {
    "not json": "hello",
    "deep": "[" * 100_000,
    "a list": "[]",
    "no place": '{"$type":"message","payload":{"$type":"x#commit"}}',
    "a year that is none": '{"time_us": 99999999999999999999, "commit": {}}',
}


@pytest.mark.parametrize("frame", NONSENSE.values(), ids=NONSENSE)
def test_another_language(jetstream: Jetstream, frame: str) -> None:
    """A server that speaks something else is told of as such, with the bytes of what it said."""
    jetstream.send = _send(frame)
    for number in range(30):
        jetstream.post(str(number))
    reader = Reader(jetstream)

    reader.run()

    assert reader.ended == (FetchKind.SCHEMA_CHANGED, "no_frames")
    assert {item.content for delta in reader.deltas for item in delta.rejected} == {frame.encode()}


def test_one_bad_frame(jetstream: Jetstream) -> None:
    """One frame that cannot be read is kept, and costs no other post."""
    jetstream.post("一")
    jetstream.add({"operation": "create", "collection": "app.bsky.feed.post", "record": "no record"})
    jetstream.post("二", embed={"images": "none"}, facets=7, langs="zh", createdAt="once")
    jetstream.post("三")
    reader = Reader(jetstream)

    texts = reader.run()

    assert texts == ["一", "二", "三"]
    (rejected,) = [item for delta in reader.deltas for item in delta.rejected]
    assert rejected.reason == "unreadable: no_record"


def test_a_frame_too_large(jetstream: Jetstream) -> None:
    """A frame over the bound ends the line; memory is not filled by it."""
    jetstream.post("一" * 2_000_000)
    reader = Reader(jetstream)

    reader.run()

    assert reader.ended[0] is FetchKind.UNREACHABLE


def test_an_ended_stream(jetstream: Jetstream) -> None:
    """A server that ends the stream because we are slow is asked again, and not for ever."""
    jetstream.send = _send('{"$type":"error","error":"ConsumerTooSlow","message":"too slow"}')
    jetstream.post("一")
    reader = Reader(jetstream)

    reader.run()

    assert reader.ended == (FetchKind.UNREACHABLE, "ended_ConsumerTooSlow")
    assert len(jetstream.asked) == bluesky_stream.MOST_TRIES


def test_the_deadline(jetstream: Jetstream) -> None:
    """An endless stream ends at the deadline, says how far behind it is, and goes on there."""
    hour_ago = int(datetime.now(UTC).timestamp() * 10**6) - 3_600 * 10**6

    def slowly(connection: ServerConnection, frame: str) -> bool:
        connection.send(frame)
        return not jetstream._over.wait(0.05)

    jetstream.send = slowly
    for number in range(200):
        jetstream.post(str(number), us=hour_ago + number * 1_000)
    reader = Reader(jetstream)
    reader.cursor = Mark(host=f"127.0.0.1:{jetstream.port}", place=Place(us=hour_ago, seq=0)).cursor()

    texts = reader.run(seconds=1.0)

    assert reader.ended[0] is FetchKind.BUDGET_SPENT
    assert reader.ended[1].startswith("deadline behind=3")
    assert 0 < len(texts) < 200
    jetstream.send = None
    assert texts + reader.run() == [str(number) for number in range(200)]


def test_the_volume(jetstream: Jetstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run keeps no more posts than its bound; the next goes on."""
    monkeypatch.setattr(bluesky_stream, "MOST_A_RUN", 5)
    reader = Reader(jetstream)
    a_minute_ago = int(datetime.now(UTC).timestamp() * 10**6) - 60 * 10**6
    for number in range(12):
        jetstream.post(str(number), us=a_minute_ago + number)

    texts = [reader.run(), reader.run(), reader.run()]

    assert [text for run in texts for text in run] == [str(number) for number in range(12)]
    assert max(map(len, texts)) <= 5 + 1


def test_small_batches(jetstream: Jetstream) -> None:
    """What was read is handed over every few hundred posts, each time with the place after it."""
    for number in range(1_100):
        jetstream.post(str(number))
    reader = Reader(jetstream)

    texts = reader.run()

    assert len(texts) == 1_100
    assert all(len(delta.posts) <= bluesky_stream.MOST_POSTS for delta in reader.deltas)
    assert all(delta.cursor for delta in reader.deltas)
    assert all(
        {post.raw_sha256 for post in delta.posts} <= {raw.sha256 for raw in delta.raws} for delta in reader.deltas
    )


def test_languages(jetstream: Jetstream) -> None:
    """Posts in other languages are left out and counted, unless they name somebody or are written in our letters."""
    jetstream.post("hello", langs=["en"])
    jetstream.post("一", langs=["zh-Hant-TW"])
    jetstream.post("no language said", langs=[])
    jetstream.post("程序说是英文", langs=["en-US"])
    jetstream.post("photos of 林晓月 here", langs=["en"])
    reader = Reader(jetstream)

    texts = reader.run()

    assert texts == ["一", "no language said", "程序说是英文", "photos of 林晓月 here"]
    assert reader.ended == (FetchKind.OK, "left_out=1")


def test_every_language(jetstream: Jetstream) -> None:
    """Without a watched language every post is looked at."""
    jetstream.post("hello", langs=["en"])

    assert Reader(jetstream, languages=()).run() == ["hello"]


def test_a_private_address() -> None:
    """A stream on a private address is refused before anything is sent, like any other request."""
    clock = SystemClock()
    requester = Requester(guard=Guard(), clock=clock, pace=Pace(clock=clock, interval=timedelta(0)))
    source = BlueskySource(Network(stream="ws://127.0.0.1:9/subscribe"), requester, mac=str)

    (delta,) = source.fetch(PLAN, None, datetime.now(UTC) + timedelta(seconds=5))

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.NOT_PUBLIC, "refused_private_address")


def test_no_other_scheme(jetstream: Jetstream) -> None:
    """Nothing but a WebSocket is opened as one."""
    source = BlueskySource(Network(stream="file:///etc/passwd"), a_requester(jetstream), mac=str)

    (delta,) = source.fetch(PLAN, None, datetime.now(UTC) + timedelta(seconds=5))

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.NOT_PUBLIC, "refused_scheme")
