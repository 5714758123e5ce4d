"""How close two hashes must be, and what is said then. Every threshold of the hash stage stands here."""

from dataclasses import dataclass
from typing import Final

from monitors.records import Method

ALERT_SCORE: Final = 0.8
"""From this score on a picture speaks for itself; below it a person should look first."""


# open_nsfw's authors: over 0.8 very probably sexual, below 0.2 very probably not. On 78 neutral pictures at hand the
# highest score is in docs/evaluation.md#pictures.
IS_SEXUAL: Final = 0.8
"""From here on a picture makes a hit more urgent."""
MAY_BE_SEXUAL: Final = 0.2
"""From here on the minor rule keeps no byte of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """How one kind of hash is judged. Immutable, and given to each comparison, never looked up behind its back."""

    method: Method
    bits: int
    review: int
    """The largest distance that is worth a person's look."""
    alert: int | None
    """The largest distance that speaks for itself; None: this hash never does."""

    def score(self, distance: int, *, is_plain: bool = False) -> float:
        """Give 1 for the same hash, 0.8 or more up to ``alert``; a plain picture stays just below 0.8."""
        if self.alert is None:
            return round(0.6 - 0.1 * distance / max(self.review, 1), 4)
        score = 1 - (1 - ALERT_SCORE) * distance / self.alert
        return round(min(score, ALERT_SCORE - 0.01) if is_plain else score, 4)


# PDQ 31 of 256 and quality 50: Meta's own recommendation (ThreatExchange, pdq/README.md). 52 is the distance at which
# HMA's second tier asks a person. Measured here 2026-10: see docs/evaluation.md#pictures.
PDQ_CLOSENESS: Final = Closeness(method=Method.PDQ, bits=256, review=52, alert=31)
MIN_QUALITY: Final = 50
# A wall, a sky without a cloud: all of them have nearly one hash (2026-11-23: 18 to 33 bits apart), so they have none.
BLANK_QUALITY: Final = 10
# Crops and parts: 2,000 comparisons a pair. In 2.5 million pairs that are no copies the closest was 34 (2026-11-23).
WINDOW_CLOSENESS: Final = Closeness(method=Method.WINDOW, bits=256, review=31, alert=31)
# 6 of 64: of 2.5 million pairs that are no copies the closest was 8 (2026-11-23), a 5 % crop is 12 already (peers.md §5);
# the hash is short, so it only ever asks for a look.
PHASH_CLOSENESS: Final = Closeness(method=Method.PHASH, bits=64, review=6, alert=None)

# A hash that asks for a look is dropped where photo and picture have so many details and these prove no copy.
DETAILS_TO_TELL: Final = 100
# Details of a partial copy that lie alike. The most seen in pairs that are no copies was 5: docs/evaluation.md#pictures.
DETAILS_REVIEW: Final = 6
DETAILS_ALERT: Final = 9


def score_details(agreeing: int) -> float:
    """Give 0.8 at ``DETAILS_ALERT`` details that lie alike, and towards 1 the more there are."""
    return round(max(0.0, 1 - (1 - ALERT_SCORE) * DETAILS_ALERT / max(agreeing, 1)), 4)
