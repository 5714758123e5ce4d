"""Numbers about readings: F1 over categories, its interval, calibration, shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.records import Category, Score
from monitors.scoring.corpus import Example
from monitors.scoring.scorer import Reading
from monitors.scoring.workshop.fitting import f1

ALERTING: Final = tuple(category for category in Category if category is not Category.DISCLOSURE)
_DRAWS: Final = 1000
_SEED: Final = 20261123
_BINS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Examples with their readings, in one order."""

    examples: tuple[Example, ...]
    readings: tuple[Reading, ...]

    def __len__(self) -> int:
        """How many posts."""
        return len(self.examples)

    def where(self, keep: Sequence[bool]) -> "Judged":
        """Those that are to be kept."""
        rows = [row for row, kept in enumerate(keep) if kept]
        return Judged(
            examples=tuple(self.examples[row] for row in rows), readings=tuple(self.readings[row] for row in rows)
        )

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """One row a post, one column a category: what the post concerns."""
        return np.array([[category in example.categories for category in Category] for example in self.examples])

    @property
    def found(self) -> NDArray[np.bool_]:
        """The same: what was said of it."""
        return np.array([[category in reading.labels for category in Category] for reading in self.readings])


def macro_f1(wanted: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Mean F1 over the categories that occur."""
    columns = np.flatnonzero(wanted.any(axis=0))
    return float(np.mean([f1(wanted[:, column], found[:, column]) for column in columns])) if len(columns) else 0.0


def interval(judged: Judged) -> tuple[float, float]:
    """95 % of 1,000 bootstrap draws of families lie within: posts of one family err together."""
    random = np.random.default_rng(_SEED)
    names = sorted({example.family for example in judged.examples})
    rows = [np.flatnonzero([example.family == name for example in judged.examples]) for name in names]
    wanted, found = judged.wanted, judged.found
    draws = []
    for _ in range(_DRAWS):
        drawn = np.concatenate([rows[place] for place in random.integers(0, len(rows), len(rows))])
        draws.append(macro_f1(wanted[drawn], found[drawn]))
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def calibration_error(judged: Judged) -> float:
    """Expected calibration error over all category probabilities, in ten bins of equally many."""
    probabilities = np.array([[score.probability for score in reading.scores] for reading in judged.readings]).ravel()
    labels = judged.wanted.ravel()
    order = np.argsort(probabilities)
    bins = np.array_split(order, _BINS)
    return float(sum(len(part) * abs(probabilities[part].mean() - labels[part].mean()) for part in bins) / len(order))


def found_in(reading: Reading) -> list[Score]:
    """Scores of alerting categories that were found."""
    labels = set(reading.labels)
    return [score for score in reading.scores if score.category in labels and score.category in ALERTING]


def alerts(reading: Reading) -> bool:
    """Whether she would be told."""
    return any(not score.muted for score in found_in(reading))


def share(part: int, whole: int) -> str:
    """``3 (1.5%)``."""
    return f"{part} ({part / max(whole, 1):.1%})"
