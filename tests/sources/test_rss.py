"""Feeds over real HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitors.records import Cursor, Delta, FetchKind
from monitors.sources.requester import Requester
from monitors.sources.rss import RssSource
from tests.servers import web as servers
from tests.servers.requester import a_requester
from tests.servers.web import Behaviour, Web, answer_with, redirect_to

XML = {"Content-Type": "application/rss+xml; charset=utf-8"}


def soon(seconds: float = 30) -> datetime:
    """A deadline."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def a_feed(*titles: str) -> bytes:
    """A feed of entries with these titles, the newest first; an entry's id is its title's first letter."""
    items = "".join(f"<item><guid>{title[0]}</guid><title>{title}</title></item>" for title in titles)
    return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


def look(
    web: Web, requester: Requester, *paths: str, cursor: Cursor | None = None, deadline: datetime | None = None
) -> list[Delta]:
    """Everything these feeds give."""
    feeds = [web.url(path) for path in paths or ("/feed",)]
    return list(RssSource(feeds, requester).fetch([], cursor, deadline or soon()))


def texts(deltas: Sequence[Delta]) -> list[str]:
    """The posts' texts."""
    return [post.text for delta in deltas for post in delta.posts]


def test_a_feed_is_asked_whether_it_changed(web: Web, requester: Requester) -> None:
    """The marks of the last answer are sent along, and an unchanged feed is empty, not broken."""
    marks = {"ETag": '"v1"', "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT"}
    web.misbehave("/feed", answer_with(a_feed("一"), headers=XML | marks), answer_with(status=304))
    (first,) = look(web, requester)

    (again,) = look(web, requester, cursor=first.cursor)

    assert web.seen[1].headers["if-none-match"] == '"v1"'
    assert web.seen[1].headers["if-modified-since"] == marks["Last-Modified"]
    assert (again.outcome.kind, again.outcome.detail, again.cursor) == (FetchKind.EMPTY, "not_modified", first.cursor)


def test_an_edited_entry_comes_again(web: Web, requester: Requester) -> None:
    """An entry whose words changed is new; the others are not."""
    web.misbehave("/feed", answer_with(a_feed("二", "一"), headers=XML), answer_with(a_feed("二", "一改"), headers=XML))
    (first,) = look(web, requester)

    assert texts(look(web, requester, cursor=first.cursor)) == ["一改"]


def test_a_feed_that_forgets_and_remembers(web: Web, requester: Requester) -> None:
    """An entry that left the feed and came back is given again: only what stood in it last time is remembered."""
    polls = [("一",), ("二",), ("二", "一")]
    web.misbehave("/feed", *(answer_with(a_feed(*entries), headers=XML) for entries in polls))
    cursor, given = None, []

    for _ in polls:
        (delta,) = look(web, requester, cursor=cursor)
        cursor = delta.cursor
        given.append(texts([delta]))

    assert given == [["一"], ["二"], ["一"]]


def test_broken_feeds_do_not_stop_the_others(web: Web, requester: Requester) -> None:
    """Each feed has its own outcome; the cursor keeps what each of them knew."""
    web.answer("/one", a_feed("一"), headers=XML)
    web.answer("/two", status=503)
    web.answer("/three", a_feed("三"), headers=XML)

    deltas = look(web, requester, "/one", "/two", "/three")

    assert [(delta.outcome.part, delta.outcome.kind) for delta in deltas] == [
        ("feed-1", FetchKind.OK),
        ("feed-2", FetchKind.BROKEN),
        ("feed-3", FetchKind.OK),
    ]
    assert texts(look(web, requester, "/one", "/two", "/three", cursor=deltas[-1].cursor)) == []


ENDS: dict[str, tuple[Behaviour, FetchKind, str]] = {
    "hangs up": (servers.hang_up, FetchKind.UNREACHABLE, "hung_up"),
    "hangs up mid-feed": (servers.hang_up_mid_answer, FetchKind.UNREACHABLE, "hung_up"),
    "never ends": (servers.never_end, FetchKind.BROKEN, "too_large"),
    "drips": (servers.drip, FetchKind.UNREACHABLE, "timeout"),
    "bomb": (servers.bomb, FetchKind.BROKEN, "too_large"),
    "lies": (servers.lie_about_length, FetchKind.BROKEN, "too_large"),
    "limits": (answer_with(status=429, headers={"Retry-After": "60"}), FetchKind.LIMITED, "http_429"),
    "is gone": (answer_with(status=410), FetchKind.NOT_PUBLIC, "http_410"),
    "blocks": (answer_with(status=403), FetchKind.BLOCKED, "http_403"),
    "wants a login": (answer_with(status=401), FetchKind.LOGIN_NEEDED, "http_401"),
    "sends a page": (
        answer_with(b"<html><p>hello</p></html>", headers={"Content-Type": "text/html"}),
        FetchKind.SCHEMA_CHANGED,
        "html_instead",
    ),
    "sends a captcha": (
        answer_with("<html>请完成安全验证</html>".encode(), headers={"Content-Type": "text/html"}),
        FetchKind.CAPTCHA,
        "captcha_page",
    ),
    "sends nothing": (answer_with(b""), FetchKind.BROKEN, "empty_answer"),
    "leads inside": (redirect_to("http://169.254.169.254/"), FetchKind.NOT_PUBLIC, "refused_private_address"),
}


@pytest.mark.parametrize(("behaviour", "kind", "detail"), ENDS.values(), ids=ENDS.keys())
def test_how_a_feed_can_end(web: Web, behaviour: Behaviour, kind: FetchKind, detail: str) -> None:
    """Whatever a feed's server does, its outcome has a kind, and what was known of it stays known."""
    web.misbehave("/feed", answer_with(a_feed("一"), headers=XML), behaviour)
    requester = a_requester(web, longest=timedelta(seconds=2))
    (first,) = look(web, requester)

    (delta,) = look(web, requester, cursor=first.cursor)

    assert (delta.outcome.kind, delta.outcome.detail, delta.outcome.part) == (kind, detail, "feed-1")
    assert (delta.posts, delta.cursor) == ((), first.cursor)


def test_a_limit_says_when_to_come_again(web: Web, requester: Requester) -> None:
    """A limited feed's outcome carries the moment its server named."""
    web.answer("/feed", status=429, headers={"Retry-After": "60"})

    (delta,) = look(web, requester)

    assert delta.outcome.retry_at is not None
    assert soon(50) < delta.outcome.retry_at < soon(61)


def test_the_deadline_is_every_feeds(web: Web, requester: Requester) -> None:
    """Feeds that the deadline left no time for say so, each of them, and are not asked."""
    web.misbehave("/one", servers.drip)
    web.answer("/two", a_feed("二"), headers=XML)

    deltas = look(web, requester, "/one", "/two", deadline=soon(0.5))

    assert [delta.outcome.kind for delta in deltas] == [FetchKind.BUDGET_SPENT, FetchKind.BUDGET_SPENT]
    assert web.asked("/two") == 0


def test_the_cursor_tells_nothing(web: Web, requester: Requester) -> None:
    """Neither a feed's address, which may be a search for her, nor an entry's id stands in the cursor."""
    item = "<item><guid>https://s.example/@lin/1</guid><title>林晓月</title></item>"
    body = f"<rss version='2.0'><channel>{item}</channel></rss>".encode()
    web.answer("/alerts", body, headers=XML)

    (delta,) = look(web, requester, "/alerts?q=linxiaoyue")

    assert delta.cursor is not None
    assert not any(word in delta.cursor.value for word in ("linxiaoyue", "lin", "林晓月", "127.0.0.1"))
    assert not any(word in delta.outcome.part for word in ("127", "alerts"))


def test_feeds_that_were_taken_out_are_forgotten(web: Web, requester: Requester) -> None:
    """The cursor holds the feeds of the settings and no others; one named twice is asked once."""
    for path in ("/one", "/two"):
        web.answer(path, a_feed("一"), headers=XML)
    *_, both = look(web, requester, "/one", "/two", "/one")

    (one,) = look(web, requester, "/one", cursor=both.cursor)

    assert len(web.seen) == 3
    assert one.cursor is not None
    assert both.cursor is not None
    assert len(one.cursor.value) < len(both.cursor.value)


def test_a_broken_entry_is_told_once(web: Web, requester: Requester) -> None:
    """An entry that cannot be read is set aside at the first poll, not at each."""
    web.answer("/feed", b"<rss version='2.0'><channel><item></item></channel></rss>", headers=XML)
    (first,) = look(web, requester)

    (again,) = look(web, requester, cursor=first.cursor)

    assert len(first.rejected) == 1
    assert (again.rejected, again.outcome.kind) == ((), FetchKind.EMPTY)


def test_what_is_no_feed_is_kept(web: Web, requester: Requester) -> None:
    """The beginning of what came instead of a feed is set aside, so that a person can see what changed."""
    web.answer("/feed", b"<html><body>moved</body></html>", headers={"Content-Type": "text/html"})

    (delta,) = look(web, requester)

    assert delta.outcome.kind is FetchKind.SCHEMA_CHANGED
    assert [(item.place, item.content) for item in delta.rejected] == [
        ("feed-1:answer", b"<html><body>moved</body></html>")
    ]
