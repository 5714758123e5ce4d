"""Bytes nobody could read as a post: kept for a while with the place and the reason, so that they can be replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, select

from monitors.ledger.tables import quarantine
from monitors.ledger.upsert import insert_into
from monitors.records import Rejected, Stage

LARGEST = 256 * 1024
"""Bytes kept of one item: enough for any post; a longer one is cut and its reason says so."""
CUT = "+cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """What was set aside, by whom and when."""

    id: str
    source: str
    stage: Stage
    rejected: Rejected
    at: datetime


def put(connection: Connection, source: str, stage: Stage, rejected: Sequence[Rejected], at: datetime) -> None:
    """Set bytes aside; the same bytes at the same place are one item however often they come."""
    for item in rejected:
        row = insert_into(connection, quarantine).values(
            id=_id_of(source, item),
            source=source,
            stage=stage.value,
            place=item.place,
            reason=item.reason + (CUT if len(item.content) > LARGEST else ""),
            content=item.content[:LARGEST],
            at=at,
        )
        connection.execute(row.on_conflict_do_nothing())


def of_source(connection: Connection, source: str) -> tuple[Quarantined, ...]:
    """Give what was set aside of a source, the oldest first."""
    rows = connection.execute(
        select(quarantine).where(quarantine.c.source == source).order_by(quarantine.c.at, quarantine.c.id)
    )
    return tuple(
        Quarantined(
            id=row.id,
            source=row.source,
            stage=Stage(row.stage),
            rejected=Rejected(content=row.content, place=row.place, reason=row.reason),
            at=row.at,
        )
        for row in rows
    )


def reasons_since(connection: Connection, source: str, moment: datetime) -> dict[str, str]:
    """Give why each place of a source could not be read that was set aside since that moment."""
    recent = (quarantine.c.source == source) & (quarantine.c.at >= moment)
    rows = connection.execute(select(quarantine.c.place, quarantine.c.reason).where(recent))
    return {row.place: row.reason for row in rows}


def forget(connection: Connection, *, before: datetime) -> int:
    """Delete what was set aside before that moment, and give how many items went."""
    return connection.execute(delete(quarantine).where(quarantine.c.at < before)).rowcount


def _id_of(source: str, item: Rejected) -> str:
    return sha256(b"\0".join((source.encode(), item.place.encode(), item.content))).hexdigest()[:32]
