"""Reddit by its API, with an app of the operator's own that Reddit approved; off until she gives its keys.

Asked over our own requester and not through asyncpraw: two addresses need no library, and ours keeps one pace, guard,
proxy, size and deadline for everybody. Reddit's Responsible Builder Policy forbids matching its users with other data;
nothing here or later does.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Query
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.json_parts import mapping, plain, read_json
from monitors.sources.reddit_posts import NAME, read_listing
from monitors.sources.requester import Requester
from monitors.sources.timelines import Mac, Page, Reach, Timelines, Wanted

TOKEN = "https://www.reddit.com/api/v1/access_token"  # noqa: S105 - an address
API = "https://oauth.reddit.com"
PAGE = 100
REACH = Reach(first=1, back=10, run=10)
"""A listing ends after about a thousand things, whatever is asked."""
ABILITIES = Abilities(
    asks=frozenset({Asks.WORDS}),
    words_per_query=15,
    longest_query=500,
    queries_per_run=30,
    canary=Query(words=("the",)),
    unseen=("reddit_comments", "reddit_private"),
)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class RedditSource:
    """A search for each query of the plan, and the posts and comments of each subreddit in the settings."""

    def __init__(
        self, client_id: str, secret: str, subreddits: Sequence[str], requester: Requester, *, mac: Mac
    ) -> None:
        self._login = b64encode(f"{client_id}:{secret}".encode()).decode() if client_id and secret else ""
        self._subreddits = tuple(dict.fromkeys(name.removeprefix("r/").lower() for name in subreddits))
        self._requester, self._mac = requester, mac
        self._token, self._until = "", _LONG_AGO

    @property
    def name(self) -> str:
        """All of Reddit is one source; each search and each subreddit is a part of it."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give what is new in each listing, the oldest first."""
        refused = self._enter(deadline)
        if refused is not None:
            yield Delta(posts=(), cursor=cursor, outcome=refused)
            return
        wanted = [self._search(deadline, query) for query in plan if query.words]
        for name in self._subreddits:
            if name.replace("_", "").isalnum():
                wanted += [self._new(deadline, "posts", name, "new"), self._new(deadline, "comments", name, "comments")]
        yield from Timelines(NAME, cursor, self._mac).round(wanted)

    def _search(self, deadline: datetime, query: Query) -> Wanted:
        words = ABILITIES.write(query.words)
        ask = partial(self._page, deadline, "/search", {"q": words, "sort": "new", "type": "link"})
        return Wanted(kind="search", name=words, ask=ask, reach=REACH, words=query.words)

    def _new(self, deadline: datetime, kind: str, name: str, listing: str) -> Wanted:
        return Wanted(kind=kind, name=name, ask=partial(self._page, deadline, f"/r/{name}/{listing}", {}), reach=REACH)

    def _enter(self, deadline: datetime) -> FetchOutcome | None:
        """Get a token where there is none that holds; give what stood in the way."""
        if not self._login:
            return FetchOutcome(kind=FetchKind.LOGIN_NEEDED, detail="no_credentials")
        if self._requester.clock.now() < self._until:
            return None
        headers = {"Authorization": f"Basic {self._login}"}
        fetched = self._requester.post(TOKEN, {"grant_type": "client_credentials"}, deadline=deadline, headers=headers)
        if not fetched.is_ok:
            return fetched.outcome
        try:
            answer = mapping(read_json(fetched.content))
        except ValueError:
            answer = {}
        self._token, seconds = plain(answer.get("access_token")), answer.get("expires_in")
        if not self._token:
            # Wrong keys are answered 200 with {"error": …} by some of Reddit's doors.
            return FetchOutcome(kind=FetchKind.LOGIN_NEEDED, detail="no_token")
        lasts = seconds if isinstance(seconds, int) else 600
        self._until = fetched.fetched_at + timedelta(seconds=lasts - 60)
        return None

    def _page(self, deadline: datetime, path: str, asked: dict[str, str], after: str) -> Page:
        query = asked | {"limit": str(PAGE), "raw_json": "1"} | ({"after": after} if after else {})
        fetched = self._requester.get(
            f"{API}{path}?{urlencode(query)}",
            deadline=deadline,
            accept="application/json",
            headers={"Authorization": f"Bearer {self._token}"},
        )
        if not fetched.is_ok:
            return Page(outcome=_outcome(fetched.outcome, path))
        return read_listing(fetched.content, fetched_at=fetched.fetched_at)


def _outcome(outcome: FetchOutcome, path: str) -> FetchOutcome:
    # One closed subreddit says nothing of the others.
    if outcome.detail == "http_403" and path.startswith("/r/"):
        return replace(outcome, kind=FetchKind.NOT_PUBLIC)
    return outcome
