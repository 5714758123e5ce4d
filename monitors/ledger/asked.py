"""What each source was asked for, by keyed hashes: when, and how often in a row it yielded nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, select

from monitors.ledger.tables import asked
from monitors.ledger.upsert import insert_into

WINDOW = timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is remembered of one term at one source."""

    at: datetime
    dry: int


def of_source(connection: Connection, source: str) -> Mapping[str, Question]:
    """Give what this source was asked for, by the terms' keyed hashes."""
    rows = connection.execute(select(asked.c.term_mac, asked.c.at, asked.c.dry).where(asked.c.source == source))
    return {row.term_mac: Question(at=row.at, dry=row.dry) for row in rows}


def note(connection: Connection, source: str, macs: Collection[str], *, yielded: Collection[str], at: datetime) -> None:
    """Write down that a source was asked for these terms, and which of them yielded anything.

    Asked twice within ``WINDOW`` counts once: somebody who tries something is no proof that a term is dry.
    """
    if not macs:
        return
    rows = [{"source": source, "term_mac": mac, "at": at, "dry": int(mac not in yielded)} for mac in sorted(macs)]
    row = insert_into(connection, asked)
    is_soon = asked.c.at > at - WINDOW
    dry = case((row.excluded.dry == 0, 0), (is_soon, asked.c.dry), else_=asked.c.dry + 1)
    changed = {"at": case((is_soon, asked.c.at), else_=row.excluded.at), "dry": dry}
    connection.execute(row.on_conflict_do_update(index_elements=["source", "term_mac"], set_=changed), rows)


def forget(connection: Connection, *, before: datetime) -> int:
    """Forget what nobody asked for since then, and give how many terms that were."""
    return connection.execute(delete(asked).where(asked.c.at < before)).rowcount
