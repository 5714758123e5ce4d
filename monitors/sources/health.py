"""Is a source empty, or blind? A watch that went blind without saying so is worse than none.

Three things are held against each other: how the last looks ended, how much usually comes, and a *canary*: something
that is always there. A source that says that there is nothing, where something always is, is blind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

from monitors.ledger.fetches import WELL, Look
from monitors.records import FetchKind, FetchOutcome, Query
from monitors.sources.abilities import Abilities
from monitors.sources.source import Source

CANARY = "canary"
"""The part of a source under which its canary's looks are recorded."""
PASSING = frozenset({FetchKind.LIMITED, FetchKind.BUDGET_SPENT})
"""Ends that pass by themselves: the source was looked at, though not to its end."""
USUAL_FROM = 10
"""Posts a day. What brings less than that may well bring nothing for a day."""
USUAL_DAYS = 3
"""Days with looks that make a baseline."""
FEW = 0.1
"""Less than a tenth of what is usual is suspicious."""


class State(StrEnum):
    """How well one part of a source is seen."""

    SEES = "sees"
    PARTLY = "partly"
    QUIET = "quiet"
    BLIND = "blind"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What a source brought: in the last day, and on each of the days before it on which it was asked."""

    recent: int
    before: tuple[int, ...] = ()

    @property
    def usual(self) -> float | None:
        """Posts on a usual day; None before there is a baseline."""
        return median(self.before) if len(self.before) >= USUAL_DAYS else None

    @property
    def is_quiet(self) -> bool:
        """Whether far less comes than usual."""
        usual = self.usual
        return usual is not None and usual >= USUAL_FROM and self.recent < usual * FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One part of a source. ``since`` is when it was last seen well; ``usual`` counts posts a day."""

    source: str
    part: str
    state: State
    kind: FetchKind | None = None
    detail: str = ""
    at: datetime | None = None
    since: datetime | None = None
    blind: int = 0
    usual: float | None = None

    @property
    def is_blind(self) -> bool:
        """Whether nothing of it is seen."""
        return self.state is State.BLIND


def judge(looks: Sequence[Look], volumes: Mapping[str, Volume], asked: Sequence[str]) -> tuple[Health, ...]:
    """Give the health of every part of every source that is asked, those never looked at too."""
    found = [_judge(look, volumes.get(look.source)) for look in looks if look.source in asked]
    never = sorted(set(asked) - {look.source for look in looks})
    return (*found, *(Health(source=source, part="", state=State.NOT_ASKED) for source in never))


def worst(parts: Sequence[Health], source: str) -> Health | None:
    """Give what is to be told of a whole source: its canary's end, else that all of it is blind; None: it is seen."""
    ours = [part for part in parts if part.source == source]
    canaries = [part for part in ours if part.part == CANARY and part.is_blind]
    rest = [part for part in ours if part.part != CANARY and part.state is not State.NOT_ASKED]
    if canaries:
        return canaries[0]
    return max(rest, key=lambda part: part.blind) if rest and all(part.is_blind for part in rest) else None


def ask_canary(source: Source, abilities: Abilities, deadline: datetime) -> FetchOutcome:
    """Ask a source for what is always there, from the beginning; what is found is not kept.

    ``ok``: it sees. Any other kind says how it is blind; ``canary_empty``: it answers, with nothing.
    """
    if abilities.canary is None:
        return FetchOutcome(kind=FetchKind.EMPTY, detail="no_canary", part=CANARY)
    # Everything is read where nothing can be asked for: there an answer that can be read is enough.
    has_answered = abilities.canary == Query()
    last = FetchOutcome(kind=FetchKind.BROKEN, detail="canary_silent")
    for delta in source.fetch([abilities.canary], None, deadline):
        last = delta.outcome
        if delta.posts:
            return FetchOutcome(kind=FetchKind.OK, part=CANARY)
        if last.kind not in {*WELL, *PASSING}:
            break
    if last.kind in WELL and not has_answered:
        return FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="canary_empty", part=CANARY)
    return FetchOutcome(kind=last.kind, detail=last.detail, retry_at=last.retry_at, part=CANARY)


def _judge(look: Look, volume: Volume | None) -> Health:
    return Health(
        source=look.source,
        part=look.part,
        state=_state(look, volume),
        kind=look.kind,
        detail=look.detail,
        at=look.at,
        since=look.well_at,
        blind=look.blind,
        usual=volume.usual if volume else None,
    )


def _state(look: Look, volume: Volume | None) -> State:
    if look.kind in PASSING:
        return State.PARTLY
    if look.kind not in WELL:
        return State.BLIND
    return State.QUIET if volume is not None and volume.is_quiet else State.SEES
