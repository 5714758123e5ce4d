"""Bluesky's search, for what was written before a name was watched: with the operator's own account, once a word.

A stream tells of what is posted from now on. Bluesky asks not to poll its search instead of reading the stream
(github.com/bluesky-social/atproto/issues/3423), and answers it to accounts alone: so each word is searched once,
when it is new, as far back as a few pages go.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from monitors.records import Delta, FetchKind, FetchOutcome, Post, Raw, Rejected
from monitors.sources.bluesky_posts import COLLECTION, Places, UnreadableError, Written, read_record
from monitors.sources.json_parts import cut_array
from monitors.sources.requester import Fetched, Requester

PAGE = 100
MOST_PAGES = 5
PART = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The operator's own, by an app password: it may read and post, and change nothing of the account."""

    handle: str
    password: str
    service: str


class SearchError(Exception):
    """The search did not answer; ``outcome`` says how."""

    def __init__(self, outcome: FetchOutcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class Search:
    """Asks with one session for a whole run. Every question may raise SearchError."""

    def __init__(self, account: Account, requester: Requester, places: Places, *, deadline: datetime) -> None:
        self._account, self._requester, self._places, self._deadline = account, requester, places, deadline
        self._token = ""

    def find(self, word: str) -> Delta:
        """Give the newest posts with this word, the oldest first, as one delta without a cursor."""
        posts: list[Post] = []
        raws: list[Raw] = []
        rejected: list[Rejected] = []
        for item, fetched in self._items(word):
            read = _read(item, self._places, fetched.fetched_at)
            if isinstance(read, Rejected):
                rejected.append(read)
            else:
                posts.append(read[0])
                raws.append(read[1])
        return Delta(
            posts=tuple(reversed(posts)),
            raws=tuple(raws),
            rejected=tuple(rejected),
            cursor=None,
            outcome=FetchOutcome(kind=FetchKind.OK if posts else FetchKind.EMPTY, part=PART),
        )

    def _items(self, word: str) -> Iterator[tuple[bytes, Fetched]]:
        place = ""
        for _ in range(MOST_PAGES):
            asked = {"q": f'"{word}"', "sort": "latest", "limit": str(PAGE)} | ({"cursor": place} if place else {})
            fetched = self._ask(f"{self._account.service}/xrpc/app.bsky.feed.searchPosts?{urlencode(asked)}")
            items = _cut(fetched)
            yield from ((item, fetched) for item in items)
            place = str(_object(fetched).get("cursor") or "")
            if not items or not place:
                return

    def _ask(self, url: str) -> Fetched:
        fetched = self._requester.get(
            url,
            deadline=self._deadline,
            accept="application/json",
            headers={"Authorization": f"Bearer {self._token or self._sign_in()}"},
        )
        return _answered(fetched)

    def _sign_in(self) -> str:
        said = {"identifier": self._account.handle, "password": self._account.password}
        url = f"{self._account.service}/xrpc/com.atproto.server.createSession"
        fetched = self._requester.post(
            url,
            json.dumps(said).encode(),
            deadline=self._deadline,
            headers={"Content-Type": "application/json"},
        )
        token = _object(_answered(fetched)).get("accessJwt")
        if not isinstance(token, str):
            raise SearchError(FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="no_session", part=PART))
        self._token = token
        return token


def _answered(fetched: Fetched) -> Fetched:
    if fetched.is_ok:
        return fetched
    kind = FetchKind.LOGIN_NEEDED if fetched.status in {400, 401} else fetched.outcome.kind
    outcome = FetchOutcome(kind=kind, detail=fetched.outcome.detail, retry_at=fetched.outcome.retry_at, part=PART)
    raise SearchError(outcome)


def _object(fetched: Fetched) -> Mapping[str, Any]:
    try:
        content = json.loads(fetched.content)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise SearchError(FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="not_json", part=PART))
    return content


def _cut(fetched: Fetched) -> Sequence[bytes]:
    try:
        return [item for _, item in cut_array(fetched.content, "posts")]
    except ValueError as error:
        outcome = FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="no_posts", part=PART)
        raise SearchError(outcome) from error


def _read(item: bytes, places: Places, at: datetime) -> tuple[Post, Raw] | Rejected:
    try:
        said = json.loads(item)
        place = str(said["uri"]).removeprefix("at://").split("/")
        if place[1:2] != [COLLECTION] or not isinstance(said["record"], dict):
            raise UnreadableError("no_post")
        written = Written(did=place[0], rkey=place[2], record=said["record"], content=item, at=_indexed(said, at))
        return read_record(written, places, fetched_at=at)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        return Rejected(content=item, place=f"{PART}:post", reason=f"unreadable: {type(error).__name__}")


def _indexed(said: Mapping[str, Any], at: datetime) -> datetime:
    moment = datetime.fromisoformat(str(said.get("indexedAt") or at.isoformat()))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
