"""Looking at the posts of hits again: when, and what was found.

A hit's post is *up*, *edited* (up, with other words), *gone*, or *unreachable* (nobody can say). Rows go with their
hits. ``up_at`` begins with the moment a post was found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, select, update

from monitors.ledger.hits import PROVED
from monitors.ledger.tables import hits, profiles, watches
from monitors.ledger.upsert import insert_into
from monitors.records import ProfileState, Severity

CHUNK = 500


class Presence(StrEnum):
    """Whether a post is still where it was."""

    WAITING = "waiting"
    UP = "up"
    EDITED = "edited"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    NOT_WATCHABLE = "not_watchable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is known of one hit's post since it was found. ``next_at`` None: it is looked at no more."""

    hit_id: str
    profile_id: str
    found_at: datetime
    state: Presence
    up_at: datetime
    next_at: datetime | None = None
    tries: int = 0
    detail: str = ""
    looked_at: datetime | None = None
    gone_at: datetime | None = None
    content_sha256: str = ""


def enrol(connection: Connection, *, after: timedelta) -> int:
    """Begin with every proved hit she is told of that has no watch yet, and give how many.

    Its first look is so long after it was found.
    """
    known = select(watches.c.hit_id)
    is_told = hits.c.stage.in_(PROVED) & (hits.c.severity != Severity.NONE.value)
    new = connection.execute(select(hits.c.id, hits.c.found_at).where(is_told & hits.c.id.not_in(known)))
    rows = [
        {
            "hit_id": row.id,
            "next_at": row.found_at + after,
            "up_at": row.found_at,
            "tries": 0,
            "state": Presence.WAITING.value,
        }
        for row in new
    ]
    if rows:  # two runs at once: the second finds them there
        connection.execute(insert_into(connection, watches).on_conflict_do_nothing(), rows)
    return len(rows)


def due(connection: Connection, now: datetime, *, most: int) -> tuple[Watch, ...]:
    """Give the watches whose time has come, of people who are being watched over, the longest waiting first."""
    active = (profiles.c.state == ProfileState.ACTIVE.value) & (hits.c.severity != Severity.NONE.value)
    question = _watches().where(active & (watches.c.next_at <= now)).order_by(watches.c.next_at, watches.c.hit_id)
    return tuple(_watch(row) for row in connection.execute(question.limit(most)).mappings())


def put(connection: Connection, watch: Watch) -> None:
    """Store what was found; a watch whose hit is gone meanwhile stays gone."""
    changed = {name: getattr(watch, name) for name in _STORED} | {"state": watch.state.value}
    connection.execute(update(watches).where(watches.c.hit_id == watch.hit_id).values(**changed))


def of_hits(connection: Connection, hit_ids: Iterable[str]) -> dict[str, Watch]:
    """Give the watches of these hits, by the hit's id; a hit without one is left out."""
    wanted, found = list(hit_ids), dict[str, Watch]()
    for start in range(0, len(wanted), CHUNK):
        rows = connection.execute(_watches().where(watches.c.hit_id.in_(wanted[start : start + CHUNK]))).mappings()
        found |= {row["hit_id"]: _watch(row) for row in rows}
    return found


def gone_since(connection: Connection, profile_id: str, since: datetime) -> int:
    """Count a profile's posts a digest told of that were seen to be gone after that moment, and that still are."""
    gone = (hits.c.profile_id == profile_id) & hits.c.digest_id.is_not(None) & (watches.c.gone_at > since)
    question = select(func.count()).select_from(watches.join(hits, hits.c.id == watches.c.hit_id))
    return int(connection.scalar(question.where(gone & (watches.c.state == Presence.GONE.value))) or 0)


def _watches() -> Select[Any]:
    return (
        select(watches, hits.c.profile_id, hits.c.found_at)
        .join(hits, hits.c.id == watches.c.hit_id)
        .join(profiles, profiles.c.id == hits.c.profile_id)
    )


def _watch(row: RowMapping) -> Watch:
    return Watch(**{name: row[name] for name in Watch.__dataclass_fields__} | {"state": Presence(row["state"])})


_STORED = ("next_at", "tries", "detail", "looked_at", "up_at", "gone_at", "content_sha256")
