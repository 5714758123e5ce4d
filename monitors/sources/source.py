"""What every source is."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from monitors.records import Cursor, Delta, Query


class Source(Protocol):
    """Reads public posts of one platform, for everyone at once: it never sees a profile."""

    @property
    def name(self) -> str:
        """Stable id: the prefix of its posts' ids and the key of its cursor."""
        ...

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Yield what is new since ``cursor``, oldest first, until caught up with the start or past ``deadline``.

        Each delta's cursor may be stored as soon as its posts are. Nothing is raised for what a platform or the
        network does: a failed fetch is a delta without posts, with the old cursor and a typed outcome.
        """
        ...
