"""Weibo by keyword, hashtag and user, with the operator's own cookie; off until she gives one.

Asked at m.weibo.cn as its own pages ask. A search shows at most so many pages: where one reaches that cap, the search
goes on in a slice of time that ends at the oldest post seen. A long post's whole text is asked for once.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Post, Query
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.dates import CHINA, EARLIEST
from monitors.sources.json_parts import mapping, plain, read_json
from monitors.sources.requester import Fetched, Requester
from monitors.sources.timelines import TOO_FAR, Entry, Mac, Page, Reach, Timelines, Wanted, changed
from monitors.sources.weibo_posts import NAME, PLACE, SITE, is_cut_short, read_cards, read_mblog, said_by

HOST = "m.weibo.cn"
INTERVAL = timedelta(seconds=20)
"""Between two requests: other crawlers' users report 20 to 30 seconds an account (SpiderClub/weibospider#81)."""
MOST_PAGES = 50
"""Of one search; what lies behind is not shown (SpiderClub/weibospider#214)."""
MOST_LONG = 10
"""Long posts that are completed in one run: each is a request, and a request is twenty seconds."""
REACH = Reach(first=3, back=3 * MOST_PAGES, run=10)
LATEST = "100103type=61&q="
"""A search's container for the latest posts; ``type=1`` mixes them with what is popular."""
ABILITIES = Abilities(
    asks=frozenset({Asks.WORDS, Asks.TAGS, Asks.HANDLES}),
    longest_query=30,
    is_exact=False,
    queries_per_run=20,
    first_rest=timedelta(hours=2),
    canary=Query(words=("天气",)),
    unseen=("weibo_comments", "weibo_filtered"),
)
_SLICE = re.compile(r"(?:until=(\d{4}-\d{2}-\d{2}-\d{2});)?(?:page=(\d+))?")


@dataclass(slots=True)
class _Run:
    deadline: datetime
    completed: int = 0
    short: int = 0
    """Long posts of which only the beginning was seen."""


class WeiboSource:
    """Words, tags and mentions of the plan's handles, and users by their number from the settings."""

    def __init__(self, cookie: str, users: Sequence[str], requester: Requester, *, mac: Mac) -> None:
        self._users, self._requester, self._mac = tuple(users), requester, mac
        self._headers = {"Cookie": cookie, "Referer": f"{SITE}/", "X-Requested-With": "XMLHttpRequest"}
        requester.slow_down(HOST, INTERVAL)

    @property
    def name(self) -> str:
        """All of Weibo is one source; each word, tag and user is a part of it."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give what is new for each word, tag and user, the oldest first."""
        if not self._headers["Cookie"]:
            outcome = FetchOutcome(kind=FetchKind.LOGIN_NEEDED, detail="no_credentials")
            yield Delta(posts=(), cursor=cursor, outcome=outcome)
            return
        run = _Run(deadline)
        words = [
            *(word for query in plan for word in query.words),
            *(f"#{tag}#" for query in plan for tag in query.tags),
            # Who is spoken to or of: "name@server" is another platform's.
            *(f"@{handle.lstrip('@')}" for query in plan for handle in query.handles if "@" not in handle.lstrip("@")),
        ]
        wanted = [self._wanted(run, "word", word, self._found) for word in dict.fromkeys(words)]
        users = dict.fromkeys(user for user in self._users if user.isdecimal())
        wanted += [self._wanted(run, "user", user, self._written) for user in users]
        timelines = Timelines(NAME, cursor, self._mac)
        yield from timelines.round(wanted)
        if run.short:
            outcome = FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail=f"cut_short={run.short}")
            yield Delta(posts=(), cursor=timelines.cursor, outcome=outcome)

    def _wanted(self, run: _Run, kind: str, name: str, ask: Callable[[_Run, str, str], Page]) -> Wanted:
        finish = partial(self._whole, run)
        return Wanted(kind=kind, name=name, ask=partial(ask, run, name), reach=REACH, finish=finish)

    def _found(self, run: _Run, word: str, token: str) -> Page:
        if token == TOO_FAR:
            return Page(outcome=FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail=TOO_FAR))
        until, number = _read_token(token)
        slice_ = f"&timescope=custom:{EARLIEST:%Y-%m-%d}-00:{until}" if until else ""
        asked = {"containerid": f"{LATEST}{word}{slice_}", "page_type": "searchall", "page": str(number)}
        page, fetched = self._cards(run, asked)
        if page.outcome.kind is not FetchKind.OK or not _has_more(fetched):
            return page
        if until and number == 1 and not any(_is_before(entry, until) for entry in page.entries):
            # The slice was not understood: what we get is the newest again.
            return Page(outcome=FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail=TOO_FAR))
        return replace(page, onward=_next_token(page, until, number), may_repeat=bool(until))

    def _written(self, run: _Run, user: str, token: str) -> Page:
        asked = {"type": "uid", "value": user, "containerid": f"107603{user}"}
        page, fetched = self._cards(run, asked | ({"since_id": token} if token else {}))
        onward = plain(_list_info(fetched).get("since_id"))
        return replace(page, onward="" if onward in {token, "0"} else onward)

    def _cards(self, run: _Run, asked: dict[str, str]) -> tuple[Page, Fetched]:
        fetched = self._get(run, "/api/container/getIndex", asked)
        outcome = said_by(fetched.content, fetched.media_type) if fetched.is_ok else fetched.outcome
        if outcome.kind is FetchKind.SCHEMA_CHANGED:
            return changed(fetched.content, place=PLACE, detail=outcome.detail), fetched
        if outcome.kind is not FetchKind.OK:
            return Page(outcome=outcome), fetched
        return read_cards(fetched.content, fetched_at=fetched.fetched_at), fetched

    def _whole(self, run: _Run, entry: Entry) -> Entry:
        """Complete a long post; one that is gone meanwhile, or past the count, stays as short as it came."""
        if entry.raw is None or not isinstance(entry.item, Post) or not is_cut_short(entry.raw.content):
            return entry
        if run.completed == MOST_LONG:
            run.short += 1
            return entry
        run.completed += 1
        fetched = self._get(run, "/statuses/show", {"id": entry.item.url.rpartition("/")[2]})
        if not fetched.is_ok or said_by(fetched.content, fetched.media_type).kind is not FetchKind.OK:
            return entry
        whole = read_mblog(
            mapping(read_json(fetched.content)).get("data"), fetched.content, fetched_at=fetched.fetched_at
        )
        return whole if isinstance(whole, Entry) and whole.key == entry.key else entry

    def _get(self, run: _Run, path: str, asked: dict[str, str]) -> Fetched:
        return self._requester.get(
            f"{SITE}{path}?{urlencode(asked)}",
            deadline=run.deadline,
            accept="application/json, text/plain, */*",
            headers=self._headers,
        )


def _list_info(fetched: Fetched) -> dict[str, object]:
    try:
        return dict(mapping(mapping(mapping(read_json(fetched.content)).get("data")).get("cardlistInfo")))
    except ValueError:
        return {}


def _has_more(fetched: Fetched) -> bool:
    return bool(_list_info(fetched).get("page"))


def _read_token(token: str) -> tuple[str, int]:
    found = _SLICE.fullmatch(token)
    return (found[1] or "", int(found[2] or 1)) if found else ("", 1)


def _next_token(page: Page, until: str, number: int) -> str:
    if number < MOST_PAGES:
        return (f"until={until};" if until else "") + f"page={number + 1}"
    times = [
        entry.item.published_at for entry in page.entries if isinstance(entry.item, Post) and entry.item.published_at
    ]
    # To the end of the hour of the oldest: slices are of whole hours, and what is read twice is dropped.
    earlier = _hour(min(times) + timedelta(hours=1)) if times else until
    return f"until={earlier};page=1" if earlier and (not until or earlier < until) else TOO_FAR


def _is_before(entry: Entry, until: str) -> bool:
    written = entry.item.published_at if isinstance(entry.item, Post) else None
    return written is not None and _hour(written) <= until


def _hour(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d-%H")
