from datetime import timedelta

import pytest

from monitors.alerts.coverage import STALE_AFTER, Coverage, cover, tell_coverage
from monitors.alerts.dates import Dates
from monitors.messages import LANGUAGES, say_in
from monitors.records import FetchKind
from tests.builders import NOON, a_look

EARLIER = NOON - timedelta(hours=5)
LAST_WEEK = NOON - timedelta(days=7)


def lists(found: Coverage) -> tuple[list[str], list[str], list[str]]:
    return list(found.seen), [gap.source for gap in found.partly], [gap.source for gap in found.unseen]


@pytest.mark.parametrize("kind", FetchKind)
def test_every_outcome_is_seen_partly_seen_or_unseen(kind: FetchKind) -> None:
    """Only a fetch that ended well counts as looked at; each kind has its list and its reason in words."""
    found = cover([a_look(kind)], ["weibo"], NOON)

    place = {FetchKind.OK: 0, FetchKind.EMPTY: 0, FetchKind.LIMITED: 1, FetchKind.BUDGET_SPENT: 1}.get(kind, 2)
    assert [len(names) for names in lists(found)] == [int(place == index) for index in range(3)]
    for language in LANGUAGES:
        assert len(tell_coverage(found, say_in(language), str)) == 1


def test_source_never_asked_is_named() -> None:
    """A source that should be watched and was never asked is not passed over in silence."""
    found = cover([], ["tieba"], NOON)

    assert [(gap.source, gap.reason, gap.since) for gap in found.unseen] == [("tieba", "never_asked", None)]


def test_silence_since_last_week_is_not_a_look() -> None:
    """A watched source that ended well long ago was not looked at for this digest."""
    found = cover([a_look(FetchKind.OK, at=LAST_WEEK, well_at=LAST_WEEK)], ["weibo"], NOON)

    assert [(gap.reason, gap.since) for gap in found.unseen] == [("not_asked", LAST_WEEK)]


def test_removed_source_is_not_mentioned() -> None:
    """A source taken out of the settings stops being reported once its last fetch is stale."""
    assert cover([a_look(FetchKind.BROKEN, at=NOON - STALE_AFTER * 2)], [], NOON) == cover([], [], NOON)


def test_one_broken_feed_makes_a_source_partly_seen() -> None:
    """Good feeds do not hide a broken one."""
    states = [
        a_look(FetchKind.UNREACHABLE, source="rss", part="feed-1"),
        a_look(FetchKind.OK, source="rss", part="feed-2"),
        a_look(FetchKind.EMPTY, source="rss", part="feed-3"),
    ]

    found = cover(states, ["rss"], NOON)

    assert lists(found) == ([], ["rss"], [])
    assert tell_coverage(found, say_in("zh-CN"), str) == [
        "只查看了一部分：订阅源，3 处里有 1 处没能查看（网络连不上）。"
    ]


def test_removed_feed_does_not_spoil_the_rest() -> None:
    """A feed that is asked no more leaves its source seen."""
    states = [
        a_look(FetchKind.BROKEN, part="old", at=LAST_WEEK, well_at=None),
        a_look(FetchKind.OK, part="new"),
    ]

    assert lists(cover(states, ["weibo"], NOON)) == (["weibo"], [], [])


def test_line_says_since_when() -> None:
    """A source that could not be looked at is named with the reason and the last good look, in her own time."""
    found = cover([a_look(FetchKind.LOGIN_NEEDED, source="x", well_at=EARLIER)], ["x"], NOON)
    dates = Dates(language="zh-CN", timezone="Asia/Shanghai")

    assert tell_coverage(found, say_in("zh-CN"), dates.moment) == [
        "没能查看：X，上次看到是 3月1日 15:00（网站要求登录）。"
    ]


def test_unknown_source_is_named_by_its_id() -> None:
    """A source without a name in the catalogue still stands in the list."""
    found = cover([a_look(FetchKind.OK, source="neuland")], [], NOON)

    assert tell_coverage(found, say_in("en"), str) == ["Looked at: neuland."]
