"""What every source promises, whatever platform it reads."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from uuid import uuid4

import pytest
from typing_extensions import override

from monitors.ledger.engine import Ledger
from monitors.records import Cursor, Delta, FetchKind, Post, Query
from monitors.settings import Settings
from monitors.sources.collect import collect
from monitors.sources.guard import Guard
from monitors.sources.jsonl import JsonlSource
from monitors.sources.mastodon import MastodonSource
from monitors.sources.reddit import RedditSource
from monitors.sources.registry import open_sources
from monitors.sources.requester import Requester
from monitors.sources.rss import RssSource
from monitors.sources.rsshub import RsshubSource
from monitors.sources.snscrape import SnscrapeSource
from monitors.sources.source import Source
from monitors.sources.spool import Spool
from monitors.sources.submitted import SubmittedSource
from monitors.sources.telegram import TelegramSource
from monitors.sources.weibo import WeiboSource
from monitors.sources.x import XSource
from tests.servers.internet import Internet, a_traveller
from tests.servers.mastodon import MastodonServer
from tests.servers.reddit import Reddit
from tests.servers.requester import a_requester
from tests.servers.tme import Channel
from tests.servers.web import Web, answer_with
from tests.servers.weibo import Weibo
from tests.servers.x import X

FAILED = frozenset(FetchKind) - {FetchKind.OK, FetchKind.EMPTY}
LATE = datetime.max.replace(tzinfo=UTC)


class Feed:
    """Posts of a feed, newest first as feeds are."""

    def __init__(self, web: Web) -> None:
        self._web, self._items, self._number = web, [], count()  # type: ignore[var-annotated]
        self.plan: Sequence[Query] = ()
        self.publish()

    @property
    def source(self) -> Source:
        """The source that reads them."""
        return RssSource([self._web.url("/feed")], a_requester(self._web))

    def publish(self, *texts: str) -> None:
        """Post these, one after the other."""
        for text in texts:
            number = next(self._number)
            date = (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
            self._items.insert(0, f"<item><guid>{number}</guid><title>{text}</title><pubDate>{date}</pubDate></item>")
        body = f"<rss version='2.0'><channel>{''.join(self._items)}</channel></rss>"
        self._web.answer("/feed", body.encode(), headers={"Content-Type": "application/rss+xml"})

    def fail(self) -> None:
        """Answer nothing but errors."""
        self._web.misbehave("/feed", answer_with(status=503))


class Routes(Feed):
    """The same as a route of an operator's RSSHub."""

    @property
    @override
    def source(self) -> Source:
        return RsshubSource(self._web.url(""), ["/feed"], a_requester(self._web), mac=hashed)


class Tag:
    """Posts under a tag nobody else uses."""

    def __init__(self, server: MastodonServer) -> None:
        self._server, self._tag = server, f"守望{uuid4().hex[:8]}"
        self.plan: Sequence[Query] = (Query(tags=(self._tag,)),)
        self._requester = a_requester(server)

    @property
    def source(self) -> Source:
        """The source that reads them."""
        return MastodonSource([self._server.url], self._requester, mac=lambda text: sha256(text.encode()).hexdigest())

    def publish(self, *texts: str) -> None:
        """Post these, one after the other."""
        for text in texts:
            self._server.post(f"{text} #{self._tag}")

    def fail(self) -> None:
        """Answer nothing but errors."""
        self._server.fault("/api/v1/timelines/tag/*", {"type": "status", "status": 503}, count=99)


class Lines:
    """Posts in a file, to which nothing is added: another day brings another file."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._files, self._number = folder, count(), count()
        self.plan: Sequence[Query] = ()
        self.publish()

    @property
    def source(self) -> Source:
        """The source that reads them."""
        return JsonlSource(self._path)

    def publish(self, *texts: str) -> None:
        """Write a file with these."""
        self._path = self._folder / f"{next(self._files)}.jsonl"
        lines = [json.dumps({"id": next(self._number), "text": text}) + "\n" for text in texts]
        self._path.write_text("".join(lines))

    def fail(self) -> None:
        """Bring a file that was torn."""
        self._path = self._folder / "torn.gz"
        self._path.write_bytes(b"\x1f\x8b\x08\x00")


@dataclass
class Handed:
    """Files handed in, one a post."""

    folder: Path
    web: Web
    seen: list[str] = field(default_factory=list)
    plan: Sequence[Query] = ()

    @property
    def source(self) -> Source:
        """The source that reads them."""
        return SubmittedSource(self.seen, a_requester(self.web))

    def publish(self, *texts: str) -> None:
        """Hand these in."""
        for text in texts:
            path = self.folder / f"{len(self.seen)}.txt"
            path.write_text(text)
            self.seen.append(str(path))

    def fail(self) -> None:
        """Hand in an address where nobody answers."""
        self.seen = [self.web.url("/gone")]


@dataclass
class Platform:
    """A platform at its real address in the closed internet, and the source that reads it."""

    platform: Channel | Weibo | X | Reddit
    open: Callable[[], Source]
    plan: Sequence[Query] = ()

    @property
    def source(self) -> Source:
        """The source that reads them."""
        return self.open()

    def publish(self, *texts: str) -> None:
        """Post these, one after the other."""
        self.platform.publish(*texts)

    def fail(self) -> None:
        """Answer nothing but errors."""
        self.platform.fail(answer_with(status=503))


Lasting = Feed | Tag | Lines | Platform
World = Lasting | Handed
GOING_ON = ("feed", "tag", "lines", "routes", "channel", "scraped", "weibo", "weibo_user", "x", "reddit")
ALL = (*GOING_ON, "handed")


def hashed(text: str) -> str:
    """A hash that stands for a keyed one."""
    return sha256(text.encode()).hexdigest()


@pytest.fixture
def routes(web: Web) -> Feed:
    """An empty route of an RSSHub."""
    return Routes(web)


@pytest.fixture
def channel(internet: Internet) -> Platform:
    """A Telegram channel without messages."""
    platform = Channel(internet)
    return Platform(platform, lambda: TelegramSource([platform.name], a_traveller(internet), mac=hashed))


@pytest.fixture
def scraped(internet: Internet) -> Platform:
    """The same, read by snscrape."""
    if sys.version_info >= (3, 12):
        pytest.skip("snscrape of 2023 runs on Python 3.11 alone")
    platform = Channel(internet)
    return Platform(platform, lambda: SnscrapeSource([platform.name], [], a_traveller(internet), mac=hashed))


@pytest.fixture
def weibo(internet: Internet) -> Platform:
    """Weibo without posts, searched for a word that is in all of them."""
    source = lambda: WeiboSource("SUB=1", [], a_traveller(internet), mac=hashed)  # noqa: E731 - a factory
    return Platform(Weibo(internet), source, plan=(Query(words=("",)),))


@pytest.fixture
def weibo_user(internet: Internet) -> Platform:
    """A user of Weibo without posts."""
    return Platform(Weibo(internet), lambda: WeiboSource("SUB=1", ["1000000001"], a_traveller(internet), mac=hashed))


@pytest.fixture
def x(internet: Internet) -> Platform:
    """X without posts."""
    source = lambda: XSource("token", 10_000, a_traveller(internet), mac=hashed)  # noqa: E731 - a factory
    return Platform(X(internet), source, plan=(Query(words=("林晓月",)),))


@pytest.fixture
def reddit(internet: Internet) -> Platform:
    """Reddit without posts."""
    source = lambda: RedditSource("id", "secret", [], a_traveller(internet), mac=hashed)  # noqa: E731 - a factory
    return Platform(Reddit(internet), source, plan=(Query(words=("林晓月",)),))


@pytest.fixture
def feed(web: Web) -> Feed:
    """An empty feed."""
    return Feed(web)


@pytest.fixture
def tag(mastodon: MastodonServer) -> Iterator[Tag]:
    """A tag without posts."""
    yield Tag(mastodon)
    mastodon.clear_faults()


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """An empty file."""
    return Lines(tmp_path)


@pytest.fixture
def handed(tmp_path: Path, web: Web) -> Handed:
    """Nothing handed in."""
    return Handed(tmp_path, web)


@pytest.fixture(params=ALL)
def world(request: pytest.FixtureRequest) -> World:
    """Each platform in turn."""
    found: World = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=GOING_ON)
def lasting(request: pytest.FixtureRequest) -> Lasting:
    """Each platform that is asked again and again."""
    found: Lasting = request.getfixturevalue(request.param)
    return found


def fetched(world: World, cursor: Cursor | None = None, *, deadline: datetime = LATE) -> list[Delta]:
    """Everything the platform's source gives."""
    return list(world.source.fetch(world.plan, cursor, deadline))


def posts_of(deltas: Sequence[Delta]) -> list[Post]:
    """Their posts."""
    return [post for delta in deltas for post in delta.posts]


def said(posts: Sequence[Post]) -> list[str]:
    """The first word of each post."""
    return [post.text.split()[0] for post in posts]


def test_nothing_there(world: World) -> None:
    """A platform without posts gives none, and no failure."""
    deltas = fetched(world)

    assert posts_of(deltas) == []
    assert all(delta.outcome.kind not in FAILED for delta in deltas)


def test_oldest_first(world: World) -> None:
    """Posts come in the order in which they were written."""
    texts = [f"第{number}条" for number in range(7)]
    world.publish(*texts)

    posts = posts_of(fetched(world))

    assert said(posts) == texts
    dated = [post.published_at for post in posts if post.published_at]
    assert dated == sorted(dated)


def test_ids_are_stable(world: World) -> None:
    """Read twice, a post has the same id, which begins with its source's name."""
    world.publish("一", "二")

    first, again = posts_of(fetched(world)), posts_of(fetched(world))

    assert [post.id for post in first] == [post.id for post in again]
    assert len({post.id for post in first}) == 2
    assert all(post.id.startswith(f"{world.source.name}:") and post.source == world.source.name for post in first)


def test_raws_are_real(world: World) -> None:
    """Every post names bytes that came with it, by the hash of exactly those bytes."""
    world.publish("一", "二")

    deltas = fetched(world)

    raws = {raw.sha256: raw for delta in deltas for raw in delta.raws}
    assert all(sha256(raw.content).hexdigest() == key for key, raw in raws.items())
    for post in posts_of(deltas):
        assert said([post])[0].encode() in raws[post.raw_sha256].content or b"\\u" in raws[post.raw_sha256].content


def test_times_are_utc(world: World) -> None:
    """All times are aware and in UTC."""
    world.publish("一")

    deltas = fetched(world)

    times = [post.fetched_at for post in posts_of(deltas)] + [raw.fetched_at for d in deltas for raw in d.raws]
    times += [post.published_at for post in posts_of(deltas) if post.published_at]
    assert times
    assert {moment.utcoffset() for moment in times} == {timedelta(0)}


def test_a_failure_has_a_kind(world: World) -> None:
    """A platform that fails raises nothing: the fetch ends in a typed outcome without posts."""
    world.fail()

    deltas = fetched(world)

    assert posts_of(deltas) == []
    assert deltas[-1].outcome.kind in FAILED


def test_nothing_new_after_the_cursor(lasting: Lasting) -> None:
    """Asked again with the last cursor, a source gives nothing and stays where it is."""
    lasting.publish("一", "二")
    cursor = fetched(lasting)[-1].cursor

    again = fetched(lasting, cursor)

    assert posts_of(again) == []
    assert {delta.outcome.kind for delta in again} == {FetchKind.EMPTY}
    assert [delta.cursor for delta in again] == [cursor] * len(again)


def test_only_what_is_new(lasting: Lasting) -> None:
    """Asked with a cursor, a source gives what was written since."""
    lasting.publish("一", "二")
    cursor = fetched(lasting)[-1].cursor
    lasting.publish("三")

    assert said(posts_of(fetched(lasting, cursor))) == ["三"]


def test_a_failed_fetch_keeps_the_cursor(lasting: Lasting) -> None:
    """A failure moves nothing: the next good fetch begins where the last good one ended."""
    lasting.publish("一")
    cursor = fetched(lasting)[-1].cursor
    lasting.fail()

    failed = fetched(lasting, cursor)

    assert [(delta.posts, delta.cursor) for delta in failed] == [((), cursor)]


def test_past_the_deadline(lasting: Lasting) -> None:
    """A source that is late gives nothing, says why, and stays where it is."""
    lasting.publish("一")

    deltas = fetched(lasting, deadline=datetime.now(UTC))

    assert [(delta.posts, delta.cursor) for delta in deltas] == [((), None)]
    assert deltas[0].outcome.kind is FetchKind.BUDGET_SPENT


def test_every_cursor_is_a_place_to_go_on_from(lasting: Lasting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after any delta, a source goes on with the next post: none is skipped, none comes twice."""
    monkeypatch.setattr("monitors.sources.jsonl.POSTS_A_DELTA", 2)
    monkeypatch.setattr("monitors.sources.mastodon.PAGE", 2)
    monkeypatch.setattr("monitors.sources.timelines.POSTS_A_DELTA", 2)
    lasting.publish(*(f"第{number}条" for number in range(5)))
    deltas = fetched(lasting)

    for place, delta in enumerate(deltas):
        rest = posts_of(fetched(lasting, delta.cursor))
        assert said(rest) == said(posts_of(deltas[place + 1 :]))


def test_a_place_in_the_middle_of_a_failure(
    lasting: Lasting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_ledger: Ledger
) -> None:
    """Killed after any delta and asked again, also after failures, the ledger holds every post once."""
    monkeypatch.setattr("monitors.sources.jsonl.POSTS_A_DELTA", 2)
    monkeypatch.setattr("monitors.sources.mastodon.PAGE", 2)
    monkeypatch.setattr("monitors.sources.timelines.POSTS_A_DELTA", 2)
    lasting.publish(*(f"第{number}条" for number in range(7)))
    spool, found = Spool(tmp_path), []

    for killed_after in (1, 1, 2, 9, 9):
        batches = collect(lasting.source, lasting.plan, ledger=sqlite_ledger, spool=spool, deadline=LATE)
        found += [post for batch in islice(batches, killed_after) for post in spool.posts(batch)]
        batches.close()  # type: ignore[attr-defined] # a generator

    assert sorted(said(found)) == [f"第{number}条" for number in range(7)]


def test_every_source_has_a_golden_pair(tmp_path: Path) -> None:
    """A source without a recording and the posts read from it may not be added, nor one that names no origin."""
    folder = Path(__file__).parents[1] / "fixtures"
    registered = open_sources(Settings(home=tmp_path), Requester(guard=Guard()), hashed)

    for name in (*registered, "jsonl", "submitted"):
        assert list((folder / name).glob("*.posts.json")), name
        assert (folder / name / "README.md").read_text().strip(), name
