"""What verdicts teach: how far a profile's thresholds are moved, within limits, and never what is urgent away from her.

Nothing is stored: shifts are worked out from the verdicts that stand, in their order, so that one taken back is as if never said.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from monitors.records import Category, Hit, Score, Severity
from monitors.scoring.severity import OF_CATEGORY

STEP: Final = 0.02
"""How much one verdict moves a threshold: one slip of the finger must not be seen."""
MOST: Final = 0.1
"""No number of verdicts moves a threshold further, in either direction."""
LOWEST, HIGHEST = 0.15, 0.95
"""No shift moves a threshold past them, so that no category tells everything or nothing."""
MOST_VERDICTS: Final = 200
"""The latest of them count."""

Shifts = Mapping[Category, float]
"""What is added to the threshold of a category; who is not in it stays as it is."""


def learn(judged: Iterable[tuple[Hit, bool]]) -> Shifts:
    """What hits with their verdicts (True: harmful), the latest last, teach of the thresholds of their profile."""
    shifts = dict.fromkeys(Category, 0.0)
    for hit, is_harmful in judged:
        for category in _concerned(hit.scores, is_harmful=is_harmful):
            # Bounded at each step: what goes beyond would delay whoever says the opposite.
            shifts[category] = _bounded(category, shifts[category] + (-STEP if is_harmful else STEP))
    return {category: shift for category, shift in shifts.items() if shift}


def shifted(threshold: float, category: Category, shifts: Shifts) -> float:
    """The threshold of a category for this profile, never moved against the shift where it lies outside the limits."""
    shift = shifts.get(category, 0.0)
    if shift < 0:
        return min(threshold, max(threshold + shift, LOWEST))
    return max(threshold, min(threshold + shift, HIGHEST))


def _concerned(scores: Sequence[Score], *, is_harmful: bool) -> list[Category]:
    """What she was told of; where that is nothing, what a missed harm came nearest to."""
    alerting = [score for score in scores if OF_CATEGORY[score.category] is not Severity.NONE]
    told = [score.category for score in alerting if score.is_found and not score.muted]
    if told or not is_harmful:
        return told
    nearest = max(alerting, key=lambda score: score.probability, default=None)
    return [nearest.category] if nearest else []


def _bounded(category: Category, shift: float) -> float:
    """Within the limits; a category of the urgent tier may be told sooner, never later."""
    highest = 0.0 if OF_CATEGORY[category] is Severity.URGENT else MOST
    return round(min(max(shift, -MOST), highest), 4)
