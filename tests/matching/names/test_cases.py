"""Tests that the hand-written cases of every language stay found, and its traps stay silent."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from monitors.matching.names.evaluate import Tally, measure_cases

CASES = Path(__file__).parent / "cases"
# The harmonic mean of precision and recall; raised when it rises (2026-11-23: every file stood above its floor).
FLOORS = {
    "zh-Hans": 0.95,
    "zh-Hant": 0.95,
    "en": 0.95,
    "fresh": 0.94,
    "stranger": 0.94,
    "second": 0.94,
    "third": 0.94,
    "fourth": 0.94,
}
SMALL_LANGUAGES = {"ja": 0.95, "ko": 0.95, "ru": 0.95, "vi": 0.95, "ar": 0.95, "es": 0.9}


@pytest.fixture(scope="module")
def tallies() -> Mapping[str, Tally]:
    """Give one tally a file of cases, its parts together."""
    by_file, _ = measure_cases(CASES)
    return {name: _joined(parts) for name, parts in by_file.items()}


def _joined(parts: Mapping[str, Tally]) -> Tally:
    each = list(parts.values())
    return Tally(
        found=sum(tally.found for tally in each),
        missed=sum(tally.missed for tally in each),
        false=sum(tally.false for tally in each),
        silent=sum(tally.silent for tally in each),
    )


def test_no_file_of_cases_is_without_a_floor(tallies: Mapping[str, Tally]) -> None:
    """Every file of cases is held to a floor."""
    assert set(tallies) == set(FLOORS) | set(SMALL_LANGUAGES)


@pytest.mark.parametrize(("name", "floor"), (FLOORS | SMALL_LANGUAGES).items())
def test_cases_stay_as_well_found_as_they_were(tallies: Mapping[str, Tally], name: str, floor: float) -> None:
    """Names in context are found and traps stay silent, language by language."""
    assert tallies[name].f1 >= floor


@pytest.mark.parametrize("name", SMALL_LANGUAGES)
def test_each_small_language_has_its_twenty_cases(tallies: Mapping[str, Tally], name: str) -> None:
    """A language that is only simply supported is still held to twenty cases, with traps among them."""
    tally = tallies[name]

    assert tally.found + tally.missed >= 8
    assert tally.false + tally.silent >= 8
    assert tally.found + tally.missed + tally.false + tally.silent >= 20
