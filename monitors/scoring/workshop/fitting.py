"""Logistic regression, its calibration and its thresholds: the numbers of a head from vectors and labels."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.heads import Floats, sigmoid

_FOLDS: Final = 5
_SEED: Final = 20261123


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What one head learns: vectors already standardised, yes or no, a weight a row, and which rows are of one kind."""

    vectors: Floats
    labels: NDArray[np.bool_]
    weights: NDArray[np.float64]
    families: NDArray[np.str_]
    """Rows of one family are never on both sides of a fold."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A head with the margins that its rows have from folds which did not see them."""

    weights: Floats
    bias: float
    slope: float
    offset: float
    unseen_margins: NDArray[np.float64]

    @property
    def unseen_probabilities(self) -> NDArray[np.float64]:
        """The same, calibrated."""
        return sigmoid(self.unseen_margins * self.slope + self.offset)


def fit(task: Task, *, strength: float, calibrate_on: NDArray[np.bool_]) -> Fitted:
    """A head for the task; ``strength`` is the inverse of the regularisation.

    It is calibrated (Platt) on margins of rows it had not seen, those of ``calibrate_on``.
    """
    margins = unseen_margins(task, strength=strength)
    platt = _regress(margins[calibrate_on, None], task.labels[calibrate_on], np.ones(int(calibrate_on.sum())), 1e3)
    model = _regress(task.vectors, task.labels, _balanced(task.labels, task.weights), strength)
    return Fitted(
        weights=model.coef_[0].astype(np.float32),
        bias=float(model.intercept_[0]),
        slope=float(platt.coef_[0, 0]),
        offset=float(platt.intercept_[0]),
        unseen_margins=margins,
    )


def unseen_margins(task: Task, *, strength: float) -> NDArray[np.float64]:
    """Each row's margin from a head fitted without its family."""
    from sklearn.model_selection import GroupKFold

    margins = np.zeros(len(task.labels))
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
    for seen, unseen in folds.split(task.vectors, groups=task.families):
        balanced = _balanced(task.labels[seen], task.weights[seen])
        model = _regress(task.vectors[seen], task.labels[seen], balanced, strength)
        margins[unseen] = model.decision_function(task.vectors[unseen])
    return margins


def best_threshold(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.bool_],
    *,
    harmless: NDArray[np.float64],
    false_alarms: float,
) -> float:
    """The threshold of highest F1 that lets at most this share of ``harmless`` posts through."""
    floor = float(np.quantile(harmless, 1 - false_alarms)) if len(harmless) else 0.0
    candidates = np.unique(np.clip(np.quantile(probabilities, np.linspace(0.5, 1, 201)), max(floor, 0.05), 0.95))
    return float(max(candidates, key=lambda threshold: f1(labels, probabilities >= threshold)))


def mute_threshold(other_side: NDArray[np.float64], spreads: NDArray[np.bool_], *, at_most: float) -> float:
    """The lowest threshold at which at most this share of posts that spread would be muted."""
    allowed = int(at_most * int(spreads.sum()))
    highest = np.sort(other_side[spreads])[::-1]
    return float(min(np.nextafter(highest[allowed], 2), 0.999))


def f1(labels: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall; 0 when nothing was found."""
    both = int((labels & found).sum())
    return 2 * both / max(int(labels.sum()) + int(found.sum()), 1)


def _balanced(labels: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Yes and no weigh the same in sum."""
    yes = weights[labels].sum()
    no = weights[~labels].sum()
    half = (yes + no) / 2
    return np.asarray(np.where(labels, weights * half / yes, weights * half / no))


def _regress(vectors: NDArray[Any], labels: NDArray[Any], weights: NDArray[np.float64], strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=2000).fit(vectors, labels, sample_weight=weights)
