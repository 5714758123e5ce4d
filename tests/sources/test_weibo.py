"""Weibo with an operator's own cookie, asked at its real address."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from monitors.records import Cursor, Delta, FetchKind, Post, Query
from monitors.sources.weibo import WeiboSource
from monitors.sources.weibo_posts import read_cards, said_by
from tests.builders import NOON
from tests.servers import web as servers
from tests.servers.internet import Internet, a_traveller
from tests.servers.web import Behaviour, answer_with, redirect_to
from tests.servers.weibo import CAPTCHA, LOGIN_WALL, NOTHING, Weibo, an_mblog, cards, say
from tests.sources.golden import compare, pairs
from tests.sources.test_timelines import mac

SOON = timedelta(seconds=60)
COOKIE = "SUB=operator; SUBP=own"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def weibo(internet: Internet) -> Weibo:
    """The platform without posts."""
    return Weibo(internet)


def look(
    weibo: Weibo,
    cursor: Cursor | None = None,
    *,
    words: Sequence[str] = ("林晓月",),
    users: Sequence[str] = (),
    tags: Sequence[str] = (),
    cookie: str = COOKIE,
) -> list[Delta]:
    """One run."""
    source = WeiboSource(cookie, users, a_traveller(weibo.internet, longest=timedelta(seconds=2)), mac=mac)
    plan = [*(Query(words=(word,)) for word in words), *(Query(tags=(tag,)) for tag in tags)]
    return list(source.fetch(plan, cursor, datetime.now(UTC) + SOON))


def texts(deltas: Sequence[Delta]) -> list[str]:
    """What their posts say."""
    return [post.text for delta in deltas for post in delta.posts]


def read(**changed: object) -> Post:
    """The post of a list with one."""
    mblog = an_mblog(1, "关于林晓月") | changed
    (entry,) = read_cards(json.dumps(cards([mblog])).encode(), fetched_at=NOON).entries
    assert isinstance(entry.item, Post)
    return entry.item


@pytest.mark.parametrize("recording", pairs("weibo"))
def test_golden(recording: Path) -> None:
    """A list is read as the posts beside it."""
    page = read_cards(recording.read_bytes(), fetched_at=NOON)

    compare(recording, [entry.item for entry in reversed(page.entries) if isinstance(entry.item, Post)])


def test_without_a_cookie(weibo: Weibo) -> None:
    """Until the operator gives her cookie nothing is asked, and that is said."""
    (delta,) = look(weibo, cookie="")

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.LOGIN_NEEDED, "no_credentials")
    assert weibo.internet.seen == []


def test_the_real_address(weibo: Weibo) -> None:
    """A search is asked as the platform's own page asks it, by the name we have, and nothing else is asked."""
    weibo.publish("关于林晓月")

    look(weibo)

    (request,) = weibo.internet.seen
    assert request.host == "m.weibo.cn"
    assert unquote_plus(request.path) == (
        "/api/container/getIndex?containerid=100103type=61&q=林晓月&page_type=searchall&page=1"
    )
    assert request.headers["user-agent"] == "Shouwang/0.1.0 (+ops@watch.example)"
    assert (request.headers["cookie"], request.headers["referer"]) == (COOKIE, "https://m.weibo.cn/")


def test_search_to_what_is_known(weibo: Weibo) -> None:
    """A second run brings what was written since, the oldest first."""
    weibo.publish(*(f"林晓月 {number}" for number in range(1, 5)))
    cursor = look(weibo)[-1].cursor
    weibo.publish(*(f"林晓月 {number}" for number in range(5, 40)))

    assert texts(look(weibo, cursor)) == [f"林晓月 {number}" for number in range(5, 40)]


def test_tags_and_users(weibo: Weibo) -> None:
    """A tag is searched for between its two signs; a user's own timeline is read by her number."""
    weibo.publish("今天 #林晓月#", "别的话")

    by_tag = look(weibo, words=(), tags=["林晓月"])
    by_user = look(weibo, words=(), users=["1000000001", "not-a-number"])

    assert texts(by_tag) == ["今天 #林晓月#"]
    assert texts(by_user) == ["今天 #林晓月#", "别的话"]
    assert "containerid=1076031000000001" in weibo.internet.asked()[-1]


def test_mentions(weibo: Weibo) -> None:
    """A handle is searched for as it is written where somebody speaks of her; another platform's is not."""
    weibo.publish("问问 @青河晓月 吧")
    source = WeiboSource(COOKIE, [], a_traveller(weibo.internet), mac=mac)
    plan = [Query(handles=("@青河晓月", "lin@mastodon.example"))]

    deltas = list(source.fetch(plan, None, datetime.now(UTC) + SOON))

    assert texts(deltas) == ["问问 @青河晓月 吧"]
    assert len(weibo.internet.seen) == 1


def test_a_users_pages(weibo: Weibo) -> None:
    """A user's timeline is read on by its own marks."""
    weibo.page = 3
    weibo.publish(*(f"第{number}条" for number in range(1, 9)))

    assert texts(look(weibo, words=(), users=["1000000001"])) == [f"第{number}条" for number in range(1, 9)]


def test_slices_of_time(weibo: Weibo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a search shows no more, it goes on in a slice of time that ends at the oldest post seen."""
    monkeypatch.setattr("monitors.sources.weibo.MOST_PAGES", 3)
    weibo.publish("林晓月 0")
    cursor = look(weibo)[-1].cursor
    weibo.page, weibo.most_pages = 10, 3
    for number in range(2, 92):
        weibo.posts[number] = an_mblog(number, f"林晓月 {number}", minutes=number * 20)
    given = []

    for _ in range(6):
        deltas = look(weibo, cursor)
        given += texts(deltas)
        cursor = deltas[-1].cursor

    assert sorted(given, key=lambda text: int(text.split()[1])) == [f"林晓月 {number}" for number in range(2, 92)]
    assert any("timescope" in address for address in weibo.internet.asked())


def test_slices_that_are_not_understood(weibo: Weibo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that ignores the slice is noticed: what could not be seen is told, and not asked for for ever."""
    monkeypatch.setattr("monitors.sources.weibo.MOST_PAGES", 2)
    weibo.publish("林晓月 0")
    cursor = look(weibo)[-1].cursor
    weibo.knows_slices, weibo.most_pages = False, 2
    for number in range(2, 60):
        weibo.posts[number] = an_mblog(number, f"林晓月 {number}", minutes=number * 60)

    deltas = look(weibo, cursor)
    again = look(weibo, deltas[-1].cursor)

    assert len(texts(deltas)) == 20
    assert deltas[-1].outcome.detail == "too_far_back"
    assert [delta.outcome.kind for delta in again] == [FetchKind.EMPTY]


def test_more_in_an_hour_than_are_shown(weibo: Weibo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is no shorter than an hour: when that is full too, what is missing is told."""
    monkeypatch.setattr("monitors.sources.weibo.MOST_PAGES", 2)
    weibo.publish("林晓月 0")
    cursor = look(weibo)[-1].cursor
    weibo.most_pages = 2
    for number in range(2, 90):
        weibo.posts[number] = an_mblog(number, f"林晓月 {number}", minutes=600 + number / 10)

    assert look(weibo, cursor)[-1].outcome.detail == "too_far_back"


def test_long_posts_are_completed(weibo: Weibo) -> None:
    """A long post comes whole, from the bytes that hold all of it; one that is gone meanwhile comes as it was listed."""
    weibo.publish("林晓月 开头...<a href='/status/1'>全文</a>", "林晓月 被删的...", isLongText=True)
    weibo.long = {"Qx00001": "林晓月 开头，中间，结尾：青河学院"}

    (delta,) = look(weibo)

    whole, short = delta.posts
    raws = {raw.sha256: raw.content.decode() for raw in delta.raws}
    assert whole.text == "林晓月 开头，中间，结尾：青河学院"
    assert "\\u9752\\u6cb3\\u5b66\\u9662" in raws[whole.raw_sha256]
    assert short.text == "林晓月 被删的..."


def test_long_posts_past_the_count_are_told(weibo: Weibo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more long posts came than one run completes, their beginnings come, and how many is said."""
    monkeypatch.setattr("monitors.sources.weibo.MOST_LONG", 1)
    weibo.publish("林晓月 一...", "林晓月 二...", "林晓月 三...", isLongText=True)
    weibo.long = {f"Qx0000{number}": "林晓月 全文" for number in (1, 2, 3)}

    deltas = look(weibo)

    assert texts(deltas).count("林晓月 全文") == 1
    assert (deltas[-1].outcome.kind, deltas[-1].outcome.detail) == (FetchKind.BUDGET_SPENT, "cut_short=2")


SAID: dict[str, tuple[Behaviour, FetchKind, str]] = {
    "login wall": (say(LOGIN_WALL), FetchKind.LOGIN_NEEDED, "ok_-100"),
    "another ok": (say({"ok": -200, "msg": "x"}), FetchKind.BROKEN, "ok_-200"),
    "no ok": (say({"data": {}}), FetchKind.SCHEMA_CHANGED, "no_ok"),
    "no cards": (say({"ok": 1, "data": {}}), FetchKind.SCHEMA_CHANGED, "no_cards"),
    "cards that are none": (say({"ok": 1, "data": {"cards": "soon"}}), FetchKind.SCHEMA_CHANGED, "no_cards"),
    "posts have moved": (
        say({"ok": 1, "data": {"cards": [{"card_type": 9, "status": {"id": 1}}]}}),
        FetchKind.SCHEMA_CHANGED,
        "unreadable_posts",
    ),
    "432": (answer_with(status=432), FetchKind.BLOCKED, "http_432"),
    "418": (answer_with(status=418), FetchKind.BLOCKED, "http_418"),
    "429": (answer_with(status=429), FetchKind.LIMITED, "http_429"),
    "captcha": (answer_with(CAPTCHA.encode(), headers=HTML), FetchKind.CAPTCHA, "captcha_page"),
    "some page": (answer_with("<html>网络繁忙</html>".encode(), headers=HTML), FetchKind.CAPTCHA, "not_json"),
    "a page said to be JSON": (
        answer_with(b"<html></html>", headers={"Content-Type": "application/json"}),
        FetchKind.CAPTCHA,
        "not_json",
    ),
    "half of an answer": (answer_with(b'{"ok": 1, "data"'), FetchKind.BROKEN, "not_json"),
    "deep": (answer_with(b"[" * 100_000), FetchKind.BROKEN, "not_json"),
    "in GBK": (answer_with('{"ok":1,"msg":"林"}'.encode("gb18030")), FetchKind.BROKEN, "not_json"),
    "to the login page": (redirect_to("https://passport.weibo.com/sso/signin"), FetchKind.LOGIN_NEEDED, "login_page"),
    "a hundred megabytes": (servers.pour, FetchKind.BROKEN, "too_large"),
    "slow": (servers.drip, FetchKind.UNREACHABLE, "timeout"),
}


@pytest.mark.parametrize(("behaviour", "kind", "detail"), SAID.values(), ids=SAID.keys())
def test_misbehaviour(weibo: Weibo, behaviour: Behaviour, kind: FetchKind, detail: str) -> None:
    """Each misbehaviour has its kind: a wall that answers 200 with good JSON is not taken for an empty search."""
    weibo.internet.site("passport.weibo.com").answer("/sso/signin", b"<html><form></form></html>", headers=HTML)
    weibo.fail(behaviour)

    deltas = look(weibo, words=["一", "二"])

    assert (deltas[0].posts, deltas[0].outcome.kind, deltas[0].outcome.detail) == ((), kind, detail)
    assert deltas[0].cursor is None or set(json.loads(deltas[0].cursor.value)) == {"turn"}


def test_the_cookie_stays(weibo: Weibo) -> None:
    """The operator's cookie is sent to nobody else, also where the platform leads elsewhere."""
    weibo.internet.site("passport.weibo.com").answer("/sso/signin", b"<html></html>", headers=HTML)
    weibo.fail(redirect_to("https://passport.weibo.com/sso/signin"))

    look(weibo)

    assert ["cookie" in request.headers for request in weibo.internet.seen] == [True, False]


def test_nothing_there(weibo: Weibo) -> None:
    """A search without results is empty, in the platform's own words for it."""
    weibo.fail(say(NOTHING))

    assert [delta.outcome.kind for delta in look(weibo)] == [FetchKind.EMPTY]


def test_pictures_and_videos() -> None:
    """Pictures come in their largest size; a video with its cover."""
    post = read(
        pics=[{"url": "https://wx1.sinaimg.cn/orj360/a.jpg", "large": {"url": "https://wx1.sinaimg.cn/large/a.jpg"}}],
        page_info={
            "type": "video",
            "page_pic": {"url": "https://wx1.sinaimg.cn/cover.jpg"},
            "page_title": "视频标题",
            "urls": {"mp4_720p_mp4": "https://f.video.weibocdn.com/v.mp4"},
        },
    )

    assert [(media.url, media.kind) for media in post.media] == [
        ("https://wx1.sinaimg.cn/large/a.jpg", "image"),
        ("https://wx1.sinaimg.cn/cover.jpg", "image"),
        ("https://f.video.weibocdn.com/v.mp4", "video"),
    ]
    assert post.text == "关于林晓月\n视频标题"


def test_what_is_passed_on() -> None:
    """A repost shows what it passes on, its pictures too, and leads to it."""
    original = an_mblog(7, "原来的话", pics=[{"url": "https://wx1.sinaimg.cn/b.jpg"}])

    post = read(text="转发微博", retweeted_status=original)

    assert post.text == "转发微博\n//@青河路人：原来的话"
    assert post.links == ("https://m.weibo.cn/status/Qx00007",)
    assert [media.url for media in post.media] == ["https://wx1.sinaimg.cn/b.jpg"]


def test_a_removed_original() -> None:
    """An original that is gone has no writer."""
    post = read(text="转", retweeted_status={"id": "9", "text": "抱歉，此微博已被作者删除。", "user": None})

    assert post.text == "转\n//@：抱歉，此微博已被作者删除。"


def test_links_lead_to_the_page_itself() -> None:
    """The platform's detour and its own searches are no links."""
    post = read(
        text="<a href='/search?containerid=1'>#话题#</a><a href='/n/某人'>@某人</a>"
        "<a href='https://weibo.cn/sinaurl?u=https%3A%2F%2Fnews.example%2F1'>网页链接</a>"
    )

    assert post.links == ("https://news.example/1",)


DATES = {
    "Sun Mar 01 19:00:00 +0800 2026": datetime(2026, 3, 1, 11, tzinfo=UTC),
    "刚刚": NOON,
    "5分钟前": NOON - timedelta(minutes=5),
    "昨天 08:30": datetime(2026, 2, 28, 0, 30, tzinfo=UTC),
    "02-27": datetime(2026, 2, 26, 16, tzinfo=UTC),
    "12-31": datetime(2025, 12, 30, 16, tzinfo=UTC),
    "明年": None,
    None: None,
}


@pytest.mark.parametrize(("written", "moment"), DATES.items())
def test_dates(written: str | None, moment: datetime | None) -> None:
    """The platform's several ways to write a time are read as Beijing's; what is none is not guessed."""
    assert read(created_at=written).published_at == moment


BROKEN_POSTS = {"text is a number": {"text": 7}, "text is a list": {"text": ["x"]}}


@pytest.mark.parametrize("changed", BROKEN_POSTS.values(), ids=BROKEN_POSTS.keys())
def test_a_broken_post_is_set_aside(weibo: Weibo, changed: dict[str, object]) -> None:
    """One post that cannot be read is kept with its place; the others of its page come."""
    weibo.fail(say(cards([an_mblog(2, "林晓月"), an_mblog(1, "x") | changed], page=None)))

    (delta,) = look(weibo)

    assert texts([delta]) == ["林晓月"]
    assert [(item.place, item.reason) for item in delta.rejected] == [("weibo:card", "unreadable: TypeError")]


@pytest.mark.parametrize(
    "changed",
    [
        {"user": None},
        {"pics": {"0": {"url": "https://wx1.sinaimg.cn/a.jpg"}}},
        {"pics": 3},
        {"page_info": []},
        {"text": "\ud83d"},
    ],
    ids=["no writer", "pictures by number", "pictures that are none", "no info", "half of a letter"],
)
def test_odd_posts_are_read(changed: dict[str, object]) -> None:
    """What is missing or odd beside the text costs nobody the post."""
    post = read(**changed)

    assert post.id == "weibo:5270000000000001"
    post.text.encode()


def test_ok_before_all() -> None:
    """The platform's own word decides, whatever else the answer holds."""
    content = json.dumps(cards([an_mblog(1, "x")]) | {"ok": -100}).encode()

    assert said_by(content, "application/json").kind is FetchKind.LOGIN_NEEDED
