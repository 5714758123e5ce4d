"""Spelling as numbers: buckets without a vocabulary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.scoring.ngrams import BITS, buckets, no_grams
from monitors.scoring.workshop.fitting_grams import features, packed, pieces_of, rarity_of


@given(st.text(st.characters()))
def test_any_text_has_its_buckets_once(text: str) -> None:
    """Whatever the letters, lone surrogates too: rising numbers within the table."""
    found = buckets(text)

    assert (np.diff(found) > 0).all()
    assert ((found >= 0) & (found < 1 << BITS)).all()


def test_buckets_stay_the_same() -> None:
    """Stored weights belong to these numbers: a changed hash would silently judge at random."""
    assert buckets("她").tolist() == [1033, 17960, 172439, 203708, 240386]


def test_what_was_fitted_is_what_is_added() -> None:
    """A thousand texts by matrix and one by one give the same margins, but for one byte's rounding."""
    texts = ["造谣的人已被拘留", "听说她陪领导睡觉", "今天食堂的排骨很好吃", "造谣的人", "食堂的人"]
    found = pieces_of(texts)
    rarity = rarity_of(found)
    weights = np.random.default_rng(1).normal(size=(3, 1 << BITS))

    added = packed(rarity, weights).margins(texts)

    expected = features(found, rarity) @ weights.T
    assert added == pytest.approx(expected, abs=0.05)
    assert np.abs(added).max() > 0.1


def test_pieces_that_training_seldom_saw_say_nothing() -> None:
    """What one writer wrote once or twice says nothing of others."""
    rarity = rarity_of(pieces_of(["甲乙", "甲己", "丙丁", "丙戊", "丙庚"]))

    alone, shared = (set(buckets(text)) - set(buckets("")) for text in ("甲", "丙"))

    assert not rarity[sorted(alone - shared)].any()
    assert rarity[sorted(shared)].any()


def test_heads_without_grams_add_nothing() -> None:
    """Zero, not noise."""
    assert not no_grams(2).margins(["任何", ""]).any()
