"""snscrape as it is: its own command, and its Python API over our requester."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitors.records import Cursor, Delta, FetchKind
from monitors.sources.snscrape import SnscrapeSource
from tests.builders import NOON
from tests.servers import web as servers
from tests.servers.internet import Internet, a_traveller
from tests.servers.tme import HTML, Channel, a_message, a_page
from tests.servers.web import Behaviour, Wire, answer_with
from tests.servers.weibo import LOGIN_WALL, NOTHING, Weibo, cards, say
from tests.sources.golden import compare
from tests.sources.test_timelines import mac

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="snscrape of 2023 runs on Python 3.11 alone")

SOON = timedelta(seconds=60)
FIXTURES = Path(__file__).parents[1] / "fixtures" / "snscrape"


def look(internet: Internet, *channels: str, users: Sequence[str] = (), cursor: Cursor | None = None) -> list[Delta]:
    """One run of our source."""
    requester = a_traveller(internet, longest=timedelta(seconds=2))
    source = SnscrapeSource(channels, users, requester, mac=mac)
    return list(source.fetch([], cursor, datetime.now(UTC) + SOON))


def texts(deltas: Sequence[Delta]) -> list[str]:
    """What their posts say."""
    return [post.text for delta in deltas for post in delta.posts]


def its_own_command(internet: Internet, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Its command as a person types it, led into that internet by its environment alone."""
    command = [str(Path(sysconfig.get_path("scripts")) / "snscrape"), "--retry", "0", "--jsonl", *arguments]
    return subprocess.run(command, env=internet.environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def weibo(internet: Internet) -> Weibo:
    """Weibo as it answers who has no cookie but is let through to a user's page."""
    site = Weibo(internet)

    def answer(wire: Wire) -> None:
        say(cards([site.posts[key] for key in sorted(site.posts, reverse=True)]))(wire)

    site.fail(answer)
    return site


def test_its_own_command_reads_a_channel(internet: Internet) -> None:
    """The command, unchanged, reads a channel at its real address, and asks nothing else of anybody."""
    channel = Channel(internet)
    channel.publish("一", "二", "三")

    done = its_own_command(internet, "--max-results", "2", "telegram-channel", channel.name)

    assert done.returncode == 0, done.stderr
    items = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(item["content"], item["url"]) for item in items] == [
        ("三", "https://t.me/s/qinghe_night/3"),
        ("二", "https://t.me/s/qinghe_night/2"),
    ]
    assert internet.asked() == ["t.me/s/qinghe_night"]


def test_its_own_command_reads_a_user(weibo: Weibo) -> None:
    """So it reads a Weibo user."""
    weibo.publish("第一条", "第二条")

    done = its_own_command(weibo.internet, "weibo-user", "1000000001")

    assert done.returncode == 0, done.stderr
    # Groups of cards are unknown to it: every other post of ours comes in one.
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["第二条"]
    assert {request.host for request in weibo.internet.seen} == {"m.weibo.cn"}


def test_its_own_command_does_not_see_a_wall(weibo: Weibo) -> None:
    """Before a login wall the command ends in a stack of Python: why what it says is judged by the answer itself."""
    weibo.fail(say(LOGIN_WALL))

    done = its_own_command(weibo.internet, "weibo-user", "1000000001")

    assert (done.returncode, done.stdout) == (1, "")
    assert "KeyError" in done.stderr


def test_golden(internet: Internet) -> None:
    """A channel's page and a user's list are read as the posts beside them."""
    internet.site("t.me").answer("/s/qinghe_night", (FIXTURES / "channel.html").read_bytes(), headers=HTML)
    internet.site("m.weibo.cn").answer("/api/container/getIndex", (FIXTURES / "user.json").read_bytes())

    channel = look(internet, "qinghe_night")
    user = look(internet, users=["1000000001"])

    for name, deltas in (("channel.html", channel), ("user.json", user)):
        from dataclasses import replace

        compare(FIXTURES / name, [replace(post, fetched_at=NOON) for delta in deltas for post in delta.posts])


def test_through_our_own_door(internet: Internet) -> None:
    """In our source it asks by our name, at our pace, after the site's robots.txt, and oldest first."""
    channel = Channel(internet)
    channel.publish("一", "二")

    deltas = look(internet, channel.name)

    assert texts(deltas) == ["一", "二"]
    assert internet.asked() == ["t.me/robots.txt", "t.me/s/qinghe_night"]
    assert {request.headers["user-agent"] for request in internet.seen} == {"Shouwang/0.1.0 (+ops@watch.example)"}


def test_only_what_is_new(internet: Internet) -> None:
    """With a cursor it goes back to what is known, over its own pages."""
    channel = Channel(internet)
    channel.publish("第1条")
    cursor = look(internet, channel.name)[-1].cursor
    channel.publish(*(f"第{number}条" for number in range(2, 60)))

    deltas = look(internet, channel.name, cursor=cursor)

    assert texts(deltas) == [f"第{number}条" for number in range(2, 60)]


def test_what_ours_sees_more(internet: Internet) -> None:
    """Of a photo, a video, a poll or a forward it gives nothing: the difference that is written down."""
    inside = '<a class="tgme_widget_message_photo_wrap" href="https://t.me/qinghe_night/1" style="background-image:url(\'https://cdn4.telesco.pe/file/a.jpg\')"></a>'
    channel = Channel(internet)
    channel.messages = {1: a_message(channel.name, 1, "照片", inside=inside)}

    (delta,) = look(internet, channel.name)

    assert [post.media for post in delta.posts] == [()]


CHANNEL_SAYS: dict[str, tuple[Behaviour, FetchKind]] = {
    "limited": (answer_with(status=429), FetchKind.LIMITED),
    "broken": (answer_with(status=502), FetchKind.BROKEN),
    "captcha": (answer_with(b"<html><div class='g-recaptcha'></div></html>", headers=HTML), FetchKind.CAPTCHA),
    "changed": (answer_with("<html><article>改版了</article></html>".encode(), headers=HTML), FetchKind.SCHEMA_CHANGED),
    "messages have changed": (
        answer_with(a_page([a_message("news", 1, "一").replace("message_footer", "message_foot")]), headers=HTML),
        FetchKind.SCHEMA_CHANGED,
    ),
    "no messages": (answer_with(a_page([]), headers=HTML), FetchKind.EMPTY),
    "a hundred megabytes": (servers.pour, FetchKind.BROKEN),
    "hangs up": (servers.hang_up_mid_answer, FetchKind.UNREACHABLE),
    "slow": (servers.drip, FetchKind.UNREACHABLE),
}


@pytest.mark.parametrize(("behaviour", "kind"), CHANNEL_SAYS.values(), ids=CHANNEL_SAYS.keys())
def test_misbehaving_channels(internet: Internet, behaviour: Behaviour, kind: FetchKind) -> None:
    """Whatever it makes of an answer, the outcome is what the answer was."""
    Channel(internet).fail(behaviour)

    (delta,) = look(internet, "qinghe_night")

    assert (delta.posts, delta.outcome.kind) == ((), kind)


USER_SAYS: dict[str, tuple[Behaviour, FetchKind]] = {
    "login wall": (say(LOGIN_WALL), FetchKind.LOGIN_NEEDED),
    "nothing": (say(NOTHING), FetchKind.EMPTY),
    "432": (answer_with(status=432), FetchKind.BLOCKED),
    "captcha": (answer_with(b"<html></html>", headers=HTML), FetchKind.CAPTCHA),
    "changed": (say({"ok": 1, "data": {"cards": [{"card_type": 9, "status": {}}]}}), FetchKind.SCHEMA_CHANGED),
}


@pytest.mark.parametrize(("behaviour", "kind"), USER_SAYS.values(), ids=USER_SAYS.keys())
def test_misbehaving_users(internet: Internet, behaviour: Behaviour, kind: FetchKind) -> None:
    """So it is with Weibo, where it sees no wall."""
    Weibo(internet).fail(behaviour)

    (delta,) = look(internet, users=["1000000001"])

    assert (delta.posts, delta.outcome.kind) == ((), kind)


def test_one_platform_does_not_stop_the_other(weibo: Weibo) -> None:
    """Where Telegram is out of reach, Weibo's users are read all the same."""
    weibo.publish("第一条")
    Channel(weibo.internet).fail(answer_with(status=429))

    deltas = look(weibo.internet, "qinghe_night", users=["1000000001"])

    assert deltas[0].outcome.kind is FetchKind.LIMITED
    assert texts(deltas) == ["第一条"]


def test_no_preview(internet: Internet) -> None:
    """A channel that shows nothing to the web is not public, not empty."""
    channel = Channel(internet)
    channel.hide()

    (delta,) = look(internet, channel.name)

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.NOT_PUBLIC, "no_preview")


def test_not_installed(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed that is said, and nothing is asked."""
    monkeypatch.setitem(sys.modules, "snscrape.modules.telegram", None)

    (delta,) = look(internet, "qinghe_night")

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.BROKEN, "not_installed")
    assert internet.seen == []


def test_its_log_is_silent(internet: Internet, caplog: pytest.LogCaptureFixture) -> None:
    """It would write the addresses it asks for into its log."""
    Channel(internet).fail(answer_with(status=404))

    look(internet, "qinghe_night")

    assert "qinghe_night" not in caplog.text
