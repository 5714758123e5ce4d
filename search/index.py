"""What every search store is. It is never the only copy: the ledger can rebuild it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitors.errors import MonitorError

MOST = 1000
"""Documents on one page, at most: a larger ``limit`` gives this many and the ``next`` of the rest."""


class StoreUnavailableError(MonitorError):
    """The store cannot be reached or is busy; the same call may succeed later. Names no address."""


class RefusedDocumentsError(MonitorError):
    """The store refused some documents for good; every other one of the same call is stored."""

    def __init__(self, hit_ids: Sequence[str], *, reason: str) -> None:
        super().__init__(f"{len(hit_ids)} documents were refused by the index: {reason}")
        self.hit_ids = tuple(hit_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A hit as a search store may know it: public text, facets, numbers.

    Not in it: her names, what was looked for, what was found, reasons, the writer's name or the post's address
    (docs/threat-model.md says what a copy of the index reveals). ``author`` is a pseudonym keyed per profile.
    """

    hit_id: str
    profile_id: str
    text: str
    source: str
    author: str
    method: str
    match_score: float
    categories: tuple[str, ...]
    probability: float | None
    """Of the first category; None when the text could not be scored, which is not zero."""
    severity: str
    stance: str | None
    muted: bool
    model: str | None
    has_media: bool
    lang: str | None
    published_at: datetime | None
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for; a document must meet every condition.

    ``words`` are phrases parted by spaces, or by quotation marks where a phrase has spaces itself; all must occur,
    however they are written (search/words.py). Blank words find everything; words without a letter, digit or emoji
    find nothing. ``limit`` is taken as 0 to ``MOST``.
    """

    words: str = ""
    profile_id: str | None = None
    category: str | None = None
    severity: str | None = None
    since: datetime | None = None
    limit: int = 50
    after: str | None = None
    """The ``next`` of the page before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page, newest found first; ``highlights`` holds ``[start, end)`` spans of each document's text.

    ``total`` counts every document that meets the search, on this page or not.
    """

    documents: tuple[Document, ...]
    highlights: tuple[tuple[tuple[int, int], ...], ...]
    total: int
    next: str | None = None


class Index(Protocol):
    """A search store. Every call may be repeated; what was put is found by the time ``put`` returns.

    Every call may raise StoreUnavailableError (later it may work) or StopRun (somebody must act: ``advice``).
    """

    def put(self, documents: Sequence[Document]) -> None:
        """Store documents, each replacing the one of the same hit.

        Raises RefusedDocumentsError once all others are stored.
        """
        ...

    def delete(self, hit_ids: Sequence[str]) -> None:
        """Forget these hits; unknown ids are no error."""
        ...

    def delete_profile(self, profile_id: str) -> None:
        """Forget everything of this profile, down to the bytes on disk."""
        ...

    def find(self, search: Search) -> Found:
        """Give one page of documents, newest first. Raises BadInputError for an ``after`` that is no ``next``."""
        ...

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Replace the whole store by these documents without a moment of emptiness; give their number.

        Where it fails, or ``documents`` raises, the store stays as it was.
        """
        ...

    def check(self) -> list[str]:
        """Name what is wrong with the store, as short ids; empty when it is well."""
        ...
