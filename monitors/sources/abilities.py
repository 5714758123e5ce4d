"""What a platform can be asked: each source says it once, the planner keeps to it.

A source whose platform searches gets a plan in which **each ``Query`` is one request**: its ``words`` are
alternatives, written by ``Abilities.write``. A source that asks for tags, handles or channels finds each of them in
a query of its own too. A source that cannot be asked for anything (a feed, a stream) gets everything in one query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from monitors.records import Query


class Asks(StrEnum):
    """What a request may name; the values are the fields of ``Query``."""

    WORDS = "words"
    HANDLES = "handles"
    TAGS = "tags"
    CHANNELS = "channels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What one platform takes, and how much of it is polite.

    ``unseen`` are ids of what cannot be seen there even so: ``sources plan`` says them in words
    (``sources.unseen.<id>`` in the catalogue).
    """

    asks: frozenset[Asks] = frozenset()
    words_per_query: int = 1
    """How many alternatives one request may hold; 1 where the platform knows no OR."""
    longest_query: int = 100
    """Code points of the whole written query."""
    joined_by: str = " OR "
    is_exact: bool = True
    """Whether a phrase in quotes is searched as it stands; where not, words go without quotes."""
    finds_parts: bool = True
    """Whether a search for a word also finds longer ones around it: then the longer ones are not asked for."""
    queries_per_run: int = 30
    """Requests of one run; who comes too short is asked for first the next time."""
    first_rest: timedelta = timedelta(hours=1)
    """How long a term rests first that yielded nothing a few times in a row; each time after that twice as long."""
    at_most: timedelta = timedelta(days=1)
    """How long a term rests that never yielded anything."""
    canary: Query | None = None
    """What always finds something there (a query, or an empty one where everything is read): it tells a source that
    found nothing from one that broke without saying so. None where asking costs the operator money."""
    unseen: tuple[str, ...] = ()

    def write(self, words: Sequence[str]) -> str:
        """Write one query's words the way the platform reads them."""
        return self.joined_by.join(f'"{_unquoted(word)}"' if self.is_exact else word for word in words)


def _unquoted(word: str) -> str:
    return word.replace('"', " ").strip()
