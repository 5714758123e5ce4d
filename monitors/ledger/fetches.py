"""How every fetch ended: what makes an empty day different from a blind one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Subquery, and_, delete, func, insert, select

from monitors.ledger.tables import fetches
from monitors.records import FetchKind, FetchOutcome

INWARD = ("stored",)
"""Sources that look at what is stored here, not at a platform: no look, so that nobody is told of one."""
WELL = (FetchKind.OK, FetchKind.EMPTY)
"""The source was looked at; every other kind is a blind poll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How looking at one part of a source last ended.

    ``well_at`` is when it last ended well, None: never. ``blind`` counts the polls in a row that did not, ``posts``
    what was received since the moment that was asked about.
    """

    source: str
    part: str
    kind: FetchKind
    detail: str
    at: datetime
    retry_at: datetime | None
    well_at: datetime | None
    blind: int
    posts: int


def record(connection: Connection, source: str, outcome: FetchOutcome, *, posts: int, at: datetime) -> None:
    """Store how a fetch ended and how many posts it received, readable or not."""
    connection.execute(
        insert(fetches).values(
            source=source,
            part=outcome.part,
            kind=outcome.kind.value,
            detail=outcome.detail[:200],
            posts=posts,
            retry_at=outcome.retry_at,
            at=at,
        )
    )


def looks(connection: Connection, *, since: datetime) -> tuple[Look, ...]:
    """Give the last look at each part of each source asked since then; what was not asked since is not named."""
    recent, well, blind = _recent(since), _well(), _blind()
    question = (
        select(fetches, recent.c.received, well.c.well_at, blind.c.number)
        .join(recent, recent.c.last == fetches.c.id)
        .outerjoin(well, _same_part(well))
        .outerjoin(blind, _same_part(blind))
        .order_by(fetches.c.source, fetches.c.part)
    )
    return tuple(_look(row) for row in connection.execute(question))


def daily(connection: Connection, *, since: datetime, until: datetime) -> dict[str, tuple[int, ...]]:
    """Give what each source received on each calendar day (UTC) between these moments on which it was asked."""
    day = func.date(fetches.c.at)
    question = (
        select(fetches.c.source, day.label("day"), func.sum(fetches.c.posts).label("received"))
        .where((fetches.c.at >= since) & (fetches.c.at < until))
        .group_by(fetches.c.source, day)
        .order_by(fetches.c.source, day)
    )
    found: dict[str, tuple[int, ...]] = {}
    for row in connection.execute(question):
        found[row.source] = (*found.get(row.source, ()), int(row.received))
    return found


def received(connection: Connection, *, since: datetime) -> dict[str, int]:
    """Give how many posts each source received since then."""
    question = select(fetches.c.source, func.sum(fetches.c.posts).label("received")).where(fetches.c.at >= since)
    return {row.source: int(row.received) for row in connection.execute(question.group_by(fetches.c.source))}


def forget(connection: Connection, *, before: datetime) -> int:
    """Delete fetches before that moment, and give how many."""
    return connection.execute(delete(fetches).where(fetches.c.at < before)).rowcount


def _look(row: Row[Any]) -> Look:
    return Look(
        source=row.source,
        part=row.part,
        kind=FetchKind(row.kind),
        detail=row.detail,
        at=row.at,
        retry_at=row.retry_at,
        well_at=row.well_at,
        blind=row.number or 0,
        posts=row.received,
    )


def _recent(since: datetime) -> Subquery:
    question = select(func.max(fetches.c.id).label("last"), func.sum(fetches.c.posts).label("received"))
    return (
        question.where(fetches.c.at >= since, fetches.c.source.not_in(INWARD))
        .group_by(fetches.c.source, fetches.c.part)
        .subquery()
    )


def _well() -> Subquery:
    parts = select(
        fetches.c.source,
        fetches.c.part,
        func.max(fetches.c.id).label("id"),
        func.max(fetches.c.at, type_=fetches.c.at.type).label("well_at"),
    )
    is_well = fetches.c.kind.in_([kind.value for kind in WELL])
    return parts.where(is_well).group_by(fetches.c.source, fetches.c.part).subquery()


def _blind() -> Subquery:
    well = _well()
    parts = select(fetches.c.source, fetches.c.part, func.count().label("number")).outerjoin(well, _same_part(well))
    after = fetches.c.id > func.coalesce(well.c.id, 0)
    return parts.where(after).group_by(fetches.c.source, fetches.c.part).subquery()


def _same_part(other: Subquery) -> Any:
    return and_(other.c.source == fetches.c.source, other.c.part == fetches.c.part)
