"""X by its official API, asked at its real address."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from monitors.records import Cursor, Delta, FetchKind, Post, Query
from monitors.sources.requester import Requester
from monitors.sources.x import ABILITIES, NO_REPOSTS, XSource
from monitors.sources.x_posts import read_search, written_at
from tests.builders import NOON
from tests.servers import web as servers
from tests.servers.internet import Internet, a_traveller
from tests.servers.web import Behaviour, answer_with
from tests.servers.x import X, number_at, say
from tests.sources.golden import compare, pairs
from tests.sources.test_timelines import mac

SOON = timedelta(seconds=60)


@pytest.fixture
def x(internet: Internet) -> X:
    """The platform without posts."""
    return X(internet)


def look(
    x: X,
    cursor: Cursor | None = None,
    *,
    plan: Sequence[Query] = (Query(words=("林晓月", "晓月")),),
    bearer: str = "token",
    most: int = 1000,
    requester: Requester | None = None,
) -> list[Delta]:
    """One run."""
    source = XSource(bearer, most, requester or traveller(x), mac=mac)
    return list(source.fetch(plan, cursor, datetime.now(UTC) + SOON))


def traveller(x: X) -> Requester:
    """Who asks."""
    return a_traveller(x.internet, longest=timedelta(seconds=2))


def texts(deltas: Sequence[Delta]) -> list[str]:
    """What their posts say."""
    return [post.text for delta in deltas for post in delta.posts]


def asked(x: X) -> list[dict[str, str]]:
    """What each request asked for."""
    return [{k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()} for request in x.internet.seen]


def read(post: dict[str, Any], **includes: Any) -> Post:
    """The post of a page with one."""
    content = json.dumps({"data": [{"id": "1", "text": "x"} | post], "includes": includes, "meta": {"result_count": 1}})
    (entry,) = read_search(content.encode(), fetched_at=NOON).entries
    assert isinstance(entry.item, Post)
    return entry.item


@pytest.mark.parametrize("recording", pairs("x"))
def test_golden(recording: Path) -> None:
    """A page is read as the posts beside it."""
    page = read_search(recording.read_bytes(), fetched_at=NOON)

    compare(recording, [entry.item for entry in reversed(page.entries) if isinstance(entry.item, Post)])


def test_without_a_token(x: X) -> None:
    """Until the operator gives her token nothing is asked, and that is said."""
    (delta,) = look(x, bearer="")

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.LOGIN_NEEDED, "no_credentials")
    assert x.internet.seen == []


def test_one_request_for_all_words(x: X) -> None:
    """The alternatives of a query are one request to the official address, without reposts."""
    x.publish("关于林晓月")

    look(x, plan=[Query(words=("林晓月", "晓月")), Query(handles=("@lin_xy", "lin@mastodon.example"))])

    assert [request["query"] for request in asked(x)] == ['("林晓月" OR "晓月") -is:retweet', '("@lin_xy") -is:retweet']
    assert {request.host for request in x.internet.seen} == {"api.x.com"}
    assert x.internet.seen[0].headers["user-agent"] == "Shouwang/0.1.0 (+ops@watch.example)"


def test_the_longest_query_fits() -> None:
    """What the planner may write is no longer than the API takes."""
    assert ABILITIES.longest_query + len(NO_REPOSTS) + len("()") <= 512


def test_only_what_is_new_is_paid_for(x: X) -> None:
    """A second run asks from the last post on, and is charged for what is new alone."""
    x.publish("一", "二")
    first = look(x)
    x.publish("三")

    second = look(x, first[-1].cursor)

    assert (texts(first), texts(second)) == (["一", "二"], ["三"])
    assert x.read == 3
    assert "since_id" in asked(x)[1]


def test_pages_of_one_run(x: X) -> None:
    """Several pages come as one, the oldest first."""
    x.publish("0")
    cursor = look(x)[-1].cursor
    x.page = 10
    x.publish(*map(str, range(1, 36)))

    assert texts(look(x, cursor)) == list(map(str, range(1, 36)))


def test_the_spend_cap(x: X) -> None:
    """Never is more read than was agreed to, and what is left over is caught up with in the next month."""
    x.publish("0")
    requester = traveller(x)
    first = look(x, most=45, requester=requester)
    x.publish(*map(str, range(1, 80)))

    capped = look(x, first[-1].cursor, most=45, requester=requester)
    refused = look(x, capped[-1].cursor, most=45, requester=requester)
    later = look(x, refused[-1].cursor, most=1000, requester=requester)

    assert x.read - 79 <= 45
    assert [(delta.outcome.kind, delta.outcome.detail) for delta in (capped[-1], refused[-1])] == [
        (FetchKind.BUDGET_SPENT, "spend_cap")
    ] * 2
    assert capped[-1].outcome.retry_at is not None
    assert capped[-1].outcome.retry_at.day == 1
    assert sorted(map(int, texts([*capped, *refused, *later]))) == list(range(1, 80))


def test_what_failed_is_not_charged(x: X) -> None:
    """A request that brought nothing leaves the budget as it was."""
    requester = traveller(x)
    x.fail(answer_with(status=503))

    look(x, most=20, requester=requester)
    x.recover()
    x.publish("一")

    assert texts(look(x, most=20, requester=requester)) == ["一"]


def test_no_further_back_than_allowed(x: X) -> None:
    """A last post from longer than seven days ago is not asked from: the API would refuse."""
    x.started = datetime.now(UTC) - timedelta(days=9)
    x.publish("很久以前")
    cursor = look(x)[-1].cursor

    look(x, cursor)

    assert "since_id" not in asked(x)[-1]
    start = datetime.fromisoformat(asked(x)[-1]["start_time"])
    assert timedelta(days=6, hours=22) < datetime.now(UTC) - start < timedelta(days=7)


SAID: dict[str, tuple[Behaviour, FetchKind, str]] = {
    "wrong token": (say({"title": "Unauthorized"}, status=401), FetchKind.LOGIN_NEEDED, "http_401"),
    "no credits": (say({"title": "CreditsDepleted"}, status=402), FetchKind.BUDGET_SPENT, "http_402"),
    "not enrolled": (say({"title": "Client Forbidden"}, status=403), FetchKind.BLOCKED, "http_403"),
    "limited": (say({}, status=429), FetchKind.LIMITED, "http_429"),
    "bad request": (say({"errors": []}, status=400), FetchKind.BROKEN, "http_400"),
    "over capacity": (say({}, status=503), FetchKind.BROKEN, "http_503"),
    "no meta": (say({"data": []}), FetchKind.SCHEMA_CHANGED, "no_meta"),
    "posts without ids": (
        say({"data": [{"text": "x"}], "meta": {"result_count": 1}}),
        FetchKind.SCHEMA_CHANGED,
        "unreadable_posts",
    ),
    "posts that went missing": (say({"meta": {"result_count": 5}}), FetchKind.SCHEMA_CHANGED, "unreadable_posts"),
    "a page": (answer_with(b"<html></html>", headers={"Content-Type": "text/html"}), FetchKind.BROKEN, "not_json"),
    "a hundred megabytes": (servers.pour, FetchKind.BROKEN, "too_large"),
    "slow": (servers.drip, FetchKind.UNREACHABLE, "timeout"),
}


@pytest.mark.parametrize(("behaviour", "kind", "detail"), SAID.values(), ids=SAID.keys())
def test_misbehaviour(x: X, behaviour: Behaviour, kind: FetchKind, detail: str) -> None:
    """Each misbehaviour has its kind, and none looks like a search without results."""
    x.fail(behaviour)

    deltas = look(x)

    assert [(delta.posts, delta.cursor, delta.outcome.kind, delta.outcome.detail) for delta in deltas] == [
        ((), None, kind, detail)
    ]


def test_a_limit_is_waited_for(x: X) -> None:
    """After a 429 nothing is asked until the moment the API named."""
    reset = int((datetime.now(UTC) + timedelta(minutes=15)).timestamp())
    x.fail(say({}, status=429, **{"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}))
    requester = traveller(x)

    first, second = (look(x, requester=requester)[0].outcome for _ in range(2))

    assert (first.retry_at, second.detail) == (datetime.fromtimestamp(reset, UTC), "pause")
    assert len(x.internet.seen) == 1


def test_long_posts_are_whole() -> None:
    """A long post's text is all of it."""
    assert read({"text": "开头…", "note_tweet": {"text": "开头和结尾 &amp; 更多"}}).text == "开头和结尾 & 更多"


def test_quoted_posts() -> None:
    """A quoting post shows what it quotes; what it only answers is not shown."""
    others = [{"id": "2", "type": "quoted"}, {"id": "3", "type": "replied_to"}]

    post = read({"referenced_tweets": others}, tweets=[{"id": "2", "text": "原话"}, {"id": "3", "text": "别的"}])

    assert post.text == "x\n//原话"


def test_pictures_and_videos() -> None:
    """Pictures and a video's still and smallest file come from beside the post."""
    post = read(
        {"attachments": {"media_keys": ["3_1", "7_2", "9_9"]}},
        media=[
            {"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/media/a.jpg"},
            {
                "media_key": "7_2",
                "type": "video",
                "preview_image_url": "https://pbs.twimg.com/p.jpg",
                "variants": [
                    {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/p.m3u8"},
                    {"content_type": "video/mp4", "bit_rate": 2176000, "url": "https://video.twimg.com/l.mp4"},
                    {"content_type": "video/mp4", "bit_rate": 256000, "url": "https://video.twimg.com/s.mp4"},
                ],
            },
        ],
    )

    assert [(media.url, media.kind) for media in post.media] == [
        ("https://pbs.twimg.com/media/a.jpg", "image"),
        ("https://pbs.twimg.com/p.jpg", "image"),
        ("https://video.twimg.com/s.mp4", "video"),
    ]


def test_links_are_where_they_lead() -> None:
    """Links are given as they end, and a post's own pictures are no links."""
    urls = [
        {"url": "https://t.co/1", "expanded_url": "https://short.example/1", "unwound_url": "https://news.example/1"},
        {"url": "https://t.co/2", "expanded_url": "https://x.com/a/status/1/photo/1", "media_key": "3_1"},
    ]

    assert read({"entities": {"urls": urls}}).links == ("https://news.example/1",)


def test_a_writer_who_is_not_told() -> None:
    """A post whose writer is missing still has an address."""
    assert read({"author_id": "9"}).url == "https://x.com/i/web/status/1"


def test_the_moment_in_a_number() -> None:
    """A post's number tells when it was written, where nothing else does."""
    assert written_at(number_at(NOON)) == NOON
    assert read({"id": str(number_at(NOON))}).published_at == NOON
