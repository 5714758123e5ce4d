"""Mastodon: a real server process with faults, recordings of 4.6.4, and servers less kind than both."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from monitors.records import Cursor, Delta, FetchKind, Media, Post, Query
from monitors.sources.guard import Guard
from monitors.sources.mastodon import MastodonSource
from monitors.sources.media import MediaFetcher
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester
from tests.servers import web as servers
from tests.servers.mastodon import MastodonServer
from tests.servers.requester import a_requester
from tests.servers.web import Behaviour, Web, answer_with
from tests.sources.recorded import JSON, Recording, paged, play

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d4944415478da63fccfc0f01f0005000201a5f7c2d50000000049454e44ae426082"
)


def mac(text: str) -> str:
    """A hash as the vault gives it."""
    return sha256(b"key" + text.encode()).hexdigest()


@dataclass
class Server:
    """Any server of a test that speaks Mastodon."""

    url: str
    port: int


def look(
    server: Server | MastodonServer,
    *,
    tags: Sequence[str] = (),
    handles: Sequence[str] = (),
    cursor: Cursor | None = None,
    seconds: float = 60,
    longest: float = 5,
) -> list[Delta]:
    """Everything a server gives."""
    requester = a_requester(server, longest=timedelta(seconds=longest))
    source = MastodonSource([server.url], requester, mac=mac)
    plan = [Query(tags=tuple(tags), handles=tuple(handles))]
    return list(source.fetch(plan, cursor, datetime.now(UTC) + timedelta(seconds=seconds)))


def posts_of(deltas: Sequence[Delta]) -> list[Post]:
    """Their posts."""
    return [post for delta in deltas for post in delta.posts]


@pytest.fixture
def tag(mastodon: MastodonServer) -> Iterator[str]:
    """A tag of this test alone."""
    yield f"守望{uuid4().hex[:8]}"
    mastodon.clear_faults()


@pytest.fixture
def strict(web: Web) -> Server:
    """A server that answers what a test tells it to."""
    web.answer("/api/v2/instance/", b'{"domain":"x","version":"4.6.4","configuration":{}}', headers=JSON)
    return Server(url=web.url("").rstrip("/"), port=web.port)


def test_every_page_is_read(mastodon: MastodonServer, tag: str) -> None:
    """A tag is read from its first post to its last, page after page, and then only what is new."""
    for number in range(45):
        mastodon.post(f"第{number}条 #{tag}")
    deltas = look(mastodon, tags=[tag])

    mastodon.post(f"新的 #{tag}")
    news = look(mastodon, tags=[tag], cursor=deltas[-1].cursor)

    assert [len(delta.posts) for delta in deltas] == [40, 5]
    assert [post.text.split()[0] for post in posts_of(deltas)] == [f"第{number}条" for number in range(45)]
    assert [post.text.split()[0] for post in posts_of(news)] == ["新的"]


def test_a_post_with_a_picture(mastodon: MastodonServer, tag: str) -> None:
    """A post has its picture's address, from which the real bytes come, and what was said of it."""
    mastodon.post(f"看图 #{tag}", media_ids=[mastodon.upload(PNG, description="一棵树")], spoiler_text="小心")

    (post,) = posts_of(look(mastodon, tags=[tag]))

    assert post.text == f"小心\n看图 #{tag}\n一棵树"
    content = MediaFetcher(a_requester(mastodon)).get(_here(post, mastodon))
    assert content.startswith(b"\x89PNG")


def test_an_account(mastodon: MastodonServer, tag: str) -> None:
    """An account's posts come from its own server; elsewhere nobody is asked of it."""
    mastodon.post(f"我的 #{tag}")
    name = mastodon.call("/api/v1/accounts/verify_credentials")["acct"]

    own = look(mastodon, handles=[f"{name}@{mastodon.host}"])
    other = look(mastodon, handles=[f"{name}@far.example", name])

    assert f"我的 #{tag}" in {post.text for post in posts_of(own)}
    assert (posts_of(other), other[-1].outcome.kind) == ([], FetchKind.EMPTY)


def test_an_account_that_is_not_there(mastodon: MastodonServer) -> None:
    """An unknown account is told, not taken for one that says nothing."""
    (delta,) = look(mastodon, handles=[f"nobody{uuid4().hex}@{mastodon.host}"])

    assert (delta.outcome.kind, delta.outcome.detail) == (FetchKind.NOT_PUBLIC, "http_404")


FAULTS: dict[str, tuple[dict[str, Any], FetchKind, str]] = {
    "limit": ({"type": "ratelimit"}, FetchKind.LIMITED, "http_429"),
    "unavailable": ({"type": "status", "status": 503}, FetchKind.BROKEN, "http_503"),
    "bad gateway": ({"type": "status", "status": 502}, FetchKind.BROKEN, "http_502"),
    "truncated": ({"type": "malformed"}, FetchKind.BROKEN, "not_json"),
    "timeout": ({"type": "timeout"}, FetchKind.UNREACHABLE, "timeout"),
    "closed, 4.5 and newer": ({"type": "status", "status": 401}, FetchKind.LOGIN_NEEDED, "http_401"),
    "closed, older": ({"type": "status", "status": 422}, FetchKind.LOGIN_NEEDED, "http_422"),
    "forbidden": ({"type": "status", "status": 403}, FetchKind.NOT_PUBLIC, "http_403"),
}


@pytest.mark.parametrize(("effect", "kind", "detail"), FAULTS.values(), ids=FAULTS.keys())
def test_faults(mastodon: MastodonServer, tag: str, effect: dict[str, Any], kind: FetchKind, detail: str) -> None:
    """Each fault of a server has its kind; nothing is lost, and the next poll finds what this one missed."""
    mastodon.post(f"一 #{tag}")
    cursor = look(mastodon, tags=[tag])[-1].cursor
    mastodon.post(f"二 #{tag}")
    mastodon.fault("/api/v1/timelines/tag/*", effect)

    (failed,) = look(mastodon, tags=[tag], cursor=cursor, longest=2)

    assert (failed.outcome.kind, failed.outcome.detail, failed.outcome.part) == (kind, detail, mastodon.host)
    assert (failed.posts, failed.cursor) == ((), cursor)
    assert [post.text for post in posts_of(look(mastodon, tags=[tag], cursor=failed.cursor))] == [f"二 #{tag}"]


def test_a_limit_says_when_to_come_again(mastodon: MastodonServer, tag: str) -> None:
    """A limit carries the moment after which the server may be asked."""
    mastodon.fault("/api/v1/timelines/tag/*", {"type": "ratelimit", "headers": {"Retry-After": "60"}})

    (delta,) = look(mastodon, tags=[tag])

    assert delta.outcome.retry_at is not None
    assert timedelta(seconds=40) < delta.outcome.retry_at - datetime.now(UTC) < timedelta(minutes=6)


def test_after_a_limit_nothing_more_is_asked(strict: Server, web: Web) -> None:
    """One limit ends the visit: the server's other timelines are left for another time."""
    web.answer("/api/v1/timelines/tag/a", status=429, headers={"Retry-After": "60"})

    look(strict, tags=["a", "b", "c"], handles=[f"x@127.0.0.1:{web.port}"])

    assert [request.path.partition("?")[0] for request in web.seen] == ["/api/v2/instance/", "/api/v1/timelines/tag/a"]


def test_one_closed_tag_does_not_close_the_others(strict: Server, web: Web) -> None:
    """What holds for one timeline alone does not end the visit, and is told in the end."""
    web.answer("/api/v1/timelines/tag/a", status=404)
    web.misbehave("/api/v1/timelines/tag/b", paged([a_status(1)]))

    deltas = look(strict, tags=["a", "b"])

    assert len(posts_of(deltas)) == 1
    assert deltas[-1].outcome.kind is FetchKind.NOT_PUBLIC


def says(local: str, remote: str) -> bytes:
    """An instance that opens its hashtags so far."""
    access = {
        "hashtag_feeds": {"local": local, "remote": remote},
        "live_feeds": {"local": "public", "remote": "public"},
    }
    return json.dumps({"version": "4.6.4", "configuration": {"timelines_access": access}}).encode()


@pytest.mark.parametrize(
    ("said", "kind"), [("authenticated", FetchKind.LOGIN_NEEDED), ("disabled", FetchKind.NOT_PUBLIC)]
)
def test_a_server_that_keeps_its_tags(strict: Server, web: Web, said: str, kind: FetchKind) -> None:
    """A timeline that a server keeps for its own is not even asked for."""
    web.answer("/api/v2/instance/", says(said, said), headers=JSON)

    (delta,) = look(strict, tags=["a"])

    assert (delta.outcome.kind, delta.outcome.detail) == (kind, "timelines_access")
    assert len(web.seen) == 1


@pytest.mark.parametrize(
    ("local", "remote", "asked"),
    [("public", "authenticated", "local=1"), ("disabled", "public", "remote=1"), ("public", "public", "")],
)
@pytest.mark.filterwarnings("ignore:Timeline .* appears to be unavailable")
def test_a_server_that_shows_half(strict: Server, web: Web, local: str, remote: str, asked: str) -> None:
    """Where only local or only remote posts are open, only these are asked for."""
    web.answer("/api/v2/instance/", says(local, remote), headers=JSON)
    web.misbehave("/api/v1/timelines/tag/a", paged([]))

    look(strict, tags=["a"])

    query = web.seen[-1].path.partition("?")[2]
    assert [part for part in query.split("&") if part.startswith(("local", "remote"))] == ([asked] if asked else [])


INSTANCES: dict[str, Behaviour] = {
    "older than 4.0": answer_with(b'{"error":"Record not found"}', status=404, headers=JSON),
    "older than 4.5": answer_with(b'{"version":"4.2.0","configuration":{}}', headers=JSON),
    "says nonsense": answer_with(b'{"configuration":{"timelines_access":5}}', headers=JSON),
    "a list": answer_with(b"[]", headers=JSON),
}


@pytest.mark.parametrize("instance", INSTANCES.values(), ids=INSTANCES.keys())
def test_a_server_that_does_not_say(strict: Server, web: Web, instance: Behaviour) -> None:
    """A server that says nothing of its timelines is simply asked for them."""
    web.misbehave("/api/v2/instance/", instance)
    web.misbehave("/api/v1/timelines/tag/a", paged([a_status(1)]))

    assert len(posts_of(look(strict, tags=["a"]))) == 1


@pytest.mark.parametrize(
    ("instance", "kind"),
    [
        (servers.hang_up, FetchKind.UNREACHABLE),
        (answer_with(status=503), FetchKind.BROKEN),
        (answer_with(status=403), FetchKind.NOT_PUBLIC),
        (servers.redirect_to("http://10.0.0.1/"), FetchKind.NOT_PUBLIC),
    ],
    ids=["hangs up", "broken", "forbidden", "leads inside"],
)
def test_a_server_that_does_not_answer(strict: Server, web: Web, instance: Behaviour, kind: FetchKind) -> None:
    """A server that cannot be asked what it shows is asked for nothing else."""
    web.misbehave("/api/v2/instance/", instance)

    (delta,) = look(strict, tags=["a"])

    assert delta.outcome.kind is kind
    assert len(web.seen) == 1


def a_status(number: int, **changed: Any) -> dict[str, Any]:
    """A status as short as one can be."""
    account = {"acct": "walker", "noindex": False}
    status = {"id": str(number), "uri": f"u{number}", "created_at": "2026-03-01T12:00:00Z", "content": "<p>x</p>"}
    return status | {"account": account} | changed


def test_writers_who_want_no_reader(strict: Server, web: Web) -> None:
    """Posts of those who said no are left out, and the outcome says how many."""
    quiet = {"acct": "quiet", "noindex": True}
    web.misbehave("/api/v1/timelines/tag/a", paged([a_status(2, account=quiet), a_status(1, visibility="private")]))

    *_, last = look(strict, tags=["a"])

    assert posts_of([last]) == []
    assert (last.outcome.kind, last.outcome.detail) == (FetchKind.EMPTY, "left_out=2")


def test_a_page_that_comes_again_and_again(strict: Server, web: Web) -> None:
    """A server that ignores where we are does not keep us for ever."""
    page = json.dumps([a_status(1)]).encode()
    web.answer("/api/v1/timelines/tag/a", page, headers=JSON)

    deltas = look(strict, tags=["a"])

    assert len(posts_of(deltas)) == 1
    assert (deltas[-1].outcome.kind, deltas[-1].outcome.detail) == (FetchKind.BROKEN, "no_progress")


ANSWERS = {
    "an object": (b'{"statuses":[]}', FetchKind.SCHEMA_CHANGED),
    "a string": (b'"hello"', FetchKind.SCHEMA_CHANGED),
    "numbers": (b"[1,2]", FetchKind.EMPTY),
    "null": (b"null", FetchKind.SCHEMA_CHANGED),
    "a tower": (b"[" * 50_000, FetchKind.BROKEN),
    "HTML": (b"<html><p>hello</p>", FetchKind.BROKEN),
    "nothing": (b"", FetchKind.BROKEN),
    "not UTF-8": ('["守望"]'.encode("gbk"), FetchKind.SCHEMA_CHANGED),
}


@pytest.mark.parametrize(("body", "kind"), ANSWERS.values(), ids=ANSWERS.keys())
def test_answers_of_another_shape(strict: Server, web: Web, body: bytes, kind: FetchKind) -> None:
    """An answer of another shape is told as what it is, and raises nothing."""
    web.answer("/api/v1/timelines/tag/a", body, headers=JSON)

    deltas = look(strict, tags=["a"])

    assert posts_of(deltas) == []
    assert deltas[-1].outcome.kind is kind


def test_a_login_page_instead(strict: Server, web: Web) -> None:
    """A wall of HTML in front of the interface is told as a wall."""
    web.misbehave("/api/v1/timelines/tag/a", servers.redirect_to("/auth/sign_in"))
    web.answer("/auth/sign_in", b"<form>", headers={"Content-Type": "text/html"})

    assert look(strict, tags=["a"])[-1].outcome.kind is FetchKind.LOGIN_NEEDED


def test_the_deadline_ends_the_visit(strict: Server, web: Web) -> None:
    """A visit that is late ends after the page it is reading, and the cursor goes on from there."""

    def slow(wire: servers.Wire) -> None:
        wire.wait(0.6)
        paged([a_status(number) for number in range(90, 0, -1)])(wire)

    web.misbehave("/api/v1/timelines/tag/a", slow)

    deltas = look(strict, tags=["a", "b"], seconds=1)

    assert (deltas[-1].outcome.kind, deltas[-1].outcome.detail) == (FetchKind.BUDGET_SPENT, "deadline")
    assert 0 < len(posts_of(deltas)) < 90
    assert deltas[-1].cursor is not None


def test_names_are_asked_and_not_kept(strict: Server, web: Web) -> None:
    """A name goes to the server it is asked of and nowhere else: not into the cursor, raws or outcomes."""
    name = "林晓月"
    web.misbehave(f"/api/v1/timelines/tag/{quote(name)}", paged([a_status(1)]))

    deltas = look(strict, tags=[name])

    assert len(posts_of(deltas)) == 1
    assert not any(name in text or quote(name) in text for text in [str(deltas)])
    assert all("晓" not in str(json.loads(delta.cursor.value)) for delta in deltas if delta.cursor)


def test_a_tag_cannot_lead_elsewhere(strict: Server, web: Web) -> None:
    """Letters of a tag that mean something in an address are written so that they do not."""
    look(strict, tags=["a/../../admin?x=1#y"])

    assert web.seen[-1].path.partition("?")[0] == f"/api/v1/timelines/tag/{quote('a/../../admin?x=1#y', safe='')}"


def test_nothing_to_ask_for(strict: Server, web: Web) -> None:
    """Without tags or handles no server is bothered."""
    assert look(strict) == []
    assert web.seen == []


def test_one_broken_server_does_not_stop_the_other(mastodon: MastodonServer, tag: str, web: Web) -> None:
    """Each server has its own outcome, and the cursor keeps the place of each."""
    mastodon.post(f"一 #{tag}")
    web.misbehave("/api/v2/instance/", servers.hang_up)
    both = _requester_for(mastodon, web)
    source = MastodonSource([web.url("").rstrip("/"), mastodon.url], both, mac=mac)

    deltas = list(source.fetch([Query(tags=(tag,))], None, datetime.now(UTC) + timedelta(seconds=30)))

    assert [(delta.outcome.part, delta.outcome.kind) for delta in deltas] == [
        (f"127.0.0.1:{web.port}", FetchKind.UNREACHABLE),
        (mastodon.host, FetchKind.OK),
    ]


def test_the_recorded_server(web: Web) -> None:
    """What Mastodon 4.6.4 answered is read whole: every status of the recording, page by page, the oldest first."""
    recording = Recording("test_pagination_iterator")
    play(web, recording, "recorded")
    server = Server(url=web.url("").rstrip("/"), port=web.port)

    deltas = look(server, tags=["recorded"])

    expected = [status["url"] for status in reversed(recording.written())]
    assert [post.url for post in posts_of(deltas)] == expected
    assert len(expected) == 30
    assert all(delta.rejected == () for delta in deltas)


@pytest.mark.parametrize(
    ("name", "path"),
    [("test_hashtag_tl", "/api/v1/timelines/tag/hoot"), ("test_public_tl_anonymous", "/api/v1/timelines/public")],
)
def test_recorded_timelines(web: Web, name: str, path: str) -> None:
    """A recorded timeline's own bytes are read: every public status is a post, and its raw is in those bytes."""
    recording = Recording(name)
    body = recording.body(path)
    web.answer("/api/v2/instance/", recording.body("/api/v2/instance"), headers=JSON)
    web.misbehave("/api/v1/timelines/tag/hoot", answer_with(body, headers=JSON), answer_with(b"[]", headers=JSON))
    server = Server(url=web.url("").rstrip("/"), port=web.port)

    deltas = look(server, tags=["hoot"])

    assert [post.url for post in posts_of(deltas)] == [status["url"] for status in reversed(json.loads(body))]
    assert all(raw.content in body for delta in deltas for raw in delta.raws)


def _here(post: Post, server: MastodonServer) -> Media:
    # The server calls itself localhost; its port is the same.
    (media,) = post.media
    return replace(media, url=f"{server.url}/{media.url.split('/', 3)[3]}")


def _requester_for(*both: Web | MastodonServer) -> Requester:
    pace = Pace(clock=SystemClock(), interval=timedelta(0))
    return Requester(guard=Guard(allow_hosts=[f"127.0.0.1:{server.port}" for server in both]), pace=pace)
