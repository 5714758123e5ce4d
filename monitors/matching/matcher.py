"""What every matcher is."""

from collections.abc import Sequence
from typing import Protocol

from monitors.records import Match, Post


class Matcher(Protocol):
    """Compares posts with the profiles it was built from. Pure: it fetches and writes nothing."""

    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        """Give, for each post in order, every match found, the strongest of each profile first."""
        ...
