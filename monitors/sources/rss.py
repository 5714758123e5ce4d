"""RSS, Atom and JSON feeds the operator named: news, blogs, forums, search-engine alerts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from monitors.records import Cursor, Delta, Query
from monitors.sources.abilities import Abilities
from monitors.sources.feed_reader import Address, read_feeds
from monitors.sources.requester import Requester

NAME = "rss"
ABILITIES = Abilities(canary=Query(), unseen=("feeds_only",))


class RssSource:
    """Feeds, one after the other. Asked for whole, whatever the plan says: what is in them is matched here.

    The cursor holds no address and no id as it is written: an address may be a search for her name.
    """

    def __init__(self, feeds: Sequence[str], requester: Requester) -> None:
        self._addresses = tuple(
            Address(url=url, part=f"feed-{number}", key=sha256(url.encode()).hexdigest()[:16])
            for number, url in enumerate(dict.fromkeys(feeds), start=1)
        )
        self._requester = requester

    @property
    def name(self) -> str:
        """All feeds are one source; each is a part of it, ``feed-1`` the first in the settings."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002 - a feed is read whole, whatever is asked
        """Give each feed's new and changed entries, the oldest first."""
        yield from read_feeds(NAME, self._addresses, self._requester, cursor, deadline)
