"""Bluesky: the stream of every post (Jetstream), and the past of a new name by search where there is an account.

Off until chosen: a stream brings everybody's posts to this machine. What matched nobody stays in the spool for as
long as any other unmatched post, and nowhere else.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Query
from monitors.settings import Settings
from monitors.sources import bluesky_posts
from monitors.sources.abilities import Abilities
from monitors.sources.bluesky_posts import Places
from monitors.sources.bluesky_search import Account, Search, SearchError
from monitors.sources.bluesky_stream import Mark, Stream
from monitors.sources.bluesky_wanted import wanted_by
from monitors.sources.jetstream import MOST_BYTES
from monitors.sources.requester import Requester
from monitors.sources.sockets import Receive, open_line

NAME = bluesky_posts.NAME
MOST_SEARCHES = 20
"""New words whose past is searched in one run: a page or two each, at a request a second."""
ABILITIES = Abilities(
    canary=Query(),
    unseen=("bluesky_pictures", "bluesky_past", "closed_groups"),
)

Mac = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Which network is watched: its stream, where its pictures are, in which languages, and by which account."""

    stream: str
    languages: tuple[str, ...] = ("zh",)
    places: Places = field(default_factory=Places)
    account: Account | None = None


def network_of(settings: Settings) -> Network:
    """Give the network of the settings; it is searched only where an account and its password are given."""
    account = None
    if settings.bluesky_handle and settings.bluesky_password:
        secret = settings.bluesky_password.get_secret_value()
        service = settings.bluesky_service.rstrip("/")
        account = Account(handle=settings.bluesky_handle, password=secret, service=service)
    return Network(
        stream=settings.bluesky_stream,
        languages=settings.bluesky_languages,
        places=Places(pictures=settings.bluesky_pictures),
        account=account,
    )


class BlueskySource:
    """The stream from where it was left; before that, the past of words that are new."""

    def __init__(self, network: Network, requester: Requester, *, mac: Mac) -> None:
        self._network, self._requester, self._mac = network, requester, mac

    @property
    def name(self) -> str:
        """One source: the stream is one part of it, the search another, and what is missing (``hole``) a third."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give what was posted since the cursor, in the order in which the network saw it."""
        mark = Mark.read(cursor)
        stream = Stream(
            self._network.stream,
            mark,
            connect=partial(self._open, deadline),
            wanted=wanted_by(self._network.languages, plan),
            places=self._network.places,
            clock=self._requester.clock,
            deadline=deadline,
        )
        yield from stream.deltas()
        if self._network.account is not None and stream.has_place:
            yield from self._search_past(stream.mark, plan, self._network.account, deadline)

    def _open(self, deadline: datetime, url: str) -> AbstractContextManager[Receive]:
        return open_line(self._requester.door, url, deadline=deadline, largest=MOST_BYTES + 10_000)

    def _search_past(self, mark: Mark, plan: Sequence[Query], account: Account, deadline: datetime) -> Iterator[Delta]:
        words = {self._mac(f"{NAME} {word}")[:16]: word for query in plan for word in (*query.words, *query.handles)}
        # What nobody asks for any more is forgotten, so that the cursor does not grow for ever.
        mark = replace(mark, filled=tuple(mac for mac in mark.filled if mac in words))
        new = [mac for mac in words if mac not in mark.filled]
        search = Search(account, self._requester, self._network.places, deadline=deadline)
        for mac in new[:MOST_SEARCHES]:
            try:
                found = search.find(words[mac])
            except SearchError as error:
                yield Delta(posts=(), cursor=None, outcome=error.outcome)
                return
            mark = replace(mark, filled=(*mark.filled, mac))
            yield replace(found, cursor=mark.cursor())
        if len(new) > MOST_SEARCHES:
            waiting = FetchOutcome(
                kind=FetchKind.BUDGET_SPENT, detail=f"waiting={len(new) - MOST_SEARCHES}", part="search"
            )
            yield Delta(posts=(), cursor=None, outcome=waiting)
