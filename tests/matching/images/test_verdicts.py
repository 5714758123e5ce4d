import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.matching.images.verdicts import (
    ALERT_SCORE,
    DETAILS_ALERT,
    DETAILS_REVIEW,
    PDQ_CLOSENESS,
    PHASH_CLOSENESS,
    WINDOW_CLOSENESS,
    Closeness,
    score_details,
)

every_hash = pytest.mark.parametrize("closeness", [PDQ_CLOSENESS, WINDOW_CLOSENESS, PHASH_CLOSENESS])


@every_hash
@given(distance=st.integers(min_value=0, max_value=51), is_plain=st.booleans())
def test_a_closer_hash_never_scores_lower(closeness: Closeness, distance: int, is_plain: bool) -> None:
    """Scores fall with distance, stay between 0 and 1, and plainness never raises one."""
    near, far = (closeness.score(bits, is_plain=is_plain) for bits in (distance, distance + 1))

    assert far <= near <= closeness.score(0) <= 1
    assert near <= closeness.score(distance)
    assert distance > closeness.review or near > 0


@every_hash
def test_plain_pictures_and_short_hashes_never_speak_for_themselves(closeness: Closeness) -> None:
    """A score that alerts needs a picture with enough in it, and more than 64 bits."""
    assert closeness.score(0, is_plain=True) < ALERT_SCORE
    assert (closeness.score(0) >= ALERT_SCORE) is (closeness.bits == 256)


@given(st.integers(min_value=0, max_value=2_000))
def test_more_details_never_score_lower(details: int) -> None:
    """Scores of a proof rise with the details that agree, towards 1, and alert from ``DETAILS_ALERT`` on."""
    assert 0 <= score_details(details) <= score_details(details + 1) < 1
    assert (score_details(details) >= ALERT_SCORE) is (details >= DETAILS_ALERT)
    assert DETAILS_REVIEW < DETAILS_ALERT
