"""Why Tieba is left out: aiotieba, unchanged, takes any certificate, and does not say when it failed.

What is offered instead is a route of the operator's own RSSHub (`/baidu/tieba/search/{word}`), over our own requester.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from monitors.records import FetchKind, Query
from monitors.sources.rsshub import RsshubSource
from tests.servers.internet import Internet, a_traveller
from tests.servers.web import answer_with
from tests.sources.test_rss import XML, a_feed
from tests.sources.test_timelines import mac

HOST, PATH = "tieba.baidu.com", "/mo/q/search/thread"
JSON = {"Content-Type": "application/json; charset=utf-8"}
FOUND = {
    "no": 0,
    "error": "success",
    "data": {
        "has_more": 0,
        "current_page": 1,
        "forumList": [],
        "userList": [],
        "post_list": [
            {
                "tid": "9001",
                "pid": "1",
                "title": "青河学院",
                "content": "内容",
                "create_time": 1772352000,
                "forum_id": 1,
                "forum_name": "测试",
                "post_num": "3",
                "pb_url": "/p/1",
                "user": {"user_id": 7, "user_name": "u", "show_nickname": "昵称"},
                "media": [],
            }
        ],
    },
}


def search(internet: Internet) -> tuple[int, object]:
    """How many results aiotieba's own search gives without an account, and what it says went wrong."""
    import aiotieba
    import yarl
    from aiotieba.config import ProxyConfig

    async def ask() -> tuple[int, object]:
        async with aiotieba.Client(proxy=ProxyConfig(yarl.URL(internet.proxy))) as client:
            found = await client.search_global("青河学院")
            return len(found), found.err

    return asyncio.run(ask())


def test_it_takes_any_certificate(internet: Internet) -> None:
    """Somebody in between with a certificate of his own reads what is asked, and answers it: TLS is not verified.

    There is no way to have it verified (``ssl=False`` in its aiotieba/core/http.py, 4.8.2). Should this test fail, there is
    one, and a source for Tieba may be written.
    """
    internet.forge(HOST)
    internet.site(HOST).answer(PATH, json.dumps(FOUND).encode(), headers=JSON)

    results, error = search(internet)

    assert (results, error) == (1, None)
    assert [request.host for request in internet.seen] == [HOST]


@pytest.mark.parametrize("status", [429, 403, 503])
def test_it_gives_a_failure_as_nothing_found(internet: Internet, status: int) -> None:
    """A wall comes as an empty list with an error beside it, which is easily overlooked."""
    internet.site(HOST).misbehave(PATH, answer_with(status=status))

    results, error = search(internet)

    assert results == 0
    assert error is not None


def test_what_is_offered_instead(internet: Internet) -> None:
    """A route of RSSHub is asked with TLS verified, and its errors are told apart from nothing found."""
    site = internet.site("rsshub.example")
    site.answer("/baidu/tieba/search/*", a_feed("一"), headers=XML)
    site.answer("/baidu/tieba/forum/*", b"<html>", status=503)
    routes = ["/baidu/tieba/search/{word}", "/baidu/tieba/forum/campus"]
    source = RsshubSource("https://rsshub.example", routes, a_traveller(internet), mac=mac)

    deltas = list(source.fetch([Query(words=("青河学院",))], None, datetime.now(UTC) + timedelta(seconds=30)))

    assert [delta.outcome.kind for delta in deltas] == [FetchKind.OK, FetchKind.BROKEN]


def test_a_forged_rsshub(internet: Internet) -> None:
    """A certificate of nobody's ends it there."""
    internet.forge("rsshub.example")
    source = RsshubSource("https://rsshub.example", ["/x"], a_traveller(internet), mac=mac)

    (delta,) = source.fetch([], None, datetime.now(UTC) + timedelta(seconds=30))

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.UNREACHABLE, "tls")
