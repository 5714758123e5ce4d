"""X by the official API v2, recent search, with the operator's own bearer token; off until she gives one.

X charges for every post that is read: a month's number of posts is a cap that nothing here goes past. Only the last
seven days can be searched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Query
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.budgets import Budget, Period
from monitors.sources.requester import Requester
from monitors.sources.timelines import Mac, Page, Reach, Timelines, Wanted
from monitors.sources.x_posts import NAME, count_of, read_search, written_at

ADDRESS = "https://api.x.com/2/tweets/search/recent"
LEAST, MOST = 10, 100
"""Posts a request may ask for."""
LOOK_BACK = timedelta(days=6, hours=23)
"""The API refuses to look further back than seven days."""
REACH = Reach(first=1, back=20, run=5)
NO_REPOSTS = " -is:retweet"
"""A repost brings no new words and costs as much as a post."""
ABILITIES = Abilities(
    asks=frozenset({Asks.WORDS, Asks.HANDLES}),
    words_per_query=25,
    longest_query=512 - len(NO_REPOSTS) - 2,
    queries_per_run=20,
    first_rest=timedelta(hours=2),
    unseen=("x_older", "x_protected"),
)
_FIELDS = {
    "tweet.fields": "created_at,author_id,lang,entities,attachments,referenced_tweets,note_tweet",
    "expansions": "author_id,attachments.media_keys,referenced_tweets.id",
    "user.fields": "username,name",
    "media.fields": "url,preview_image_url,type,variants",
    "sort_order": "recency",
}


class XSource:
    """Words and handles of the plan, each query one request; ``posts_a_month`` is what may be paid for."""

    def __init__(self, bearer: str, posts_a_month: int, requester: Requester, *, mac: Mac) -> None:
        self._bearer, self._requester, self._mac = bearer, requester, mac
        self._cap = Budget(name=f"{NAME}-posts", most=posts_a_month, period=Period.MONTH)

    @property
    def name(self) -> str:
        """All of X is one source; each query is a part of it."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give what is new for each query, the oldest first."""
        if not self._bearer:
            outcome = FetchOutcome(kind=FetchKind.LOGIN_NEEDED, detail="no_credentials")
            yield Delta(posts=(), cursor=cursor, outcome=outcome)
            return
        timelines = Timelines(NAME, cursor, self._mac)
        wanted = []
        for query in plan:
            words = _words(query)
            if words:
                one = Wanted(kind="query", name=ABILITIES.write(words), ask=_nothing, reach=REACH, words=words)
                ask = partial(self._page, deadline, f"({one.name})", timelines.newest(one))
                wanted.append(replace(one, ask=ask))
        yield from timelines.round(wanted)

    def _page(self, deadline: datetime, written: str, since: int, token: str) -> Page:
        size = min(MOST, self._requester.budgets.left(self._cap))
        if size < LEAST or not self._requester.budgets.take(self._cap, size):
            again_at = self._requester.budgets.full_again(self._cap)
            return Page(outcome=FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail="spend_cap", retry_at=again_at))
        asked = {"query": written + NO_REPOSTS, "max_results": str(size)} | _FIELDS | self._from(since, token)
        fetched = self._requester.get(
            f"{ADDRESS}?{urlencode(asked)}",
            deadline=deadline,
            accept="application/json",
            headers={"Authorization": f"Bearer {self._bearer}"},
        )
        # Set aside first and given back after: a run that is killed between has paid too much and never too little.
        self._requester.budgets.give_back(self._cap, size - min(size, count_of(fetched.content)))
        if not fetched.is_ok:
            return Page(outcome=_outcome(fetched.outcome))
        page = read_search(fetched.content, fetched_at=fetched.fetched_at)
        # The next page is asked for with the same beginning as this one, also in another run.
        began = token.partition(" ")[0] if token else str(since)
        return replace(page, onward=f"{began} {page.onward}" if page.onward else "")

    def _from(self, since: int, token: str) -> dict[str, str]:
        began, _, next_token = token.partition(" ")
        start = int(began) if token else since
        asked = {"next_token": next_token} if next_token else {}
        earliest = self._requester.clock.now() - LOOK_BACK
        if start and written_at(start) > earliest:
            return asked | {"since_id": str(start)}
        return asked | {"start_time": earliest.strftime("%Y-%m-%dT%H:%M:00Z")}


def _words(query: Query) -> tuple[str, ...]:
    handles = (handle.lstrip("@") for handle in query.handles)
    return (*query.words, *(f"@{handle}" for handle in handles if "@" not in handle))


def _nothing(_before: str) -> Page:
    return Page(outcome=FetchOutcome(kind=FetchKind.EMPTY))


def _outcome(outcome: FetchOutcome) -> FetchOutcome:
    if outcome.detail == "http_402":
        return replace(outcome, kind=FetchKind.BUDGET_SPENT)  # the operator's own credits are used up
    return outcome
