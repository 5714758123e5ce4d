"""What verdicts teach: how far a profile's thresholds are moved, within limits, and never what is urgent away from her.

Nothing is stored: shifts are worked out from the verdicts that stand, so that taking one back takes its effect back.
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
"""No shifted threshold lies outside, so that no category tells everything or nothing."""
MOST_VERDICTS: Final = 200
"""The latest of them count."""

Shifts = Mapping[Category, float]
"""What is added to the threshold of a category; who is not in it stays as it is."""


def learn(judged: Iterable[tuple[Hit, bool]]) -> Shifts:
    """What hits with their verdicts (True: harmful) teach of the thresholds of their profile."""
    steps = dict.fromkeys(Category, 0)
    for hit, is_harmful in judged:
        for category in _concerned(hit.scores):
            steps[category] += -1 if is_harmful else 1
    bounded = {category: _bounded(category, count * STEP) for category, count in steps.items()}
    return {category: shift for category, shift in bounded.items() if shift}


def shifted(threshold: float, category: Category, shifts: Shifts) -> float:
    """The threshold of a category for this profile."""
    shift = shifts.get(category, 0.0)
    return min(max(threshold + shift, LOWEST), HIGHEST) if shift else threshold


def _concerned(scores: Sequence[Score]) -> list[Category]:
    """What she was told of; where nothing was found, what came nearest to it."""
    alerting = [score for score in scores if OF_CATEGORY[score.category] is not Severity.NONE]
    found = [score.category for score in alerting if score.is_found]
    nearest = max(alerting, key=lambda score: score.probability, default=None)
    return found or ([nearest.category] if nearest else [])


def _bounded(category: Category, shift: float) -> float:
    """Within the limits; a category of the urgent tier may be told sooner, never later."""
    highest = 0.0 if OF_CATEGORY[category] is Severity.URGENT else MOST
    return round(min(max(shift, -MOST), highest), 4)
