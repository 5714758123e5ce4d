"""What verdicts teach of thresholds: a little, within limits, reversibly, and never away from what is urgent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import Category, Hit, Score, Severity
from monitors.scoring.severity import OF_CATEGORY
from monitors.scoring.tuning import HIGHEST, LOWEST, MOST, STEP, learn, shifted
from tests.builders import a_post

URGENT = [category for category, severity in OF_CATEGORY.items() if severity is Severity.URGENT]
OTHERS = [category for category in Category if category not in {*URGENT, Category.DISCLOSURE}]


def a_hit(*found: Category, probability: float = 0.9) -> Hit:
    """A hit in which these categories were found and nothing else."""
    scores = [
        Score(
            category=category,
            probability=probability if category in found else 0.01,
            threshold=0.5,
            model="tiny",
            revision="1",
        )
        for category in Category
    ]
    return Hit(
        id="h1",
        profile_id="p1",
        post=a_post(),
        matches=(),
        found_at=datetime(2026, 11, 23, tzinfo=UTC),
        scores=tuple(scores),
    )


@pytest.mark.parametrize("category", OTHERS)
def test_one_verdict_moves_one_category_one_step(category: Category) -> None:
    """Harmless raises the threshold of what was told, harmful lowers it; the rest stays."""
    assert learn([(a_hit(category), False)]) == {category: STEP}
    assert learn([(a_hit(category), True)]) == {category: -STEP}


def test_taking_back_takes_the_effect_back() -> None:
    """Opposite verdicts cancel out, and no verdict is no shift."""
    hit = a_hit(Category.INSULT)

    assert learn([(hit, False), (hit, True)]) == learn([]) == {}


@pytest.mark.parametrize("category", URGENT)
def test_urgent_tier_is_never_silenced(category: Category) -> None:
    """However often somebody says harmless, the threshold of an urgent category does not rise; it may fall."""
    assert learn([(a_hit(category), False)] * 100) == {}
    assert learn([(a_hit(category), True)]) == {category: -STEP}


def test_harm_that_nothing_was_found_in_lowers_what_came_nearest() -> None:
    """A missed post teaches too."""
    missed = a_hit(Category.DEFAMATION, probability=0.4)

    assert learn([(missed, True)]) == {Category.DEFAMATION: -STEP}


@pytest.mark.parametrize("category", Category)
def test_agreeing_that_a_post_is_harmless_teaches_nothing(category: Category) -> None:
    """Where she was told of nothing, harmless is what the model said too: no alarm is turned down."""
    benign = a_hit(category, probability=0.4)
    of_her_side = replace(benign, scores=tuple(replace(score, muted=True) for score in a_hit(category).scores))

    assert learn([(benign, False)]) == learn([(of_her_side, False)]) == {}


def test_another_verdict_counts_at_once_however_many_came_before() -> None:
    """What lies beyond the limit is not remembered: five times harmful brings back what a hundred times harmless raised."""
    hit = a_hit(Category.DEFAMATION)

    assert learn([(hit, False)] * 100) == {Category.DEFAMATION: MOST}
    assert learn([(hit, False)] * 100 + [(hit, True)]) == {Category.DEFAMATION: pytest.approx(MOST - STEP)}
    assert learn([(hit, False)] * 100 + [(hit, True)] * 5) == {}
    assert learn([(hit, True)] * 5 + [(hit, False)] * 100) == {Category.DEFAMATION: MOST}


def test_harmless_before_harmful_delays_nothing_urgent() -> None:
    """However often a threat was called harmless, the first harmful makes the next one be told sooner."""
    threat = a_hit(Category.THREAT)

    assert learn([(threat, False)] * 100 + [(threat, True)]) == {Category.THREAT: -STEP}


def test_unscored_hit_teaches_nothing() -> None:
    """What was never judged says nothing of thresholds."""
    hit = Hit(id="h", profile_id="p", post=a_post(), matches=(), found_at=datetime(2026, 11, 23, tzinfo=UTC))

    assert learn([(hit, False)]) == {}


@given(st.lists(st.tuples(st.lists(st.sampled_from(list(Category)), min_size=1), st.booleans()), max_size=60))
def test_no_number_of_verdicts_goes_beyond_the_limits(said: Sequence[tuple[list[Category], bool]]) -> None:
    """Shifts stay within a tenth, shifted thresholds within sense."""
    shifts = learn([(a_hit(*found), is_harmful) for found, is_harmful in said])

    assert all(abs(shift) <= MOST for shift in shifts.values())
    assert all(shifts.get(category, 0) <= 0 for category in URGENT)
    assert all(LOWEST <= shifted(0.5, category, shifts) <= HIGHEST for category in Category)


def test_threshold_without_a_shift_is_untouched() -> None:
    """Limits bind shifts, not what was fitted."""
    assert shifted(0.97, Category.INSULT, {}) == 0.97


@pytest.mark.parametrize("fitted", [0.05, 0.1, LOWEST, 0.5, HIGHEST, 0.99])
@pytest.mark.parametrize("shift", [-MOST, -STEP, STEP, MOST])
def test_no_shift_works_against_what_was_said(fitted: float, shift: float) -> None:
    """A threshold that was fitted outside the limits is not moved to them: harmful never raises it, harmless never lowers it, neither jumps."""
    moved = shifted(fitted, Category.DOXXING, {Category.DOXXING: shift})

    assert moved <= fitted if shift < 0 else moved >= fitted
    assert abs(moved - fitted) <= abs(shift) + 1e-9
