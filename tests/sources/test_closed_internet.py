"""Every platform together, wired from the settings as an operator wires them, in an internet that has nothing else.

Each answers at its real https address; the log of what was asked proves who asks, how fast, and that nothing else was.
"""

import os
import subprocess
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import SecretStr

from monitors.errors import BadInputError
from monitors.records import Delta, FetchKind, Query
from monitors.settings import Settings
from monitors.sources import registry, snscrape, telegram, weibo
from monitors.sources.guard import Guard
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.registry import media_ways, open_sources, trusted
from monitors.sources.requester import Requester
from monitors.sources.source import Source
from tests.servers.homes import end_state, fetches, settings_for, watch_over_her
from tests.servers.internet import PUBLIC, Internet
from tests.servers.reddit import Reddit
from tests.servers.tme import Channel
from tests.servers.web import answer_with
from tests.servers.weibo import CAPTCHA, Weibo
from tests.servers.x import X
from tests.sources.test_rss import XML, a_feed
from tests.sources.test_timelines import mac

SOON = timedelta(seconds=60)
INTERVAL = timedelta(seconds=0.2)
PLAN = [Query(words=("林晓月", "晓月")), Query(tags=("林晓月",))]
PLATFORMS = ("rss", "telegram", "rsshub", "weibo", "x", "reddit", "snscrape")
HOSTS = {"news.example", "t.me", "rsshub.example", "m.weibo.cn", "api.x.com", "www.reddit.com", "oauth.reddit.com"}


@pytest.fixture
def world(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> Internet:
    """Every platform with three posts about her and one about nobody; slow platforms are not quite as slow."""
    texts = ("听说青河学院的林晓月", "林晓月 第二条", "林晓月 第三条", "今晚的公告")
    Channel(internet).publish(*texts)
    Channel(internet, name="scraped_channel").publish(*texts)
    Weibo(internet).publish(*texts)
    X(internet).publish(*texts)
    Reddit(internet).publish(*texts)
    internet.site("news.example").answer("/feed", a_feed(*texts), headers=XML)
    internet.site("rsshub.example").answer("/bilibili/vsearch/*", a_feed(*texts), headers=XML)
    slow: tuple[ModuleType, ...] = (telegram, weibo)
    for module in slow:
        monkeypatch.setattr(module, "INTERVAL", INTERVAL)
    return internet


def settings_of(internet: Internet, home: Path) -> Settings:
    """What an operator would write who has everything."""
    return Settings(
        home=home,
        feeds=("https://news.example/feed",),
        telegram_channels=("qinghe_night",),
        rsshub_url="https://rsshub.example",
        weibo_cookie=SecretStr("SUB=1"),
        x_bearer_token=SecretStr("token"),
        reddit_client_id="id",
        reddit_client_secret=SecretStr("secret"),
        snscrape_channels=("scraped_channel",),
        proxies=dict.fromkeys(PLATFORMS, internet.proxy),
        ca_file=internet.authority_file,
        contact="ops@watch.example",
    )


def sources_of(internet: Internet, home: Path) -> dict[str, Source]:
    """The sources, wired as the product wires them; only the names are resolved for them."""
    settings, clock = settings_of(internet, home), SystemClock()
    requester = Requester(
        guard=Guard(resolve=lambda _host, _port: (PUBLIC,)),
        contact=settings.contact,
        clock=clock,
        pace=Pace(clock=clock, interval=INTERVAL),
        tls=trusted(settings),
        longest=timedelta(seconds=3),
    )
    opened = open_sources(settings, requester, mac)
    skipped = {"snscrape"} if sys.version_info >= (3, 12) else set()
    return {name: opened[name] for name in PLATFORMS if name not in skipped}


def fetched(sources: dict[str, Source]) -> dict[str, list[Delta]]:
    """What each gives, one after the other."""
    return {name: list(source.fetch(PLAN, None, datetime.now(UTC) + SOON)) for name, source in sources.items()}


def test_everything_is_read(world: Internet, tmp_path: Path) -> None:
    """Every platform gives its posts, each with its own kind of id."""
    found = fetched(sources_of(world, tmp_path))

    for name, deltas in found.items():
        texts = {post.text for delta in deltas for post in delta.posts}
        assert "林晓月 第三条" in texts, (name, [delta.outcome for delta in deltas])
        assert all(post.id.startswith(f"{name}:") for delta in deltas for post in delta.posts)


def test_nothing_else_is_asked(world: Internet, tmp_path: Path) -> None:
    """Only these hosts are asked, and nobody else's: no tracker, no update, no telemetry."""
    fetched(sources_of(world, tmp_path))

    assert {request.host for request in world.seen} == HOSTS
    assert {request.method for request in world.seen if request.host != "www.reddit.com"} == {"GET"}


def test_who_asks_is_said(world: Internet, tmp_path: Path) -> None:
    """Each request says who asks and how to reach the operator, and brings no cookie but the operator's own."""
    fetched(sources_of(world, tmp_path))

    assert {request.headers["user-agent"] for request in world.seen} == {"Shouwang/0.1.0 (+ops@watch.example)"}
    assert {request.host for request in world.seen if "cookie" in request.headers} == {"m.weibo.cn"}


def test_no_host_is_hurried(world: Internet, tmp_path: Path) -> None:
    """One request at a time to each host, and the interval between any two of them, whoever asks."""
    fetched(sources_of(world, tmp_path))

    moments = defaultdict(list)
    for request in world.seen:
        moments[request.host].append(request.at)
    gaps = [later - earlier for times in moments.values() for earlier, later in pairwise(times)]
    assert world.most_at_once == 1
    assert len(gaps) >= 6
    assert min(gaps) >= INTERVAL.total_seconds()


MISBEHAVIOURS = {
    "limited": (answer_with(status=429, headers={"Retry-After": "60"}), FetchKind.LIMITED),
    "432": (answer_with(status=432), FetchKind.BLOCKED),
    "captcha": (answer_with(CAPTCHA.encode(), headers={"Content-Type": "text/html"}), FetchKind.CAPTCHA),
    "down": (answer_with(status=503), FetchKind.BROKEN),
}


@pytest.mark.parametrize(("behaviour", "kind"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS.keys())
@pytest.mark.parametrize("name", PLATFORMS)
def test_one_platform_misbehaves(
    world: Internet, tmp_path: Path, name: str, behaviour: object, kind: FetchKind
) -> None:
    """A platform that misbehaves has that kind of outcome and no posts; the others are read as if nothing were."""
    sources = sources_of(world, tmp_path)
    if name not in sources:
        pytest.skip("snscrape of 2023 runs on Python 3.11 alone")
    other = "rss" if name != "rss" else "x"
    hosts = {
        "rss": ("news.example", "/feed"),
        "telegram": ("t.me", "/s/qinghe_night"),
        "snscrape": ("t.me", "/s/scraped_channel"),
        "rsshub": ("rsshub.example", "/bilibili/vsearch/*"),
        "weibo": ("m.weibo.cn", "/api/container/getIndex"),
        "x": ("api.x.com", "/2/tweets/search/recent"),
        "reddit": ("oauth.reddit.com", "/*"),
    }
    host, path = hosts[name]
    world.site(host).misbehave(path, behaviour)  # type: ignore[arg-type]

    found = fetched({name: sources[name], other: sources[other]})

    assert [post for delta in found[name] for post in delta.posts] == []
    assert found[name][0].outcome.kind is kind
    assert any(delta.posts for delta in found[other])


@pytest.mark.parametrize("host", sorted(HOSTS - {"www.reddit.com"}))
def test_a_forged_certificate(world: Internet, tmp_path: Path, host: str) -> None:
    """Where TLS fails nothing is asked of that host: the network is out of reach, and no post is invented."""
    world.forge(host)

    found = fetched(sources_of(world, tmp_path))

    kinds = {delta.outcome.kind for deltas in found.values() for delta in deltas if not delta.posts}
    assert FetchKind.UNREACHABLE in kinds
    assert host not in {request.host for request in world.seen}


def test_the_command_itself(internet: Internet, tmp_path: Path) -> None:
    """`shouwang run`, as a process of its own with nothing but settings, reads a channel through the proxy."""
    pid = watch_over_her(tmp_path)
    Channel(internet).publish("听说青河学院的林晓月", "今晚的公告")
    settings = settings_for(
        tmp_path,
        telegram_channels="@qinghe_night",
        proxies=f"telegram={internet.proxy}",
        ca_file=str(internet.authority_file),
        contact="ops@watch.example",
    )
    command = [sys.executable, "-m", "monitors.cli", "run", "--source", "telegram", "--profile", pid]
    started = time.monotonic()

    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert {request.host for request in internet.seen} == {"t.me"}
    assert internet.asked()[:2] == ["t.me/robots.txt", "t.me/s/qinghe_night"]
    assert fetches(tmp_path) == {("telegram", "ok")}
    assert len(end_state(tmp_path).hits) == 1
    assert time.monotonic() - started < 100


def test_wrong_settings_are_told(tmp_path: Path) -> None:
    """A proxy that is none and authorities that are none are told by the name of their setting, without a secret."""
    requester = Requester(guard=Guard())

    with pytest.raises(BadInputError) as proxy:
        open_sources(Settings(home=tmp_path, proxies={"x": "socks5://lin:secret@127.0.0.1:1"}), requester, mac)
    with pytest.raises(BadInputError) as authority:
        trusted(Settings(home=tmp_path, ca_file=tmp_path / "none.pem"))

    assert (proxy.value.field, authority.value.field) == ("SHOUWANG_PROXIES", "SHOUWANG_CA_FILE")
    assert "secret" not in str(proxy.value)


@pytest.mark.parametrize("setting", ["proxies", "daily_requests"])
def test_a_source_there_is_not(tmp_path: Path, setting: str) -> None:
    """A setting for a source that does not exist is a mistake in writing, and is told."""
    settings = Settings(home=tmp_path).model_copy(update={setting: {"telegran": "1"}})

    with pytest.raises(BadInputError, match=r"telegran is none of: .*telegram") as said:
        open_sources(settings, Requester(guard=Guard()), mac)

    assert said.value.field == f"SHOUWANG_{setting.upper()}"


def test_pictures_go_the_way_of_their_platform(tmp_path: Path) -> None:
    """What needs a proxy to be read needs it to be seen; other pictures are asked for directly."""
    settings = Settings(home=tmp_path, proxies={"telegram": "http://127.0.0.1:7890"})

    ways = media_ways(settings, Requester(guard=Guard()))

    assert set(ways) == {"telesco.pe", "telegram-cdn.org"}
    assert set(registry.MEDIA_OF.values()) <= set(registry.ABILITIES)
    assert snscrape.NAME in registry.ABILITIES


def test_a_days_requests_are_what_the_operator_says(world: Internet, tmp_path: Path) -> None:
    """One source's number of the day ends that source, is told, and ends no other."""
    settings = settings_of(world, tmp_path).model_copy(update={"daily_requests": {"weibo": 1}})
    requester = Requester(guard=Guard(resolve=lambda _host, _port: (PUBLIC,)), tls=trusted(settings))
    sources = open_sources(settings, requester, mac)

    found = fetched({"weibo": sources["weibo"], "x": sources["x"]})

    last = found["weibo"][-1].outcome
    assert (last.kind, last.detail) == (FetchKind.BUDGET_SPENT, "daily_budget")
    assert len(world.asked("m.weibo.cn")) == 1
    assert any(delta.posts for delta in found["x"])


def test_pairs_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings for each source are written as pairs; what is none is refused by the name of its setting."""
    monkeypatch.setenv("SHOUWANG_PROXIES", "telegram=http://127.0.0.1:7890  x=http://127.0.0.1:7891")
    monkeypatch.setenv("SHOUWANG_DAILY_REQUESTS", "weibo=200")
    read = Settings()

    assert read.proxies == {"telegram": "http://127.0.0.1:7890", "x": "http://127.0.0.1:7891"}
    assert read.daily_requests == {"weibo": 200}
    for wrong in ("weibo", "weibo=", "=3", "weibo=many"):
        monkeypatch.setenv("SHOUWANG_DAILY_REQUESTS", wrong)
        with pytest.raises(ValueError, match="daily_requests"):
            Settings()
