"""Names that are hardly any: two letters, a few digits, a word. They mean somebody beside something else of hers."""

import pytest

from monitors.matching.names.match_lines import EPOCH, as_watched
from monitors.matching.names.matcher import NameMatcher
from monitors.records import WatchProfile

CASES = [
    # name, a text about anything, a text about her
    pytest.param("An", "An apple a day, an hour", "An from Westfield lies", id="an article"),
    pytest.param("Li", "li is an old unit, Li Na won", "ask Li, Westfield", id="a surname"),
    pytest.param("OK", "ok, OK", "OK from Westfield", id="a word of two letters"),
    pytest.param("666", "老铁666", "666 Westfield 那个", id="three digits"),
    pytest.param("Grace", "by the grace of God", "Grace is a liar", id="a word in small letters"),
]


@pytest.mark.parametrize(("name", "anything", "about_her"), CASES)
def test_a_name_that_is_hardly_one_needs_evidence(name: str, anything: str, about_her: str) -> None:
    """Such a name floods nobody's mail, and is found where her context, or how it is written, speaks for her."""
    profile = WatchProfile(id="her", names=(name,), context=("Westfield",))
    matcher = NameMatcher([as_watched(profile)], now=EPOCH)

    assert list(matcher.find(anything)) == []
    assert matcher.find(about_her)
