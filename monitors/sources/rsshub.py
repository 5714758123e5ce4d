"""Bilibili, Zhihu, Douban, Xiaohongshu, Douyin, Tieba: through an RSSHub that the operator runs herself.

RSSHub (AGPL-3.0, https://docs.rsshub.app) makes feeds of what those platforms show; which cookies it needs is its own
business, and so are the platforms' terms. A route is what follows its address; ``{word}`` in one stands for each word of
the plan, one request each.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote, urlsplit

from monitors.records import Cursor, Delta, Query
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.feed_reader import Address, read_feeds
from monitors.sources.requester import Requester
from monitors.sources.timelines import Mac

NAME = "rsshub"
WORD = "{word}"
ABILITIES = Abilities(
    asks=frozenset({Asks.WORDS}),
    is_exact=False,
    longest_query=30,
    queries_per_run=20,
    unseen=("rsshub_routes",),
)
_PLAIN = re.compile(r"[a-z0-9-]+")


def own_host(base: str) -> str:
    """Give ``host:port`` of the operator's RSSHub: the guard lets her requester through to it, private or not."""
    parts = urlsplit(base)
    return f"{parts.hostname}:{parts.port or {'http': 80, 'https': 443}.get(parts.scheme, 0)}"


class RsshubSource:
    """Routes of one RSSHub. What it answers with an error of its own (503, a page of HTML) is broken, never empty."""

    def __init__(self, base: str, routes: Sequence[str], requester: Requester, *, mac: Mac) -> None:
        self._base, self._routes, self._requester, self._mac = base.rstrip("/"), tuple(routes), requester, mac

    @property
    def name(self) -> str:
        """One RSSHub is one source; each route is a part of it."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give each route's new and changed entries, the oldest first."""
        if not self._base:
            return
        words = tuple(dict.fromkeys(word for query in plan for word in query.words))
        addresses = [self._address(route, word) for route in self._routes for word in self._fill(route, words)]
        yield from read_feeds(NAME, addresses, self._requester, cursor, deadline, remembers_others=True)

    def _fill(self, route: str, words: Sequence[str]) -> Sequence[str]:
        return words if WORD in route else ("",)

    def _address(self, route: str, word: str) -> Address:
        path = f"/{route.lstrip('/')}".replace(WORD, quote(word, safe=""))
        key = self._mac(f"rsshub {path}")[:24]
        # The platform's name may stand in a log, what is asked of it may not.
        platform = next(iter(_PLAIN.findall(route)), "route")
        return Address(url=f"{self._base}{path}", part=f"{platform}-{key[:8]}", key=key)
