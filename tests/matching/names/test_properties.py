"""Matching by names keeps its promises whatever is written."""

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.matching.names.match_lines import EPOCH
from monitors.matching.names.matcher import NameMatcher
from monitors.matching.names.rounds import MOST_PLACES
from tests.fuzz.names import LIN, OTHERS, PIECES, check, matchers

PIECE = st.sampled_from([piece for part in PIECES for piece in part])
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=40)
"""Any code points at all, halves of surrogate pairs and unassigned ones included."""
TEXTS = st.one_of(
    ANYTHING, st.lists(PIECE, max_size=24).map("".join), st.tuples(ANYTHING, PIECE, ANYTHING).map("".join)
)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_whatever_is_written_keeps_the_promises(text: str) -> None:
    """Nothing raises; places lie in the text and show what was written; neighbours and other profiles change nothing."""
    check(text)


@given(st.lists(TEXTS, max_size=6), st.lists(TEXTS, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_batch_is_what_its_posts_are(before: list[str], after: list[str]) -> None:
    """Posts are found as they would be alone, wherever a batch is cut."""
    _, everybody = matchers()

    together = everybody.find_all([*before, *after])

    assert together == everybody.find_all(before) + everybody.find_all(after)


@given(st.lists(st.sampled_from(OTHERS), unique_by=lambda profile: profile.id), TEXTS)
@settings(max_examples=30, deadline=None)
def test_a_profile_is_found_whoever_else_is_watched(others: list[object], text: str) -> None:
    """Which other profiles stand on the shelf, and in which order, says nothing about her."""
    alone, _ = matchers()
    beside = NameMatcher([LIN, *others], now=EPOCH)  # type: ignore[list-item] # sampled from profiles

    assert [one for one in beside.find(text) if one.profile_id == LIN.id] == list(alone.find(text))


MUCH = 200_000
"""Code points of the texts below. Seconds are bounds with much room: measured 0.1 to 4 on one core, 2026-11."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("林晓月，" * 10_000, MOST_PLACES, id="ten thousand mentions"),
        pytest.param("Lin Xiaoyue " * 10_000, MOST_PLACES, id="ten thousand in Latin"),
        pytest.param("lxy 青河学院 " * 10_000, MOST_PLACES, id="ten thousand weak ones beside a term"),
        pytest.param("青河学院 " * 10_000 + "林晓月", 1, id="ten thousand terms"),
        pytest.param("林\u200b" + "\u200b" * MUCH + "晓月", 1, id="invisible between"),
        pytest.param("林" + "\u0301" * MUCH + "晓月", 1, id="accents upon accents"),
        pytest.param("\ud83d" * MUCH + "林晓月", 1, id="halves of pairs"),
        pytest.param("我们在一起学习" * (MUCH // 7) + "warm" + "林晓月", 1, id="one word of a million letters"),
        pytest.param("林" + "*" * MUCH, 0, id="masks without end"),
        pytest.param("\u1100\u1161" * (MUCH // 2), 0, id="Korean taken apart"),
        pytest.param("a" * MUCH, 0, id="one token"),
        pytest.param("🌙" * MUCH, 0, id="pictures"),
        pytest.param("&#26519;" * 20_000, 0, id="escapes"),
        pytest.param(" " * 1_000_000, 0, id="a megabyte of nothing"),
    ],
)
def test_no_text_takes_for_ever(text: str, found: int) -> None:
    """What it takes grows with the length of a text and no faster, and a thousand places of a profile are enough."""
    alone, _ = matchers()
    begun = perf_counter()

    findings = alone.find(text)

    assert perf_counter() - begun < 30
    assert len(findings) == found
