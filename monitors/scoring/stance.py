"""Which side the writer stands on, and when a post about a harm is kept out of her mail because of it."""

from typing import Final

from monitors.records import Category, Stance

NEVER_MUTED: Final = frozenset({Category.THREAT, Category.DOXXING, Category.SEXUAL_IMAGERY})
"""Even a report of one of these is told: she has to know that it is out there."""

WITHOUT_STANCE: Final = frozenset({Category.DISCLOSURE})
"""One's own account has no side to take."""


def is_muted(category: Category, *, is_found: bool, other_side: float, mute_at: float) -> bool:
    """Whether a found category is told by one line of the digest only.

    ``other_side`` is the probability that the writer does not spread; ``mute_at`` comes with the heads, chosen so
    that at most 2 % of posts that do spread are muted.
    """
    return is_found and category not in NEVER_MUTED | WITHOUT_STANCE and other_side >= mute_at


def clearest(probabilities: dict[Stance, float]) -> tuple[Stance, float]:
    """The most probable stance with its probability."""
    return max(probabilities.items(), key=lambda item: item[1])
