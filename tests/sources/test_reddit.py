"""Reddit with an operator's approved app, asked at its real addresses."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitors.records import Cursor, Delta, FetchKind, Post, Query
from monitors.sources.reddit import RedditSource
from monitors.sources.reddit_posts import read_listing
from tests.builders import NOON
from tests.servers import web as servers
from tests.servers.internet import Internet, a_traveller
from tests.servers.reddit import Reddit, a_thing, listing, say
from tests.servers.web import Behaviour, answer_with
from tests.sources.golden import compare, pairs
from tests.sources.recorded import DATA
from tests.sources.test_timelines import mac

SOON = timedelta(seconds=60)


@pytest.fixture
def reddit(internet: Internet) -> Reddit:
    """The platform without posts."""
    return Reddit(internet)


def a_source(reddit: Reddit, *subreddits: str, client_id: str = "id", secret: str = "secret") -> RedditSource:
    """The source with these keys."""
    requester = a_traveller(reddit.internet, longest=timedelta(seconds=2))
    return RedditSource(client_id, secret, subreddits, requester, mac=mac)


def look(source: RedditSource, cursor: Cursor | None = None, *words: str) -> list[Delta]:
    """One run."""
    plan = [Query(words=words)] if words else []
    return list(source.fetch(plan, cursor, datetime.now(UTC) + SOON))


def texts(deltas: Sequence[Delta]) -> list[str]:
    """What their posts say."""
    return [post.text for delta in deltas for post in delta.posts]


def read(kind: str = "t3", **changed: Any) -> Post:
    """The post of a page with one."""
    content = json.dumps(listing([a_thing(1, "标题", kind=kind, **changed)])).encode()
    (entry,) = read_listing(content, fetched_at=NOON).entries
    assert isinstance(entry.item, Post)
    return entry.item


@pytest.mark.parametrize("recording", pairs("reddit"))
def test_golden(recording: Path) -> None:
    """A listing is read as the posts beside it."""
    page = read_listing(recording.read_bytes(), fetched_at=NOON)

    compare(recording, [entry.item for entry in reversed(page.entries) if isinstance(entry.item, Post)])


def test_recorded_answers() -> None:
    """Of a search that asyncpraw really recorded everything is read."""
    file = DATA / "recorded" / "reddit_search.json"
    if not file.exists():
        pytest.skip(f"no recordings at {DATA}; set SHOUWANG_DATA to the folder that has them")
    body = json.loads(file.read_text())["interactions"][1]["response"]["body"]["string"]

    page = read_listing(body.encode(), fetched_at=NOON)

    posts = [entry.item for entry in page.entries if isinstance(entry.item, Post)]
    assert len(posts) == len(json.loads(body)["data"]["children"]) > 20
    assert page.rejected == ()
    assert all(post.text and post.published_at and post.url.startswith("https://www.reddit.com/r/") for post in posts)


@pytest.mark.parametrize("keys", [{"client_id": ""}, {"secret": ""}], ids=["no id", "no secret"])
def test_without_keys(reddit: Reddit, keys: dict[str, str]) -> None:
    """Until the operator gives the keys of her app nothing is asked, and that is said."""
    (delta,) = look(a_source(reddit, **keys), None, "林晓月")

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.LOGIN_NEEDED, "no_credentials")
    assert reddit.internet.seen == []


def test_wrong_keys(reddit: Reddit) -> None:
    """Keys that Reddit does not know are a login that is needed."""
    (delta,) = look(a_source(reddit, secret="wrong"), None, "林晓月")

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.LOGIN_NEEDED, "http_401")


def test_an_error_as_a_token(reddit: Reddit) -> None:
    """An answer without a token is one too, whatever its status."""
    for answer in (say({"error": "invalid_grant"}), answer_with(b"<html>"), say({"access_token": ["t"]})):
        reddit.internet.site("www.reddit.com").misbehave("/api/v1/access_token", answer)

        (delta,) = look(a_source(reddit), None, "林晓月")

        assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.LOGIN_NEEDED, "no_token")


def test_the_real_addresses(reddit: Reddit) -> None:
    """One token serves a run; then one request for all alternatives, two for each subreddit, and nothing else."""
    source = a_source(reddit, "r/Campus", "../etc")

    look(source, None, "Lin Xiaoyue", "林晓月")

    assert [address.partition("?")[0] for address in reddit.internet.asked()] == [
        "www.reddit.com/api/v1/access_token",
        "oauth.reddit.com/search",
        "oauth.reddit.com/r/campus/new",
        "oauth.reddit.com/r/campus/comments",
    ]
    assert "q=%22Lin+Xiaoyue%22+OR+%22%E6%9E%97%E6%99%93%E6%9C%88%22&sort=new" in reddit.internet.asked()[1]
    assert {request.headers["user-agent"] for request in reddit.internet.seen} == {
        "Shouwang/0.1.0 (+ops@watch.example)"
    }


def test_a_token_is_used_until_it_ends(reddit: Reddit) -> None:
    """The second run of one process asks for no new token."""
    source = a_source(reddit)
    look(source, None, "林晓月")

    look(source, None, "林晓月")

    assert len(reddit.internet.asked("www.reddit.com")) == 1


def test_what_is_new(reddit: Reddit) -> None:
    """A second run brings what was posted since, over pages, the oldest first."""
    reddit.publish("一")
    source = a_source(reddit)
    cursor = look(source, None, "林晓月")[-1].cursor
    reddit.page = 2
    reddit.publish("二", "三", "四", "五", "六")

    assert texts(look(source, cursor, "林晓月")) == ["二", "三", "四", "五", "六"]


def test_posts_and_comments(reddit: Reddit) -> None:
    """A subreddit's comments are read beside its posts, each with a kind of its own in its id."""
    reddit.publish("帖子")
    reddit.publish("评论", kind="t1")

    deltas = look(a_source(reddit, "campus"))

    assert texts(deltas) == ["帖子", "评论"]
    assert [post.id for delta in deltas for post in delta.posts] == ["reddit:t3_lflt", "reddit:t1_lflu"]


def test_one_closed_subreddit(reddit: Reddit) -> None:
    """A subreddit that is private is told, and the others are read."""
    reddit.publish("帖子")
    reddit.fail(say({"reason": "private", "error": 403}, status=403), "/r/closed/*")

    deltas = look(a_source(reddit, "closed", "campus"))

    assert [delta.outcome.kind for delta in deltas].count(FetchKind.NOT_PUBLIC) == 2
    assert texts(deltas) == ["帖子"]


SAID: dict[str, tuple[Behaviour, FetchKind, str]] = {
    "token revoked": (say({"error": 401}, status=401), FetchKind.LOGIN_NEEDED, "http_401"),
    "forbidden": (answer_with(status=403), FetchKind.BLOCKED, "http_403"),
    "limited": (
        answer_with(status=429, headers={"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "33"}),
        FetchKind.LIMITED,
        "http_429",
    ),
    "down": (answer_with(b"<html>our CDN was unable", status=503), FetchKind.BROKEN, "http_503"),
    "a page": (answer_with(b"<html></html>", headers={"Content-Type": "text/html"}), FetchKind.BROKEN, "no_listing"),
    "no listing": (say({"kind": "t5", "data": {}}), FetchKind.SCHEMA_CHANGED, "no_listing"),
    "things without ids": (
        say(listing([{"kind": "t3", "data": {"title": "x"}}])),
        FetchKind.SCHEMA_CHANGED,
        "unreadable_posts",
    ),
    "a hundred megabytes": (servers.pour, FetchKind.BROKEN, "too_large"),
    "slow": (servers.drip, FetchKind.UNREACHABLE, "timeout"),
}


@pytest.mark.parametrize(("behaviour", "kind", "detail"), SAID.values(), ids=SAID.keys())
def test_misbehaviour(reddit: Reddit, behaviour: Behaviour, kind: FetchKind, detail: str) -> None:
    """Each misbehaviour has its kind, and none looks like a search without results."""
    reddit.fail(behaviour)

    deltas = look(a_source(reddit), None, "林晓月")

    assert [(delta.posts, delta.cursor, delta.outcome.kind, delta.outcome.detail) for delta in deltas] == [
        ((), None, kind, detail)
    ]


def test_a_gallery() -> None:
    """All pictures of a post are given, with addresses that are not escaped."""
    post = read(
        is_self=False,
        url="https://i.redd.it/a.jpg",
        preview={"images": [{"source": {"url": "https://preview.redd.it/a.jpg?width=1&amp;s=2"}}]},
        media_metadata={"k": {"s": {"u": "https://preview.redd.it/k.jpg?s=1"}}, "broken": 3},
        media={"reddit_video": {"fallback_url": "https://v.redd.it/x/DASH_720.mp4"}},
    )

    assert [(media.url, media.kind) for media in post.media] == [
        ("https://i.redd.it/a.jpg", "image"),
        ("https://preview.redd.it/a.jpg?width=1&s=2", "image"),
        ("https://preview.redd.it/k.jpg?s=1", "image"),
        ("https://v.redd.it/x/DASH_720.mp4", "video"),
    ]


def test_a_removed_writer() -> None:
    """A post whose writer is gone has none."""
    post = read(author="[deleted]", selftext="[removed]")

    assert (post.author, post.text) == ("", "标题\n[removed]")


def test_things_that_are_no_posts() -> None:
    """A subreddit or a user among the results is passed over."""
    content = json.dumps(listing([{"kind": "t5", "data": {"id": "abc"}}, a_thing(1, "标题")])).encode()

    page = read_listing(content, fetched_at=NOON)

    assert [entry.item is None for entry in page.entries] == [True, False]
