"""Timelines given newest first: nothing is skipped and nothing comes twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Rejected
from monitors.sources import places, timelines
from monitors.sources.places import Gap
from monitors.sources.timelines import Entry, Page, Reach, Timelines, Wanted
from tests.builders import a_post

OK = FetchOutcome(kind=FetchKind.OK)
DOWN = FetchOutcome(kind=FetchKind.UNREACHABLE, detail="timeout")


def mac(text: str) -> str:
    """A hash that stands for a keyed one."""
    return sha256(text.encode()).hexdigest()


def entry(key: int) -> Entry:
    """A post with that number."""
    return Entry(key=key, item=a_post(id=f"test:{key}", text=str(key)))


@dataclass
class Platform:
    """Posts by number, newest first, in pages; ``fails_at`` are the requests that fail, counted from 0."""

    keys: list[int] = field(default_factory=list)
    page: int = 3
    fails_at: frozenset[int] = frozenset()
    asked: int = 0

    def ask(self, before: str) -> Page:
        """A page of posts older than that."""
        self.asked += 1
        if self.asked - 1 in self.fails_at:
            return Page(outcome=DOWN)
        older = sorted((key for key in self.keys if not before or key < int(before)), reverse=True)
        shown = older[: self.page]
        onward = str(shown[-1]) if len(older) > self.page else ""
        return Page(outcome=OK, entries=tuple(map(entry, shown)), onward=onward)


def look(platform: Platform, cursor: Cursor | None, reach: Reach) -> list[Delta]:
    """One run."""
    return list(Timelines("test", cursor, mac).round([wanted(platform, reach)]))


def wanted(platform: Platform, reach: Reach, name: str = "林晓月") -> Wanted:
    """That platform's one timeline."""
    return Wanted(kind="word", name=name, ask=platform.ask, reach=reach)


def keys_of(deltas: Sequence[Delta]) -> list[int]:
    """The numbers of their posts."""
    return [int(post.text) for delta in deltas for post in delta.posts]


@given(
    waves=st.lists(st.integers(0, 12), min_size=1, max_size=6),
    failures=st.frozensets(st.integers(0, 40), max_size=12),
    stops=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    run=st.integers(1, 4),
)
def test_nothing_is_skipped_and_nothing_comes_twice(
    waves: list[int], failures: frozenset[int], stops: list[int], run: int
) -> None:
    """However many posts come between runs, wherever a request fails or a run is killed: each comes exactly once."""
    platform, cursor, given_out = Platform(page=2, fails_at=failures), None, []
    reach = Reach(first=100, back=100, run=run)
    timelines_before, timelines.POSTS_A_DELTA = timelines.POSTS_A_DELTA, 2
    try:
        for wave, stop in zip(waves, stops, strict=False):
            start = max(platform.keys, default=0)
            platform.keys += range(start + 1, start + 1 + wave)
            for delta in look(platform, cursor, reach)[: stop + 1]:  # killed after so many deltas were stored
                cursor = delta.cursor
                given_out += keys_of([delta])
        platform.fails_at = frozenset()
        for _ in range(80):
            deltas = look(platform, cursor, reach)
            given_out += keys_of(deltas)
            cursor = deltas[-1].cursor
    finally:
        timelines.POSTS_A_DELTA = timelines_before

    assert sorted(given_out) == platform.keys


def test_oldest_first_over_pages() -> None:
    """Posts of several pages come in the order in which they were written."""
    deltas = look(Platform(keys=list(range(1, 9))), None, Reach())

    assert keys_of(deltas) == list(range(1, 9))


def test_first_look_is_short() -> None:
    """At first sight only a few pages are read: what lies further back is not what a watch is for."""
    platform = Platform(keys=list(range(1, 100)))

    deltas = look(platform, None, Reach(first=2))
    again = look(platform, deltas[-1].cursor, Reach(first=2))

    assert keys_of(deltas) == [94, 95, 96, 97, 98, 99]
    assert [delta.outcome.kind for delta in again] == [FetchKind.EMPTY]
    assert platform.asked == 3


def test_an_empty_first_look_is_a_look() -> None:
    """A timeline that was empty at first sight is then read back as far as one that was not."""
    platform = Platform()
    cursor = look(platform, None, Reach(first=1))[-1].cursor
    platform.keys = list(range(1, 20))

    assert keys_of(look(platform, cursor, Reach(first=1))) == platform.keys


def test_too_many_for_one_run() -> None:
    """What one run cannot catch up with is told, and caught up with by the next ones."""
    platform = Platform(keys=[1])
    cursor = look(platform, None, Reach())[-1].cursor
    platform.keys = list(range(1, 20))

    first = look(platform, cursor, Reach(run=2))
    second = look(platform, first[-1].cursor, Reach(run=2))
    third = look(platform, second[-1].cursor, Reach(run=2))

    assert [(delta.outcome.kind, delta.outcome.detail) for delta in first][-1] == (
        FetchKind.BUDGET_SPENT,
        "more_next_time",
    )
    assert keys_of(first) == [14, 15, 16, 17, 18, 19]
    assert keys_of(second) == [8, 9, 10, 11, 12, 13]
    assert keys_of(third) == [2, 3, 4, 5, 6, 7]


def test_what_is_too_far_back_is_told() -> None:
    """Where catching up is given up, the outcome says that something was missed."""
    platform = Platform(keys=[1])
    cursor = look(platform, None, Reach())[-1].cursor
    platform.keys = list(range(1, 50))

    deltas = look(platform, cursor, Reach(back=2))

    assert deltas[-1].outcome.detail == "too_far_back"
    assert keys_of(deltas) == [44, 45, 46, 47, 48, 49]


def always(page: Page, asked: list[str]) -> Wanted:
    """A timeline that gives one page whatever it is asked, and keeps what it was asked."""

    def ask(before: str) -> Page:
        asked.append(before)
        return page

    return Wanted(kind="word", name="x", ask=ask, reach=Reach(first=99))


def test_the_same_page_for_ever() -> None:
    """A platform that gives the same page again and again is told of, and left alone."""
    page, asked = Page(outcome=OK, entries=(entry(2), entry(1)), onward="again"), list[str]()

    deltas = list(Timelines("test", None, mac).round([always(page, asked)]))

    assert keys_of(deltas) == [1, 2]
    assert (deltas[-1].outcome.kind, deltas[-1].outcome.detail) == (FetchKind.BROKEN, "no_progress")
    assert len(asked) == 2


def test_empty_pages_for_ever() -> None:
    """Nor is one followed that gives nothing and always promises more."""
    asked = list[str]()

    deltas = list(Timelines("test", None, mac).round([always(Page(outcome=OK, onward="more"), asked)]))

    assert [delta.outcome.kind for delta in deltas] == [FetchKind.EMPTY]
    assert len(asked) == 3


def test_pinned_posts_end_nothing() -> None:
    """An old post at the top of the newest page hides none of the new ones behind it."""
    pages = {
        "": Page(outcome=OK, entries=(entry(1), entry(9), entry(8)), onward="2"),
        "2": Page(outcome=OK, entries=(entry(7), entry(6))),
    }
    cursor = Timelines("test", None, mac)
    first = list(cursor.round([wanted(Platform(keys=[1, 6]), Reach())]))

    deltas = list(
        Timelines("test", first[-1].cursor, mac).round(
            [Wanted(kind="word", name="林晓月", ask=pages.__getitem__, reach=Reach())]
        )
    )

    assert keys_of(deltas) == [7, 8, 9]


def test_missing_numbers_are_counted() -> None:
    """Where posts are numbered one by one, those that nobody can see any more are counted; an album takes several."""
    album = Entry(key=5, item=a_post(id="test:5", text="5"), last=7)
    first = Page(outcome=OK, entries=(entry(2), entry(1)))
    second = Page(outcome=OK, entries=(entry(12), entry(8), album, entry(2), entry(1)))

    def deltas_of(page: Page, cursor: Cursor | None) -> list[Delta]:
        one = Wanted(kind="channel", name="c", ask=lambda _before: page, reach=Reach(is_numbered=True))
        return list(Timelines("test", cursor, mac).round([one]))

    before = deltas_of(first, None)
    after = deltas_of(second, before[-1].cursor)

    assert before[-1].outcome.detail == ""
    assert keys_of(after) == [5, 8, 12]
    assert after[-1].outcome.detail == "missing=5"


def test_a_platform_that_says_no_is_left_alone() -> None:
    """After a no that holds for the whole platform nothing else is asked, and the next round begins after it."""
    good, limited = Platform(keys=[1]), Platform(keys=[2], fails_at=frozenset({0}))
    never = Platform(keys=[3])
    all_of_them = [wanted(good, Reach(), "a"), wanted(limited, Reach(), "b"), wanted(never, Reach(), "c")]

    first = list(Timelines("test", None, mac).round(all_of_them))
    asked_in_first = never.asked
    second = list(Timelines("test", first[-1].cursor, mac).round(all_of_them))

    assert asked_in_first == 0
    assert keys_of(first) == [1]
    assert keys_of(second) == [3, 2]


def test_nobody_is_starved() -> None:
    """One timeline that is refused in every run keeps the others waiting for one run at most."""
    refused = Platform(fails_at=frozenset(range(100)))
    others = [Platform(keys=[number]) for number in range(1, 4)]
    all_of_them = [wanted(refused, Reach(), "refused"), *(wanted(o, Reach(), f"{n}") for n, o in enumerate(others))]
    cursor, found = None, []

    for _ in range(2):
        deltas = list(Timelines("test", cursor, mac).round(all_of_them))
        found += keys_of(deltas)
        cursor = deltas[-1].cursor

    assert found == [1, 2, 3]


def test_time_that_ran_out_is_gone_on_with() -> None:
    """Where a deadline ended a round, the next one begins with who was waiting."""
    late = FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail="deadline")
    first = [
        wanted(Platform(keys=[1]), Reach(), "a"),
        Wanted(kind="word", name="b", ask=lambda _b: Page(outcome=late), reach=Reach()),
    ]
    cursor = list(Timelines("test", None, mac).round(first))[-1].cursor
    second = [wanted(Platform(keys=[1, 2]), Reach(), "a"), wanted(Platform(keys=[3]), Reach(), "b")]

    assert keys_of(list(Timelines("test", cursor, mac).round(second))) == [3, 2]


def test_unreadable_entries_are_set_aside() -> None:
    """What cannot be read comes with the rest, and with the failure where there is nothing else."""
    bad = Rejected(content=b"?", place="test:item", reason="no id")
    pages = [
        Page(outcome=OK, entries=(entry(1),), rejected=(bad,)),
        Page(outcome=FetchOutcome(kind=FetchKind.SCHEMA_CHANGED), rejected=(bad,)),
    ]

    for page in pages:
        one = Wanted(kind="word", name="x", ask=lambda _before, page=page: page, reach=Reach())  # type: ignore[misc]
        deltas = list(Timelines("test", None, mac).round([one]))

        assert [item for delta in deltas for item in delta.rejected] == [bad]


def test_too_many_gaps_become_fewer() -> None:
    """However often catching up fails, the cursor stays small, and no gap is forgotten."""
    gaps = [Gap(before=str(at + 1), floor=at, left=1) for at in range(0, 30, 2)]

    kept_gaps = places.few(gaps)

    assert len(kept_gaps) == places.MOST_GAPS
    assert (kept_gaps[0].floor, kept_gaps[-1].floor) == (0, 28)
    assert all(
        any(kept.floor <= gap.floor and int(kept.before) >= int(gap.before) for kept in kept_gaps) for gap in gaps
    )


def test_the_cursor_says_nothing() -> None:
    """Neither a cursor nor a log line tells what is asked for."""
    deltas = look(Platform(keys=[1]), None, Reach())

    assert "林晓月" not in repr([(delta.cursor, delta.outcome) for delta in deltas])
    assert deltas[0].outcome.part.startswith("word-")


@pytest.mark.parametrize("kind", sorted(timelines.FATAL))
def test_a_no_ends_the_round(kind: FetchKind) -> None:
    """Each no of the platform as a whole ends the round in one delta without posts."""
    ask = [
        Wanted(kind="w", name=name, ask=lambda _b: Page(outcome=FetchOutcome(kind=kind)), reach=Reach())
        for name in "ab"
    ]

    deltas = list(Timelines("test", None, mac).round(ask))

    assert [(delta.posts, delta.outcome.kind) for delta in deltas] == [((), kind)]
    assert Timelines("test", deltas[0].cursor, mac).is_known("w", "a") is False


def test_words_put_together_anew() -> None:
    """A search whose words were all asked for before, in whatever company, begins where the last of them ended."""

    def search(platform: Platform, cursor: Cursor | None, *words: str) -> list[Delta]:
        one = Wanted(kind="q", name=" OR ".join(words), ask=platform.ask, reach=Reach(first=1), words=words)
        return list(Timelines("test", cursor, mac).round([one]))

    platform = Platform(keys=list(range(1, 10)))
    first = search(platform, None, "a", "b")
    second = search(platform, first[-1].cursor, "c")
    platform.keys = list(range(1, 30))

    again = search(platform, second[-1].cursor, "b", "c")
    partly_new = search(platform, second[-1].cursor, "b", "d")

    assert keys_of(again) == list(range(10, 30))
    assert keys_of(partly_new) == [27, 28, 29]


def test_old_places_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor does not grow for ever: what was not looked at for longest is forgotten first."""
    monkeypatch.setattr(places, "MOST_PLACES", 2)
    platform, cursor = Platform(keys=[1]), None
    for name in ("a", "b", "a", "c"):
        platform.keys.append(len(platform.keys) + 1)
        cursor = list(Timelines("test", cursor, mac).round([wanted(platform, Reach(), name)]))[-1].cursor

    known = [Timelines("test", cursor, mac).is_known("word", name) for name in ("a", "b", "c")]

    assert known == [True, False, True]
