"""Logistic regression, its calibration and its thresholds: the numbers of a head from vectors and labels."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.heads import Floats, sigmoid

_LEAST_THRESHOLD: Final = 0.3
_MOST_THRESHOLD: Final = 0.9
"""A threshold outside says more about the few posts it was chosen on than about the next; only false alarms raise it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What turns a margin into a probability (Platt), and the probability from which on it counts."""

    slope: float
    offset: float
    threshold: float

    def probabilities(self, margins: NDArray[Any]) -> NDArray[np.float64]:
        """Calibrated."""
        return sigmoid(margins * self.slope + self.offset)


def fit(
    vectors: Floats, labels: NDArray[np.bool_], weights: NDArray[np.float64], *, strength: float
) -> tuple[Floats, float]:
    """Weights and bias of a head; yes and no weigh the same in sum. ``strength`` is the inverse of regularisation."""
    model = _regress(vectors, labels, _balanced(labels, weights), strength)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def calibrate(
    margins: NDArray[Any],
    labels: NDArray[np.bool_],
    *,
    harmless: NDArray[Any],
    false_alarms: float,
    recall_counts: float = 1.0,
) -> Calibration:
    """Calibration on posts that the head has not seen, with the threshold of highest F.

    At most the share ``false_alarms`` of ``harmless`` margins may pass the threshold. ``recall_counts`` is the beta
    of F: how many times as much a missed post weighs as a needless one.
    """
    platt = _regress(margins[:, None], labels, np.ones(len(labels)), 10.0)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    probabilities = sigmoid(margins * slope + offset)
    passing = sigmoid(harmless * slope + offset)
    floor = float(np.nextafter(np.quantile(passing, 1 - false_alarms, method="higher"), 2)) if len(passing) else 0.0
    lowest = max(floor, _LEAST_THRESHOLD)
    candidates = np.linspace(lowest, max(lowest, _MOST_THRESHOLD), 101)
    scores = np.array([f_score(labels, probabilities >= threshold, recall_counts) for threshold in candidates])
    # Of equally good thresholds the middle one: its neighbours on both sides are good too.
    best = np.flatnonzero(scores == scores.max())
    return Calibration(slope=slope, offset=offset, threshold=float(candidates[best[len(best) // 2]]))


def mute_threshold(other_side: NDArray[np.float64], spreads: NDArray[np.bool_], *, at_most: float) -> float:
    """The lowest threshold at which at most this share of posts that spread would be muted."""
    allowed = int(at_most * int(spreads.sum()))
    highest = np.sort(other_side[spreads])[::-1]
    return float(np.clip(np.nextafter(highest[allowed], 2), 0.5, 0.999))


def f1(labels: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall; 0 when nothing was found."""
    return f_score(labels, found, 1.0)


def f_score(labels: NDArray[np.bool_], found: NDArray[np.bool_], beta: float) -> float:
    """F with recall weighed ``beta`` times; 0 when nothing was found."""
    both = int((labels & found).sum())
    squared = beta * beta
    return (1 + squared) * both / max(squared * int(labels.sum()) + int(found.sum()), 1)


def _balanced(labels: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    yes, no = weights[labels].sum(), weights[~labels].sum()
    half = (yes + no) / 2
    return np.asarray(np.where(labels, weights * half / yes, weights * half / no))


def _regress(vectors: NDArray[Any], labels: NDArray[Any], weights: NDArray[np.float64], strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=2000).fit(vectors, labels, sample_weight=weights)
