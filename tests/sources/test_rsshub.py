"""Routes of an operator's own RSSHub."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitors.records import Cursor, Delta, FetchKind, Query
from monitors.sources.guard import Guard
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester
from monitors.sources.rsshub import RsshubSource, own_host
from tests.servers.web import Web
from tests.sources.test_rss import XML, a_feed, texts
from tests.sources.test_timelines import mac


def look(web: Web, *words: str, routes: Sequence[str], cursor: Cursor | None = None) -> list[Delta]:
    """One run, through a guard that knows no exception but the operator's own RSSHub."""
    strict = Requester(guard=Guard(), pace=Pace(clock=SystemClock(), interval=timedelta(0)))
    requester = strict.limited(own_host=own_host(web.url("")))
    source = RsshubSource(web.url(""), routes, requester, mac=mac)
    return list(source.fetch([Query(words=words)], cursor, datetime.now(UTC) + timedelta(seconds=30)))


def test_one_request_a_word(web: Web) -> None:
    """A route with a place for a word is asked for each, others once; nothing else is asked."""
    for path in ("/bilibili/vsearch/%E6%9E%97%E6%99%93%E6%9C%88", "/bilibili/vsearch/%E6%9E%97", "/douban/group/7"):
        web.answer(path, a_feed("一"), headers=XML)

    deltas = look(web, "林晓月", "林", routes=["/bilibili/vsearch/{word}", "douban/group/7"])

    assert [request.path for request in web.seen] == [
        "/bilibili/vsearch/%E6%9E%97%E6%99%93%E6%9C%88",
        "/bilibili/vsearch/%E6%9E%97",
        "/douban/group/7",
    ]
    assert [delta.outcome.kind for delta in deltas] == [FetchKind.OK] * 3
    assert all(post.id.startswith("rsshub:") for delta in deltas for post in delta.posts)


def test_nothing_is_told(web: Web) -> None:
    """Neither a log line nor the cursor tells a word that was asked for."""
    web.answer("/bilibili/vsearch/%E6%9E%97", a_feed("一"), headers=XML)

    (delta,) = look(web, "林", routes=["/bilibili/vsearch/{word}"])

    assert delta.outcome.part.startswith("bilibili-")
    assert "林" not in repr((delta.cursor, delta.outcome))
    assert "%E6" not in repr((delta.cursor, delta.outcome))


def test_words_that_rest_are_remembered(web: Web) -> None:
    """A word that is not asked for this time is not new the next time."""
    web.answer("/bilibili/vsearch/%E6%9E%97", a_feed("一"), headers=XML)
    web.answer("/bilibili/vsearch/%E6%9C%88", a_feed("二"), headers=XML)
    route = ["/bilibili/vsearch/{word}"]
    first = look(web, "林", "月", routes=route)
    second = look(web, "月", routes=route, cursor=first[-1].cursor)

    third = look(web, "林", "月", routes=route, cursor=second[-1].cursor)

    assert texts(third) == []


def test_its_own_errors_are_not_empty(web: Web) -> None:
    """RSSHub answers a platform's wall with 503 and a page of HTML: broken, and the next route is read."""
    web.answer("/zhihu/people/x", b"<!DOCTYPE html><html>Looks like something went wrong</html>", status=503)
    web.answer("/douban/group/7", a_feed("一"), headers=XML)

    deltas = look(web, routes=["/zhihu/people/x", "/douban/group/7"])

    # After a few such answers in a row the pace lets the host rest, as any other.
    assert [delta.outcome.kind for delta in deltas] == [FetchKind.BROKEN, FetchKind.OK]


def test_only_her_own_host(web: Web) -> None:
    """The exception for her RSSHub is for its very port, and for nothing it leads to."""
    strict = Requester(guard=Guard()).limited(own_host=f"127.0.0.1:{web.port + 1}")
    source = RsshubSource(web.url(""), ["/x"], strict, mac=mac)

    (delta,) = source.fetch([], None, datetime.now(UTC) + timedelta(seconds=5))

    assert delta.outcome.detail == "refused_private_address"


def test_without_an_address(web: Web) -> None:
    """Without an RSSHub nothing is asked."""
    source = RsshubSource("", ["/x"], Requester(guard=Guard()), mac=mac)

    assert list(source.fetch([], None, datetime.max.replace(tzinfo=UTC))) == []
    assert web.seen == []


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("http://127.0.0.1:1200", "127.0.0.1:1200"),
        ("https://rss.example", "rss.example:443"),
        ("http://rss.example/hub", "rss.example:80"),
    ],
)
def test_own_host(base: str, host: str) -> None:
    """What the guard lets through is one host and one port."""
    assert own_host(base) == host
