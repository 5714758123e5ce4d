"""Telegram's public channels, as ``t.me/s`` shows them to everyone: no account, no app, no closed group.

Each channel's newest page, and older ones back to what is known; and, once for each name, what the channel's own search
finds further back. Numbers that nobody can see any more are counted (``missing``). Searching all of Telegram needs an
account and is not done.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Query
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.requester import Named, Requester
from monitors.sources.timelines import Mac, Page, Reach, Timelines, Wanted
from monitors.sources.tme import NAME, SITE, read_channel

HOST = "t.me"
INTERVAL = timedelta(seconds=3)
"""Between two pages: the research page asks for two to five seconds (2026-11)."""
CHANNEL = Reach(is_numbered=True)
SEARCH = Reach(first=2, run=2)
ABILITIES = Abilities(
    asks=frozenset({Asks.WORDS}),
    queries_per_run=20,
    is_exact=False,
    canary=Query(channels=("telegram",)),
    unseen=("telegram_elsewhere", "closed_groups"),
)
_CHANNEL = re.compile(r"(?:https?://)?(?:t\.me/(?:s/)?|@)?([A-Za-z][A-Za-z0-9_]{3,31})/?")


class TelegramSource:
    """Channels by name, written ``news``, ``@news`` or ``https://t.me/news``; what is no channel's name is left out."""

    def __init__(self, channels: Sequence[str], requester: Requester, *, mac: Mac) -> None:
        self._channels, self._requester, self._mac = names_of(channels), requester, mac
        requester.slow_down(HOST, INTERVAL)

    @property
    def name(self) -> str:
        """All channels are one source; each is a part of it."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give what is new in each channel, the oldest first, then what its search finds of names new to it."""
        timelines = Timelines(NAME, cursor, self._mac)
        channels = [*self._channels, *names_of([channel for query in plan for channel in query.channels])]
        channels = list(dict.fromkeys(channels))
        words = dict.fromkeys(word for query in plan for word in query.words)
        wanted = [
            Wanted(kind="channel", name=channel, ask=partial(self._page, deadline, channel, ""), reach=CHANNEL)
            for channel in channels
        ]
        wanted += [
            Wanted(
                kind="search", name=f"{channel} {word}", ask=partial(self._page, deadline, channel, word), reach=SEARCH
            )
            for channel in channels
            for word in words
            # What is new later comes with the channel itself.
            if not timelines.is_known("search", f"{channel} {word}")
        ]
        yield from timelines.round(wanted)

    def _page(self, deadline: datetime, channel: str, word: str, before: str) -> Page:
        asked = {"q": word, "before": before}
        query = urlencode({name: value for name, value in asked.items() if value})
        address = f"{SITE}/s/{channel}" + (f"?{query}" if query else "")
        fetched = self._requester.get(address, deadline=deadline, named=Named.BY_CRAWLING, accept="text/html")
        if not fetched.is_ok:
            return Page(outcome=fetched.outcome)
        if not urlsplit(fetched.url).path.startswith("/s/"):
            # A channel that shows nothing to the web leads to its card.
            return Page(outcome=FetchOutcome(kind=FetchKind.NOT_PUBLIC, detail="no_preview"))
        page = read_channel(fetched.content, fetched_at=fetched.fetched_at, place=f"{NAME}:message")
        return replace(page, onward="") if before and page.onward == before else page


def names_of(written: Sequence[str]) -> tuple[str, ...]:
    """Give channels' names as t.me has them, each once; what is no name is left out."""
    found = (_CHANNEL.fullmatch(name.strip()) for name in written)
    return tuple(dict.fromkeys(name[1].lower() for name in found if name))
