"""Mastodon and what speaks its API: hashtags and accounts, as far as a server shows them to everyone.

Asked through Mastodon.py over our own requester. ``/api/v2/instance`` comes first and is obeyed: a timeline that
a server keeps for its own users is not asked for. Keyword search of posts needs an account and is not done.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Query
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.requester import Requester
from monitors.sources.requests_adapter import RequesterAdapter, session_through
from monitors.sources.statuses import Origin, Page, read_page

if TYPE_CHECKING:
    from mastodon import Mastodon

NAME = "mastodon"
PAGE = 40
"""Statuses a page; the most a server gives."""
FROM_THE_START = "0"
ABILITIES = Abilities(
    asks=frozenset({Asks.TAGS, Asks.HANDLES}),
    queries_per_run=100,  # a request each, on every server; a server allows 300 in five minutes
    canary=Query(tags=("mastodon",)),
    unseen=("fediverse_words", "fediverse_closed"),
)

Mac = Callable[[str], str]
"""A keyed hash: the cursor must not tell which names are asked for, not even to who can guess them."""
Places = dict[str, str]
"""By a timeline's keyed hash: the id to go on from."""

_LOGIN = frozenset({401, 422})
_NOT_PUBLIC = frozenset({403, 404, 410})
_FATAL = frozenset(
    {FetchKind.LIMITED, FetchKind.UNREACHABLE, FetchKind.BLOCKED, FetchKind.CAPTCHA, FetchKind.BUDGET_SPENT}
)
"""Ends that hold for the whole server: asking it for the next timeline would only make it worse."""


@dataclass(slots=True)
class _Visit:
    """One server in one run: how to ask it, where each timeline goes on, and what has gone wrong so far."""

    host: str
    api: "Mastodon"
    adapter: RequesterAdapter
    deadline: datetime
    places: Places
    failure: FetchOutcome | None = None
    left_out: int = 0
    received: int = 0

    def fail(self, kind: FetchKind, detail: str) -> None:
        """Remember what went wrong; the first failure is the one to tell of."""
        self.failure = self.failure or FetchOutcome(kind=kind, detail=detail, part=self.host)

    @property
    def is_over(self) -> bool:
        """Whether this server should be asked no more."""
        return self.failure is not None and self.failure.kind in _FATAL


class MastodonSource:
    """Hashtags from the plan's tags, accounts from its handles (``user@server``), on each of the servers."""

    def __init__(self, servers: Sequence[str], requester: Requester, *, mac: Mac) -> None:
        self._servers, self._requester, self._mac = tuple(dict.fromkeys(map(_address, servers))), requester, mac

    @property
    def name(self) -> str:
        """All servers are one source; each is a part of it, named by its host."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give what is new on each server, timeline by timeline, the oldest first."""
        tags = tuple(dict.fromkeys(tag.lower() for query in plan for tag in query.tags))
        handles = tuple(dict.fromkeys(handle.lower() for query in plan for handle in query.handles))
        if not (tags or handles):
            return
        known: dict[str, Places] = json.loads(cursor.value) if cursor else {}
        for server in self._servers:
            host = urlsplit(server).netloc
            places = known.setdefault(host, {})
            for delta in self._visit(self._arrive(server, host, places, deadline), tags, handles):
                yield replace(delta, cursor=_cursor(known) or cursor)

    def _arrive(self, server: str, host: str, places: Places, deadline: datetime) -> _Visit:
        from mastodon import Mastodon

        adapter = RequesterAdapter(self._requester, accept="application/json", deadline=deadline)
        # "wait", the default, would sleep past every deadline when the server limits us.
        api = Mastodon(api_base_url=server, ratelimit_method="throw", session=session_through(adapter))
        return _Visit(host=host[:64], api=api, adapter=adapter, deadline=deadline, places=places)

    def _visit(self, visit: _Visit, tags: Sequence[str], handles: Sequence[str]) -> Iterator[Delta]:
        yield from self._look(visit, tags, handles)
        if visit.failure or not visit.received:
            left_out = f"left_out={visit.left_out}" if visit.left_out else ""
            empty = FetchOutcome(kind=FetchKind.EMPTY, detail=left_out, part=visit.host)
            yield Delta(posts=(), cursor=None, outcome=visit.failure or empty)

    def _look(self, visit: _Visit, tags: Sequence[str], handles: Sequence[str]) -> Iterator[Delta]:
        shown = self._shown(visit)
        for tag in tags if shown else ():
            if not visit.is_over:
                yield from self._timeline(visit, f"tag {tag}", "timelines/tag", _tag_pages(visit.api, tag, shown))
        for handle in handles:
            if not visit.is_over:
                yield from self._account(visit, handle)

    def _shown(self, visit: _Visit) -> Mapping[str, bool]:
        """Which of a hashtag's posts the server shows to everyone; empty: none."""
        if not self._ask(visit, lambda: visit.api.timeline_is_available("hashtag", fail_hard=True)):
            # A server older than 4.5 says nothing of it, one older than 4.0 has no such page: both are simply asked.
            if visit.adapter.last is None or visit.adapter.last.status not in {200, 404}:
                return {}
            visit.failure = None
        access = _access(visit)
        if FetchKind.OK in access.values():
            return {"local": access["remote"] is not FetchKind.OK, "remote": access["local"] is not FetchKind.OK}
        visit.fail(access["local"], "timelines_access")
        return {}

    def _account(self, visit: _Visit, handle: str) -> Iterator[Delta]:
        user, _, home = handle.partition("@")
        # Only its own server knows all of an account; elsewhere the same bare name is somebody else.
        if home != visit.host:
            return
        if self._ask(visit, lambda: visit.api.account_lookup(user)):
            account = _json(visit).get("id")
            yield from self._timeline(visit, f"account {handle}", "accounts", _account_pages(visit.api, account))

    def _timeline(self, visit: _Visit, key: str, place: str, page: Callable[[str], object]) -> Iterator[Delta]:
        mac = self._mac(f"{visit.host} {key}")[:32]
        while not self._is_late(visit):
            since = visit.places.get(mac, FROM_THE_START)
            if not self._ask(visit, partial(page, since)):
                return
            read = self._read(visit, place)
            if read is None or read.newest is None:
                return
            if read.newest == since:
                visit.fail(FetchKind.BROKEN, "no_progress")
                return
            visit.places[mac] = read.newest
            yield _delta(visit, read)

    def _read(self, visit: _Visit, place: str) -> Page | None:
        fetched = visit.adapter.last
        if fetched is None:
            return None
        url = f"{visit.api.api_base_url}/api/v1/{place}"
        try:
            return read_page(
                fetched.content, Origin(source=NAME, host=visit.host, url=url, fetched_at=fetched.fetched_at)
            )
        except ValueError:
            visit.fail(FetchKind.SCHEMA_CHANGED, "no_statuses")
            return None

    def _is_late(self, visit: _Visit) -> bool:
        if self._requester.clock.now() < visit.deadline:
            return False
        visit.fail(FetchKind.BUDGET_SPENT, "deadline")
        return True

    def _ask(self, visit: _Visit, call: Callable[[], object]) -> bool:
        """Call the library; what fails is remembered as the typed outcome that the requester saw."""
        from mastodon import MastodonError

        try:
            call()
        except MastodonError:
            outcome = _outcome(visit)
            visit.failure = visit.failure or replace(outcome, part=visit.host)
            return False
        return True


def _outcome(visit: _Visit) -> FetchOutcome:
    fetched = visit.adapter.last
    if fetched is None:
        return FetchOutcome(kind=FetchKind.BROKEN, detail="never_asked")
    if fetched.status in _LOGIN:
        return FetchOutcome(kind=FetchKind.LOGIN_NEEDED, detail=f"http_{fetched.status}")
    if fetched.status in _NOT_PUBLIC:
        return FetchOutcome(kind=FetchKind.NOT_PUBLIC, detail=f"http_{fetched.status}")
    if fetched.is_ok:
        return FetchOutcome(kind=FetchKind.BROKEN, detail="not_json")
    return fetched.outcome


def _json(visit: _Visit) -> Mapping[str, Any]:
    try:
        content = json.loads(visit.adapter.last.content) if visit.adapter.last else {}
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _access(visit: _Visit) -> dict[str, FetchKind]:
    """What the server says of its hashtag timelines; what it does not say is taken as shown."""
    configuration = _json(visit).get("configuration")
    access = configuration.get("timelines_access") if isinstance(configuration, dict) else None
    feeds = access.get("hashtag_feeds") if isinstance(access, dict) else None
    says = feeds if isinstance(feeds, dict) else {}
    kinds = {"public": FetchKind.OK, "authenticated": FetchKind.LOGIN_NEEDED, "disabled": FetchKind.NOT_PUBLIC}
    return {which: kinds.get(str(says.get(which, "public")), FetchKind.NOT_PUBLIC) for which in ("local", "remote")}


def _tag_pages(api: "Mastodon", tag: str, shown: Mapping[str, bool]) -> Callable[[str], object]:
    name = quote(tag, safe="")
    return lambda since: api.timeline_hashtag(name, min_id=since, limit=PAGE, **shown)


def _account_pages(api: "Mastodon", account: object) -> Callable[[str], object]:
    return lambda since: api.account_statuses(str(account), min_id=since, limit=PAGE, exclude_reblogs=True)


def _delta(visit: _Visit, page: Page) -> Delta:
    visit.left_out += page.left_out
    visit.received += len(page.posts) + len(page.rejected)
    return Delta(
        posts=page.posts,
        raws=page.raws,
        rejected=page.rejected,
        cursor=None,
        outcome=FetchOutcome(kind=FetchKind.OK, part=visit.host),
    )


def _cursor(known: Mapping[str, Places]) -> Cursor | None:
    value = {host: places for host, places in known.items() if places}
    return Cursor(source=NAME, value=json.dumps(value)) if value else None


def _address(server: str) -> str:
    return (server if server.startswith(("http://", "https://")) else f"https://{server}").rstrip("/")
