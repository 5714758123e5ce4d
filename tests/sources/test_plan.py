"""What sources are asked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import Query, WatchProfile
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.plan import Asked, Plan, due_at, nothing_known, plan_queries, plan_source, terms_of
from tests.builders import NOON, a_profile


def test_everyone_in_one_query() -> None:
    """Names, tags and handles of all profiles stand once, sorted, so that none says whose it is."""
    one = a_profile(names=("林晓月",), aliases=("Lin Xiaoyue", "月月"), handles=("@lin_xy",))
    two = a_profile(id="q" * 32, names=("王芳", "林晓月"), handles=("fang@social.example",))

    assert plan_queries([one, two]) == (
        Query(
            words=("Lin Xiaoyue", "月月", "林晓月", "王芳"),
            handles=("fang@social.example", "lin_xy"),
            tags=("LinXiaoyue", "月月", "林晓月", "王芳"),
        ),
    )


def test_order_does_not_tell() -> None:
    """Whoever registered first cannot be read from the plan."""
    one, two = a_profile(names=("林晓月",)), a_profile(names=("王芳",))

    assert plan_queries([one, two]) == plan_queries([two, one])


def test_tags_that_say_nothing_are_left_out() -> None:
    """Initials, numbers and single characters are names to match but no tags to ask for."""
    (query,) = plan_queries([a_profile(names=("林", "LXY", "2024", "晓月"))])

    assert query.tags == ("晓月",)
    assert "LXY" in query.words


def test_nobody_to_protect() -> None:
    """Without names there is nothing to ask."""
    assert plan_queries([]) == ()
    assert plan_queries([a_profile(names=())]) == ()


SEARCH = Abilities(asks=frozenset({Asks.WORDS}), words_per_query=10, longest_query=60)
ONE_BY_ONE = Abilities(asks=frozenset({Asks.WORDS}), queries_per_run=2, is_exact=False)


def words_of(plan: Plan) -> set[str]:
    """Every word a plan asks for."""
    return {word for query in plan.queries for word in query.words}


def two_people() -> list[WatchProfile]:
    """Two people with three words each, none of which is spelled otherwise."""
    return [
        a_profile(id="a" * 32, names=("甲一",), aliases=("甲二", "甲三")),
        a_profile(id="b" * 32, names=("乙一",), aliases=("乙二", "乙三")),
    ]


def test_words_go_together() -> None:
    """Where the platform knows OR, one request asks for as many words as it has room for."""
    plan = plan_source(two_people(), SEARCH, nothing_known, NOON)

    assert len(plan.queries) == 1
    assert words_of(plan) == {"甲一", "甲二", "甲三", "乙一", "乙二", "乙三"}
    assert SEARCH.write(("甲 一", "乙一")) == '"甲 一" OR "乙一"'


@pytest.mark.parametrize("room", [8, 12, 20, 33, 60])
def test_no_query_is_too_long(room: int) -> None:
    """No written query is longer than the platform takes, and every word is asked for once."""
    plan = plan_source(two_people(), replace(SEARCH, longest_query=room), nothing_known, NOON)

    assert all(len(SEARCH.write(query.words)) <= room for query in plan.queries)
    assert sorted(word for query in plan.queries for word in query.words) == sorted(words_of(plan))
    assert len(words_of(plan)) == 6


def test_a_word_that_no_query_can_hold() -> None:
    """A name longer than a query may be is named as waiting, and never cut."""
    plan = plan_source([a_profile(names=("长" * 70,))], SEARCH, nothing_known, NOON)

    assert plan.queries == ()
    assert {term.text for term in plan.waiting} >= {"长" * 70}


def test_a_longer_word_is_found_by_the_shorter() -> None:
    """Where a search finds parts, what holds another word is not asked for again; letters only as whole words."""
    profile = a_profile(names=("王芳",), aliases=("王芳老师", "Anna Lee", "Anna", "Annabel"))

    plan = plan_source([profile], SEARCH, nothing_known, NOON)

    assert words_of(plan) == {"王芳", "Anna", "Annabel"}
    assert "王芳老师" in words_of(plan_source([profile], replace(SEARCH, finds_parts=False), nothing_known, NOON))


def test_requests_are_shared() -> None:
    """With few requests nobody is asked for twice before everybody was asked for once."""
    plan = plan_source(two_people(), ONE_BY_ONE, nothing_known, NOON)

    assert words_of(plan) == {"甲一", "乙一"}
    assert {term.text for term in plan.waiting} == {"甲二", "甲三", "乙二", "乙三"}


def test_who_waited_comes_first() -> None:
    """Over three runs each of six words is asked for once."""
    memory: dict[str, Asked] = {}
    seen: list[str] = []

    for run in range(3):
        now = NOON + timedelta(seconds=run)
        plan = plan_source(two_people(), ONE_BY_ONE, lambda term: memory.get(term.text), now)
        seen += words_of(plan)
        memory.update({term.text: Asked(at=now) for term in plan.terms})

    assert sorted(seen) == sorted(["甲一", "甲二", "甲三", "乙一", "乙二", "乙三"])


@pytest.mark.parametrize(
    ("dry", "minutes"),
    [(4, 60), (5, 120), (6, 240), (9, 24 * 60), (5_000, 24 * 60)],
    ids=["four times dry", "five", "six", "nine", "for years"],
)
def test_a_dry_term_rests_longer(dry: int, minutes: int) -> None:
    """What never yields is asked less and less, and once a day for ever."""
    asked = Asked(at=NOON, dry=dry)
    (term,) = terms_of([a_profile(names=("甲一",))], SEARCH)

    assert due_at(term, asked, SEARCH) == NOON + timedelta(minutes=minutes)
    early = plan_source([a_profile(names=("甲一",))], SEARCH, lambda _: asked, NOON + timedelta(minutes=minutes - 1))
    assert (early.queries, [term.text for term in early.resting]) == ((), ["甲一"])


def test_other_spellings_are_asked_for_last() -> None:
    """A name is asked for in the other script and in pinyin too, once a day unless that yields."""
    profile = a_profile(names=("林晓月",))

    terms = {term.text: term for term in terms_of([profile], SEARCH)}

    assert set(terms) == {"林晓月", "林曉月", "linxiaoyue"}
    assert due_at(terms["linxiaoyue"], Asked(at=NOON, dry=1), SEARCH) == NOON + timedelta(days=1)
    assert due_at(terms["林晓月"], Asked(at=NOON, dry=1), SEARCH) == NOON


def test_each_tag_and_handle_is_a_query() -> None:
    """A tag, a handle: one request each, without their marks."""
    able = Abilities(asks=frozenset({Asks.TAGS, Asks.HANDLES}))

    plan = plan_source([a_profile(names=("Lin Xiaoyue",), handles=("@lin_xy",))], able, nothing_known, NOON)

    assert set(plan.queries) == {Query(handles=("lin_xy",)), Query(tags=("LinXiaoyue",))}


def test_what_cannot_be_asked_gets_everything() -> None:
    """A feed or a stream gets the one query that names all."""
    assert plan_source(two_people(), Abilities(), nothing_known, NOON).queries == plan_queries(two_people())


@given(st.lists(st.lists(st.sampled_from("甲乙丙丁戊己庚辛"), min_size=2, max_size=4).map("".join), max_size=12))
def test_nothing_is_lost(names: list[str]) -> None:
    """Every name is asked for or waits, or another one that finds it does."""
    people = [a_profile(id=f"{number:032}", names=(name,)) for number, name in enumerate(names)]

    plan = plan_source(people, replace(SEARCH, queries_per_run=2, words_per_query=3), nothing_known, NOON)

    told = [term.text for term in (*plan.terms, *plan.waiting)]
    assert all(any(word in name for word in told) for name in names)
    assert len(told) == len(set(told))
