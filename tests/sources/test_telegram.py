"""Telegram's public channels, asked at their real address."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitors.records import Cursor, Delta, FetchKind, Post, Query
from monitors.sources.guard import Guard
from monitors.sources.pace import SystemClock
from monitors.sources.requester import Requester
from monitors.sources.telegram import TelegramSource
from monitors.sources.tme import read_channel
from tests.builders import NOON
from tests.servers import web as servers
from tests.servers.internet import Internet, Unhurried, a_traveller
from tests.servers.tme import HTML, Channel, a_message, a_page
from tests.servers.web import Behaviour, answer_with
from tests.sources.golden import compare, pairs
from tests.sources.recorded import DATA
from tests.sources.test_timelines import mac

SOON = timedelta(seconds=60)


@pytest.fixture
def channel(internet: Internet) -> Channel:
    """A channel without messages."""
    return Channel(internet)


def look(
    channel: Channel, cursor: Cursor | None = None, *, words: Sequence[str] = (), names: Sequence[str] = ()
) -> list[Delta]:
    """One run."""
    source = TelegramSource(names or [channel.name], a_traveller(channel.internet), mac=mac)
    return list(source.fetch([Query(words=tuple(words))], cursor, datetime.now(UTC) + SOON))


def texts(deltas: Sequence[Delta]) -> list[str]:
    """What their posts say."""
    return [post.text for delta in deltas for post in delta.posts]


def read(*messages: str) -> list[Post]:
    """The posts of a page with these messages."""
    page = read_channel(a_page(list(messages)), fetched_at=NOON, place="telegram:message")
    return [entry.item for entry in reversed(page.entries) if isinstance(entry.item, Post)]


@pytest.mark.parametrize("recording", pairs("telegram"))
def test_golden(recording: Path) -> None:
    """A page is read as the posts beside it."""
    page = read_channel(recording.read_bytes(), fetched_at=NOON, place="telegram:message")

    compare(recording, [entry.item for entry in reversed(page.entries) if isinstance(entry.item, Post)])


def test_recorded_pages() -> None:
    """Of a page and of each kind of message that were really recorded in 2023 everything is read."""
    whole = DATA / "recorded" / "tg_full.html"
    if not whole.exists():
        pytest.skip(f"no recordings at {DATA}; set SHOUWANG_DATA to the folder that has them")

    page = read_channel(whole.read_bytes(), fetched_at=NOON, place="telegram:message")

    posts = [entry.item for entry in page.entries if isinstance(entry.item, Post)]
    assert (len(posts), len(page.rejected)) == (12, 0)
    # 10 photos, 2 videos with their thumbnails, counted by hand in the reference parser.
    assert sum(media.kind == "video" for post in posts for media in post.media) == 2
    assert sum(media.kind == "image" for post in posts for media in post.media) >= 12
    assert all(post.published_at for post in posts)
    for file in sorted((DATA / "recorded" / "tg").glob("message_*.html")):
        (entry,) = read_channel(file.read_bytes(), fetched_at=NOON, place="telegram:message").entries
        assert isinstance(entry.item, Post), file.name
        assert entry.item.text or entry.item.media or "sticker" in file.name, file.name


def test_the_real_address(channel: Channel) -> None:
    """A channel is asked for at t.me, after its robots.txt, and nothing else is."""
    channel.publish("你好")

    look(channel)

    assert channel.internet.asked() == ["t.me/robots.txt", "t.me/s/qinghe_night"]
    assert {request.headers["user-agent"] for request in channel.internet.seen} == {
        "Shouwang/0.1.0 (+ops@watch.example)"
    }


def test_robots_are_obeyed(channel: Channel) -> None:
    """Where the site closes these pages to crawlers they are not read, and that is told."""
    channel.internet.site("t.me").answer("/robots.txt", b"User-agent: *\nDisallow: /s/")

    (delta,) = look(channel)

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.BLOCKED, "robots")
    assert channel.internet.asked() == ["t.me/robots.txt"]


@pytest.mark.parametrize("has_link", [True, False], ids=["with a link to older ones", "without"])
def test_back_to_what_is_known(channel: Channel, has_link: bool) -> None:
    """Catching up goes on to what is known, also where a page has no link to older ones (bellingcat/snscrape#8)."""
    channel.has_link = has_link
    channel.publish("第1条")
    cursor = look(channel)[-1].cursor
    channel.publish(*(f"第{number}条" for number in range(2, 72)))

    assert texts(look(channel, cursor)) == [f"第{number}条" for number in range(2, 72)]


def test_holes_are_reported(channel: Channel) -> None:
    """Numbers that nobody can see any more are counted; albums and service messages are no holes."""
    channel.publish("一")
    cursor = look(channel)[-1].cursor
    channel.messages[2] = a_message(channel.name, 2, service=True)
    channel.messages[3] = a_message(channel.name, 3, "相册", album=4)
    channel.messages[10] = a_message(channel.name, 10, "十")

    deltas = look(channel, cursor)

    assert texts(deltas) == ["相册", "十"]
    assert deltas[-1].outcome.detail == "missing=3"


def test_an_album_is_one_post() -> None:
    """The pictures of an album belong to one post."""
    (post,) = read(a_message("news", 7, "相册", album=3))

    assert [media.url for media in post.media] == [f"https://cdn4.telesco.pe/file/news{n}.jpg" for n in (7, 8, 9)]
    assert (post.id, post.url) == ("telegram:news/7", "https://t.me/news/7")


INSIDE = {
    "forward": (
        (
            '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;'
            '<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/other/5"><span>别处</span></a></div>'
        ),
        {"links": ("https://t.me/other/5",)},
    ),
    "reply": (
        (
            '<a class="tgme_widget_message_reply user-color-3" href="https://t.me/news/3"><div '
            'class="tgme_widget_message_text js-message_reply_text" dir="auto">被引用的话</div></a>'
        ),
        {"links": ("https://t.me/news/3",), "text": "正文"},
    ),
    "video": (
        (
            '<a class="tgme_widget_message_video_player" href="https://t.me/news/9"><i class="tgme_widget_message_video_thumb" '
            "style=\"background-image:url('https://cdn4.telesco.pe/file/t.jpg')\"></i>"
            '<video src="https://cdn4.telesco.pe/file/v.mp4?token=a"></video></a>'
        ),
        {"kinds": ["image", "video"]},
    ),
    "round video": (
        (
            '<div class="tgme_widget_message_roundvideo_player"><i class="tgme_widget_message_roundvideo_thumb" '
            "style=\"background-image:url('https://cdn4.telesco.pe/file/t.jpg')\"></i>"
            '<video class="tgme_widget_message_roundvideo" src="https://cdn4.telesco.pe/file/v.mp4"></video></div>'
        ),
        {"kinds": ["image", "video"]},
    ),
    "voice": (
        '<audio class="tgme_widget_message_voice" src="https://cdn4.telesco.pe/file/a.ogg"></audio>',
        {"kinds": ["audio"]},
    ),
    "poll": (
        (
            '<div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">谁最好看？</div>'
            '<div class="tgme_widget_message_poll_option_text">林晓月</div></div>'
        ),
        {"text": "谁最好看？\n林晓月\n正文"},
    ),
    "file": (
        '<a class="tgme_widget_message_document_wrap"><div class="tgme_widget_message_document_title">林晓月.zip</div></a>',
        {"text": "林晓月.zip\n正文"},
    ),
    "link preview": (
        (
            '<a class="tgme_widget_message_link_preview" href="https://site.example/a"><i class="link_preview_image" '
            "style=\"background-image:url('https://cdn4.telesco.pe/file/p.jpg')\"></i>"
            '<div class="link_preview_title">标题</div><div class="link_preview_description">摘要</div></a>'
        ),
        {"text": "标题\n摘要\n正文", "links": ("https://site.example/a",), "kinds": ["image"]},
    ),
    "signed": (
        '<span class="tgme_widget_message_from_author" dir="auto">夜猫</span>',
        {"author_name": "青河夜话 · 夜猫"},
    ),
    "a picture with an address of no web": (
        '<a class="tgme_widget_message_photo_wrap" style="background-image:url(\'javascript:alert(1)\')"></a>',
        {"kinds": []},
    ),
}


@pytest.mark.parametrize(("inside", "expected"), INSIDE.values(), ids=INSIDE.keys())
def test_what_a_message_shows(inside: str, expected: dict[str, object]) -> None:
    """Everything that a message shows is read, and what it only answers is not taken for its own words."""
    (post,) = read(a_message("news", 9, "正文", inside=inside))

    shown = {"text": post.text, "links": post.links, "author_name": post.author_name} | {
        "kinds": [media.kind for media in post.media]
    }
    assert shown | expected == shown


def test_hashtags_are_no_links() -> None:
    """A tag leads to the channel's own search, which is no link of the post."""
    (post,) = read(
        a_message(
            "news", 1, inside='<div class="tgme_widget_message_text js-message_text"><a href="?q=%23a">#a</a></div>'
        )
    )

    assert (post.text, post.links) == ("#a", ())


def test_lines_stay_lines() -> None:
    """Line breaks of a message are kept, its formatting is not."""
    inside = '<div class="tgme_widget_message_text js-message_text">林<b>晓</b>月<br/>第二行<tg-spoiler>遮住</tg-spoiler></div>'

    (post,) = read(a_message("news", 1, inside=inside))

    assert post.text == "林晓月\n第二行遮住"


def test_each_message_is_its_own_exhibit() -> None:
    """The bytes a post was read from are its own message and nobody else's."""
    page = read_channel(
        a_page([a_message("news", 1, "一"), a_message("news", 2, "二")]), fetched_at=NOON, place="telegram:message"
    )

    newest = page.entries[0].raw
    assert newest is not None
    assert newest.content.decode() == a_message("news", 2, "二")


def test_search_of_a_channel(channel: Channel) -> None:
    """A name new to a channel is searched for in it once; what it found long ago comes, what came before does not."""
    channel.page = 2
    channel.publish("林晓月 很久以前", *(f"第{number}条" for number in range(2, 20)))
    first = look(channel)

    second = look(channel, first[-1].cursor, words=["林晓月"])
    third = look(channel, second[-1].cursor, words=["林晓月"])

    assert texts(first) == [f"第{number}条" for number in range(14, 20)]
    assert texts(second) == ["林晓月 很久以前"]
    assert texts(third) == []
    assert sum("q=" in address for address in channel.internet.asked()) == 1


def test_the_cursor_holds_no_name(channel: Channel) -> None:
    """What was searched for is in the cursor only as a keyed hash."""
    channel.publish("一")

    cursor = look(channel, words=["林晓月"])[-1].cursor

    assert cursor is not None
    assert "林晓月" not in cursor.value
    assert "\\u6797" not in cursor.value


def test_no_preview(channel: Channel) -> None:
    """A channel that shows nothing to the web leads to its card: not public, which is not empty."""
    channel.hide()

    (delta,) = look(channel)

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.NOT_PUBLIC, "no_preview")


MISBEHAVIOURS: dict[str, tuple[Behaviour, FetchKind]] = {
    "limited": (answer_with(status=429, headers={"Retry-After": "60"}), FetchKind.LIMITED),
    "broken": (answer_with(status=502), FetchKind.BROKEN),
    "gone": (answer_with(status=404), FetchKind.NOT_PUBLIC),
    "changed": (
        answer_with("<html><body><article>改版了</article></body></html>".encode(), headers=HTML),
        FetchKind.SCHEMA_CHANGED,
    ),
    "captcha": (
        answer_with(b"<html><body><div class='g-recaptcha'></div></body></html>", headers=HTML),
        FetchKind.CAPTCHA,
    ),
    "ids have changed": (
        answer_with(a_page([a_message("news", 1, "一").replace("data-post", "data-message")]), headers=HTML),
        FetchKind.SCHEMA_CHANGED,
    ),
    "nothing at all": (answer_with(b""), FetchKind.SCHEMA_CHANGED),
    "never ends": (servers.never_end, FetchKind.BROKEN),
    "slow": (servers.drip, FetchKind.UNREACHABLE),
    "hangs up": (servers.hang_up_mid_answer, FetchKind.UNREACHABLE),
}


@pytest.mark.parametrize(("behaviour", "kind"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS.keys())
def test_misbehaviour(channel: Channel, behaviour: Behaviour, kind: FetchKind) -> None:
    """Each misbehaviour has its kind, and never looks like a channel without posts."""
    channel.fail(behaviour)
    source = TelegramSource([channel.name], a_traveller(channel.internet, longest=timedelta(seconds=2)), mac=mac)

    (delta,) = source.fetch([], None, datetime.now(UTC) + SOON)

    assert (delta.posts, delta.cursor, delta.outcome.kind) == ((), None, kind)


def test_unreadable_messages_are_set_aside(channel: Channel) -> None:
    """A message without its id is kept for a person to look at, whatever became of the others."""
    channel.messages = {
        1: a_message(channel.name, 1, "一"),
        2: a_message(channel.name, 2, "二").replace("data-post", "x"),
    }

    (delta,) = look(channel)

    assert texts([delta]) == ["一"]
    assert [item.reason for item in delta.rejected] == ["no id"]


def test_a_deep_message_is_set_aside() -> None:
    """A message nested so deeply that reading it would take for ever is not read."""
    page = read_channel(
        a_page([a_message("news", 1, inside="<div>" * 5000)]), fetched_at=NOON, place="telegram:message"
    )

    assert [item.reason for item in page.rejected] == ["nested too deeply"]


def test_a_channel_of_a_hundred_megabytes(channel: Channel) -> None:
    """One answer of a hundred megabytes is cut off, told, and the next channel is read."""
    other = Channel(channel.internet, name="other_channel")
    other.publish("还在")
    channel.fail(servers.pour)

    deltas = look(channel, names=[channel.name, other.name])

    assert (deltas[0].outcome.kind, deltas[0].outcome.detail) == (FetchKind.BROKEN, "too_large")
    assert texts(deltas) == ["还在"]


def test_names_of_channels(channel: Channel) -> None:
    """A channel may be written in every way people write it; what is no name is not asked for."""
    look(channel, names=["@Qinghe_Night", "https://t.me/s/qinghe_night", "t.me/qinghe_night/", "../etc", "a b", ""])

    assert channel.internet.asked() == ["t.me/robots.txt", "t.me/s/qinghe_night"]


def test_pace() -> None:
    """Three seconds lie between two pages of t.me."""
    pace = Unhurried(clock=SystemClock())

    TelegramSource(["news"], Requester(guard=Guard(), pace=pace), mac=mac)

    assert pace.wishes == {"t.me": timedelta(seconds=3)}
