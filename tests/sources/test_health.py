"""Empty or blind: what is made of looks, volumes and canaries."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitors.ledger.fetches import Look
from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Query
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.health import CANARY, State, Volume, ask_canary, judge, worst
from tests.builders import NOON, a_look, a_post

LATE = datetime.max.replace(tzinfo=UTC)
SEARCH = Abilities(asks=frozenset({Asks.WORDS}), canary=Query(words=("天气",)))
READS_ALL = Abilities(canary=Query())


class Says:
    """A source that answers with these deltas, and notes what it was asked."""

    name = "told"

    def __init__(self, *deltas: Delta) -> None:
        self._deltas = deltas
        self.given = 0
        self.asked: list[tuple[Sequence[Query], Cursor | None]] = []

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002
        self.asked.append((plan, cursor))
        for delta in self._deltas:
            self.given += 1
            yield delta


def a_delta(kind: FetchKind, posts: int = 0) -> Delta:
    made = tuple(a_post(id=f"told:{number}") for number in range(posts))
    return Delta(posts=made, cursor=None, outcome=FetchOutcome(kind=kind, part="x"))


@pytest.mark.parametrize(
    ("abilities", "deltas", "found"),
    [
        (SEARCH, [a_delta(FetchKind.OK, 3)], (FetchKind.OK, "")),
        (SEARCH, [a_delta(FetchKind.OK), a_delta(FetchKind.OK, 1)], (FetchKind.OK, "")),
        (SEARCH, [a_delta(FetchKind.OK)], (FetchKind.SCHEMA_CHANGED, "canary_empty")),
        (SEARCH, [a_delta(FetchKind.EMPTY)], (FetchKind.SCHEMA_CHANGED, "canary_empty")),
        (SEARCH, [a_delta(FetchKind.LOGIN_NEEDED)], (FetchKind.LOGIN_NEEDED, "")),
        (SEARCH, [a_delta(FetchKind.LIMITED)], (FetchKind.LIMITED, "")),
        (SEARCH, [], (FetchKind.BROKEN, "canary_silent")),
        (READS_ALL, [a_delta(FetchKind.EMPTY)], (FetchKind.EMPTY, "")),
        (READS_ALL, [a_delta(FetchKind.BROKEN)], (FetchKind.BROKEN, "")),
        (Abilities(), [a_delta(FetchKind.BROKEN)], (FetchKind.EMPTY, "no_canary")),
    ],
    ids=["found", "found later", "nothing", "empty", "wall", "limited", "silence", "a feed", "a broken feed", "none"],
)
def test_a_canary(abilities: Abilities, deltas: list[Delta], found: tuple[FetchKind, str]) -> None:
    """What is always there and is not found makes a blind source of one that answers politely."""
    outcome = ask_canary(Says(*deltas), abilities, LATE)

    assert (outcome.kind, outcome.detail) == found
    assert outcome.part == CANARY


def test_a_canary_takes_no_more_than_it_needs() -> None:
    """It is asked from the beginning, and no further than the first post."""
    source = Says(*[a_delta(FetchKind.OK, 1)] * 10)

    ask_canary(source, SEARCH, LATE)

    assert source.given == 1
    assert source.asked == [([SEARCH.canary], None)]


VOLUMES = [
    (Volume(recent=0, before=(100, 120, 90)), True),
    (Volume(recent=8, before=(100, 120, 90)), True),
    (Volume(recent=30, before=(100, 120, 90)), False),
    (Volume(recent=0, before=(3, 5, 4, 2)), False),
    (Volume(recent=0, before=(100, 120)), False),
    (Volume(recent=0), False),
]


@pytest.mark.parametrize(("volume", "is_quiet"), VOLUMES)
def test_unusually_quiet(volume: Volume, is_quiet: bool) -> None:
    """Far less than usual is suspicious where much is usual and known."""
    assert volume.is_quiet is is_quiet


@pytest.mark.parametrize("kind", FetchKind)
def test_every_end_has_its_state(kind: FetchKind) -> None:
    """Only a look that ended well sees; one that was cut short sees in part; anything else is blind."""
    (health,) = judge([a_look(kind)], {}, ["weibo"])

    expected = {
        FetchKind.OK: State.SEES,
        FetchKind.EMPTY: State.SEES,
        FetchKind.LIMITED: State.PARTLY,
        FetchKind.BUDGET_SPENT: State.PARTLY,
    }
    assert health.state is expected.get(kind, State.BLIND)


def test_quiet_is_said() -> None:
    """A source that ends well and brings next to nothing is quiet, not well."""
    (health,) = judge([a_look(FetchKind.EMPTY)], {"weibo": Volume(recent=0, before=(50, 60, 70))}, ["weibo"])

    assert (health.state, health.usual) == (State.QUIET, 60)


def test_never_asked() -> None:
    """A source without any look is named, and one that is asked no more is not."""
    found = judge([a_look(FetchKind.BROKEN)], {}, ["rss"])

    assert [(health.source, health.state) for health in found] == [("rss", State.NOT_ASKED)]


def a_part(part: str, kind: FetchKind, blind: int = 3) -> Look:
    return a_look(kind, part=part, blind=blind, at=NOON - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("looks", "is_blind"),
    [
        ([a_part("a", FetchKind.BROKEN), a_part("b", FetchKind.BLOCKED)], True),
        ([a_part("a", FetchKind.BROKEN), a_part("b", FetchKind.OK, 0)], False),
        ([a_part("a", FetchKind.OK, 0), a_part(CANARY, FetchKind.SCHEMA_CHANGED)], True),
        ([a_part("a", FetchKind.LIMITED)], False),
    ],
    ids=["every part", "one part", "the canary", "limited"],
)
def test_a_whole_source(looks: list[Look], is_blind: bool) -> None:
    """A source is blind when all of it is, or when its canary is."""
    assert (worst(judge(looks, {}, ["weibo"]), "weibo") is not None) is is_blind
