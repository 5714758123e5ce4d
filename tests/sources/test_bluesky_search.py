"""The past of a new name, by Bluesky's search and an operator's own account."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from monitors.records import Cursor, Delta, FetchKind, Query
from monitors.sources import bluesky_stream
from monitors.sources.bluesky import BlueskySource, Network
from monitors.sources.bluesky_search import Account
from monitors.sources.guard import Guard
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester
from tests.servers.jetstream import Jetstream
from tests.servers.web import Web, answer_with

SESSION = "/xrpc/com.atproto.server.createSession"
SEARCH = "/xrpc/app.bsky.feed.searchPosts"
DID = "did:plc:wkhgf5rrn7uw5tcoyqcwcsrb"


def found(*texts: str, place: str = "") -> bytes:
    """A page of results, newest first."""
    posts = [
        {
            "uri": f"at://{DID}/app.bsky.feed.post/{abs(hash(text))}",
            "cid": "bafy",
            "author": {"did": DID, "handle": "w.example"},
            "record": {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-02-01T00:00:00Z"},
            "indexedAt": "2026-02-01T00:00:01.000Z",
        }
        for text in texts
    ]
    return json.dumps({"hitsTotal": 2, "posts": posts} | ({"cursor": place} if place else {})).encode()


class Searcher:
    """A source with an account, run after run."""

    def __init__(self, web: Web, jetstream: Jetstream, words: Sequence[str] = ("林晓月",)) -> None:
        web.answer(SESSION, b'{"accessJwt":"secret-token","did":"did:plc:x"}')
        clock = SystemClock()
        guard = Guard(allow_hosts=[f"127.0.0.1:{web.port}", f"127.0.0.1:{jetstream.port}"])
        requester = Requester(guard=guard, clock=clock, pace=Pace(clock=clock, interval=timedelta(0)))
        account = Account(handle="ops.example", password="app-password", service=web.url(""))
        self.network = Network(stream=jetstream.url(), account=account)
        self._requester = requester
        self.words = words
        self.cursor: Cursor | None = None
        self.deltas: list[Delta] = []

    def run(self) -> list[str]:
        """Read until caught up; give the texts that were found by searching."""
        source = BlueskySource(self.network, self._requester, mac=lambda text: f"{abs(hash(text)):016x}" * 2)
        plan = [Query(words=tuple(self.words))]
        self.deltas = list(source.fetch(plan, self.cursor, datetime.now(UTC) + timedelta(seconds=20)))
        for delta in self.deltas:
            self.cursor = delta.cursor or self.cursor
        return [post.text for delta in self.deltas if delta.outcome.part == "search" for post in delta.posts]


@pytest.fixture(autouse=True)
def _soon_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky_stream, "QUIET_SECONDS", 0.2)


def queries(web: Web) -> list[dict[str, list[str]]]:
    """What was searched for."""
    return [parse_qs(urlsplit(seen.path).query) for seen in web.seen if seen.path.startswith(SEARCH)]


def test_a_new_name_once(web: Web, jetstream: Jetstream) -> None:
    """What was written before is searched once for each new word, page after page, with the account's token."""
    web.misbehave(SEARCH, answer_with(found("三", "二", place="25")), answer_with(found("一")))
    searcher = Searcher(web, jetstream)

    assert searcher.run() == ["一", "二", "三"]
    assert searcher.run() == []
    assert [asked["q"] for asked in queries(web)] == [['"林晓月"'], ['"林晓月"']]
    assert [asked.get("cursor") for asked in queries(web)] == [None, ["25"]]
    assert {seen.headers["authorization"] for seen in web.seen if seen.path.startswith(SEARCH)} == {
        "Bearer secret-token"
    }


def test_another_name_later(web: Web, jetstream: Jetstream) -> None:
    """A word that comes later is searched when it comes; the others are not searched again."""
    web.answer(SEARCH, found())
    searcher = Searcher(web, jetstream)
    searcher.run()

    searcher.words = ("林晓月", "王芳")
    searcher.run()

    assert [asked["q"] for asked in queries(web)] == [['"林晓月"'], ['"王芳"']]


def test_the_cursor_does_not_tell(web: Web, jetstream: Jetstream) -> None:
    """What was searched stands in the cursor as a keyed hash."""
    web.answer(SEARCH, found("林晓月"))
    searcher = Searcher(web, jetstream)

    searcher.run()

    assert searcher.cursor is not None
    assert "林晓月" not in json.loads(searcher.cursor.value).values().__repr__()
    assert "secret-token" not in searcher.cursor.value


FAILURES = {
    "wrong password": (SESSION, 401, FetchKind.LOGIN_NEEDED),
    "token refused": (SEARCH, 400, FetchKind.LOGIN_NEEDED),
    "forbidden": (SEARCH, 403, FetchKind.BLOCKED),
    "limited": (SEARCH, 429, FetchKind.LIMITED),
    "down": (SEARCH, 502, FetchKind.BROKEN),
    "no json": (SEARCH, 200, FetchKind.SCHEMA_CHANGED),
}


@pytest.mark.parametrize(("path", "status", "kind"), FAILURES.values(), ids=FAILURES)
def test_a_search_that_fails(web: Web, jetstream: Jetstream, path: str, status: int, kind: FetchKind) -> None:
    """A search that fails is told as such, the stream is read all the same, and the word is searched another time."""
    jetstream.post("一")
    searcher = Searcher(web, jetstream)
    web.answer(path, b"<html>", status=status)

    searcher.run()

    assert searcher.deltas[-1].outcome.kind is kind
    assert [post.text for delta in searcher.deltas for post in delta.posts] == ["一"]
    web.answer(SESSION, b'{"accessJwt":"t"}')
    web.answer(SEARCH, found("前"))
    assert searcher.run() in (["前"], [])


def test_a_post_that_cannot_be_read(web: Web, jetstream: Jetstream) -> None:
    """One odd result is kept with its bytes and costs no other."""
    page = json.loads(found("一"))
    page["posts"].insert(0, {"uri": "at://x", "record": 7})
    web.answer(SEARCH, json.dumps(page).encode())
    searcher = Searcher(web, jetstream)

    assert searcher.run() == ["一"]
    (rejected,) = [item for delta in searcher.deltas for item in delta.rejected]
    assert rejected.place == "search:post"


def test_many_names(web: Web, jetstream: Jetstream, monkeypatch: pytest.MonkeyPatch) -> None:
    """More new words than a run may search wait for the next one, and that is said."""
    monkeypatch.setattr("monitors.sources.bluesky.MOST_SEARCHES", 2)
    web.answer(SEARCH, found())
    searcher = Searcher(web, jetstream, words=("甲一", "乙一", "丙一"))

    searcher.run()

    assert searcher.deltas[-1].outcome.detail == "waiting=1"
    searcher.run()
    assert len(queries(web)) == 3


def test_without_an_account(web: Web, jetstream: Jetstream) -> None:
    """Without an account nothing is searched."""
    searcher = Searcher(web, jetstream)
    searcher.network = replace(searcher.network, account=None)

    searcher.run()

    assert web.seen == []
