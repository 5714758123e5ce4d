"""The numbers of a head: calibration, thresholds and muting, on margins one can count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.scoring.workshop.evaluate import in_halves
from monitors.scoring.workshop.fitting import Bound, calibrate, f1, fit, mute_threshold
from tests.scoring.test_corpus import an_example

YES, NO = np.array([True]), np.array([False])


def test_head_separates_what_can_be_separated() -> None:
    """Yes in the east, no in the west: the head looks east."""
    vectors = np.array([[1, 0], [2, 0], [-1, 0], [-2, 0]], dtype=np.float32)

    weights, bias = fit(vectors, np.array([True, True, False, False]), np.ones(4), strength=1.0)

    assert weights[0] > 0.1
    assert abs(weights[1]) < 1e-6
    assert bias == pytest.approx(0, abs=1e-3)


def test_rare_answers_weigh_as_much_as_frequent_ones() -> None:
    """One yes among ninety-nine noes is not drowned: the border lies between them."""
    vectors = np.array([[1.0]] + [[-1.0]] * 99, dtype=np.float32)

    weights, bias = fit(vectors, np.array([True] + [False] * 99), np.ones(100), strength=1.0)

    assert bias == pytest.approx(0, abs=0.01)
    assert weights[0] > 0


def test_calibrated_margins_are_frequencies() -> None:
    """Where half of the posts are yes, the probability is one half, whatever the head's own scale."""
    margins = np.repeat(np.array([-8.0, 2.0, 12.0]), 100)
    labels = np.concatenate([np.arange(100) < share for share in (10, 50, 90)])

    calibration = calibrate(margins, labels)

    assert calibration.probabilities(np.array([-8.0, 2.0, 12.0])) == pytest.approx([0.1, 0.5, 0.9], abs=0.02)


def test_threshold_lets_few_harmless_posts_through() -> None:
    """The bound on false alarms goes before the best F1."""
    margins = np.concatenate([np.full(20, 1.0), np.full(20, 3.0), np.full(40, -3.0)])
    labels = np.concatenate([np.ones(40), np.zeros(40)]).astype(bool)
    harmless = np.concatenate([np.full(10, 1.5), np.full(90, -3.0)])

    free = calibrate(margins, labels)
    bound = calibrate(margins, labels, bounds=[Bound(margins=harmless, at_most=0.01)])

    assert (free.probabilities(harmless) >= free.threshold).mean() == pytest.approx(0.10)
    assert (bound.probabilities(harmless) >= bound.threshold).mean() <= 0.01


@given(st.lists(st.floats(0, 1), min_size=60, max_size=300))
def test_muting_silences_at_most_its_share(other_side: list[float]) -> None:
    """Of posts that spread, never more than 2 % are muted, however they are distributed."""
    probabilities = np.array(other_side)
    spreads = np.ones(len(other_side), dtype=bool)

    threshold = mute_threshold(probabilities, spreads, at_most=0.02)

    assert (probabilities >= threshold).mean() <= 0.02 or threshold == 0.999


def test_f1_of_nothing_found_is_zero() -> None:
    """And of a perfect answer one."""
    assert f1(YES, NO) == 0
    assert f1(YES, YES) == 1


def test_halves_share_no_family_and_lose_nobody() -> None:
    """Each family is measured with thresholds that were chosen without it."""
    examples = [an_example(id=f"p-{place}", family=f"family.{place // 2}") for place in range(10)]

    first, second = in_halves(examples)

    assert {example.family for example in first}.isdisjoint(example.family for example in second)
    assert sorted([*first, *second], key=lambda example: example.id) == examples
