"""Logistic regression, its calibration and its thresholds: the numbers of a head from vectors and labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.heads import Floats, sigmoid

_CLOSE_ENOUGH: Final = 1e-3
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bound:
    """Margins of harmless posts, and the share of them that may pass a threshold."""

    margins: NDArray[Any]
    at_most: float

    def least(self, probabilities: NDArray[np.float64]) -> float:
        """The lowest threshold that keeps to it."""
        if not len(probabilities):
            return 0.0
        return float(np.nextafter(np.quantile(probabilities, 1 - self.at_most, method="higher"), 2))


def fit(
    vectors: Floats, labels: NDArray[np.bool_], weights: NDArray[np.float64], *, strength: float
) -> tuple[Floats, float]:
    """Weights and bias of a head; yes and no weigh the same in sum. ``strength`` is the inverse of regularisation."""
    model = _regress(vectors, labels, _balanced(labels, weights), strength)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def fit_kinds(
    features: Any, kinds: NDArray[np.int64], weights: NDArray[np.float64], *, strength: float
) -> tuple[Floats, Floats]:
    """One row of weights and one bias a kind but the last, relative to the last, whose margin is then 0.

    Rare kinds weigh more than frequent ones, though not as much as all together.
    """
    model = _regress(features, kinds, _half_balanced(kinds, weights), strength)
    rows, bias = model.coef_, model.intercept_
    return (rows[:-1] - rows[-1]).astype(np.float32), (bias[:-1] - bias[-1]).astype(np.float32)


def calibrate(
    margins: NDArray[Any],
    labels: NDArray[np.bool_],
    *,
    bounds: Sequence[Bound] = (),
    recall_counts: float = 1.0,
) -> Calibration:
    """Calibration on posts that the head has not seen, with the threshold of highest F among those within ``bounds``.

    ``recall_counts`` is the beta of F: how many times as much a missed post weighs as a needless one.
    """
    platt = _regress(margins[:, None], labels, np.ones(len(labels)), 10.0)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    probabilities = sigmoid(margins * slope + offset)
    floors = (bound.least(sigmoid(bound.margins * slope + offset)) for bound in bounds)
    lowest = max(_LEAST_THRESHOLD, *floors, 0.0)
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


def _half_balanced(kinds: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = np.array([weights[kinds == kind].sum() for kind in range(int(kinds.max()) + 1)])
    return np.asarray(weights * np.sqrt(totals.mean() / totals[kinds]))


def _regress(vectors: Any, labels: NDArray[Any], weights: NDArray[np.float64], strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=2000, tol=_CLOSE_ENOUGH).fit(vectors, labels, sample_weight=weights)
