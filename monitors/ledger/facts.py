"""Single facts about this installation: counters, when the key was backed up, which master key fits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from monitors.ledger.tables import facts
from monitors.ledger.upsert import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A value and when it was written."""

    value: str
    at: datetime


def put(connection: Connection, key: str, value: str, at: datetime) -> None:
    """Write a fact over what was there."""
    row = insert_into(connection, facts).values(key=key, value=value, at=at)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value, "at": at}))


def get(connection: Connection, key: str) -> Fact | None:
    """Read a fact; None when it was never written."""
    row = connection.execute(select(facts.c.value, facts.c.at).where(facts.c.key == key)).one_or_none()
    return None if row is None else Fact(value=row.value, at=row.at)


def forget(connection: Connection, key: str) -> None:
    """Delete a fact; an unknown one is no error."""
    connection.execute(delete(facts).where(facts.c.key == key))


def take_numbers(connection: Connection, key: str, count: int, at: datetime) -> range:
    """Take the next ``count`` numbers of a counter; they are never given again.

    Who takes numbers at the same time waits until this transaction ends, so that a lower number is never seen
    after a higher one. Numbers of a transaction that failed are given again.
    """
    connection.execute(insert_into(connection, facts).values(key=key, value="0", at=at).on_conflict_do_nothing())
    last = connection.scalar(select(facts.c.value).where(facts.c.key == key).with_for_update())
    start = int(last or 0) + 1
    put(connection, key, str(start + count - 1), at)
    return range(start, start + count)
