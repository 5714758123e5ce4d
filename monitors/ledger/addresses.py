"""Addresses as keyed hashes: which are blocked, which got a mail too lately, which code confirms."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from monitors.ledger.tables import blocked_addresses, confirmations, cool_downs, profiles
from monitors.ledger.upsert import insert_into
from monitors.records import ProfileState


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A code somebody was sent, as its keyed hash."""

    code_mac: str
    sent_at: datetime
    expires_at: datetime
    attempts: int


def block(connection: Connection, address_mac: str, at: datetime) -> None:
    """Never write to this address again."""
    row = insert_into(connection, blocked_addresses).values(address_mac=address_mac, blocked_at=at)
    connection.execute(row.on_conflict_do_nothing())


def is_blocked(connection: Connection, address_mac: str) -> bool:
    """Whether somebody at this address asked to be left alone."""
    question = select(blocked_addresses.c.blocked_at).where(blocked_addresses.c.address_mac == address_mac)
    return connection.scalar(question) is not None


def cool_down(connection: Connection, address_mac: str, *, now: datetime, until: datetime) -> bool:
    """Start a cool-down, or give False where one still runs; what is over is forgotten.

    It is kept apart from profiles, so that erasing one and registering again does not get around it.
    """
    connection.execute(delete(cool_downs).where(cool_downs.c.until <= now))
    row = insert_into(connection, cool_downs).values(address_mac=address_mac, until=until).on_conflict_do_nothing()
    # psycopg gives no count of an INSERT; what it returns is there or not.
    return connection.scalar(row.returning(cool_downs.c.until)) is not None


def put_confirmation(
    connection: Connection, profile_id: str, code_mac: str, *, sent_at: datetime, expires_at: datetime
) -> None:
    """Write the code a profile waits for over an earlier one."""
    fresh = {"code_mac": code_mac, "sent_at": sent_at, "expires_at": expires_at, "attempts": 0}
    row = insert_into(connection, confirmations).values(profile_id=profile_id, **fresh)
    connection.execute(row.on_conflict_do_update(index_elements=["profile_id"], set_=fresh))


def count_attempt(connection: Connection, profile_id: str) -> Confirmation | None:
    """Give the code a profile waits for, this attempt counted; None when it waits for none."""
    connection.execute(
        update(confirmations)
        .where(confirmations.c.profile_id == profile_id)
        .values(attempts=confirmations.c.attempts + 1)
    )
    columns = (confirmations.c[name] for name in Confirmation.__dataclass_fields__)
    row = connection.execute(select(*columns).where(confirmations.c.profile_id == profile_id)).mappings().one_or_none()
    return None if row is None else Confirmation(**row)


def forget_confirmation(connection: Connection, profile_id: str) -> None:
    """Delete the code: it works once."""
    connection.execute(delete(confirmations).where(confirmations.c.profile_id == profile_id))


def unconfirmed(connection: Connection, now: datetime) -> tuple[str, ...]:
    """Give the pending profiles whose code ran out before anybody used it."""
    question = select(confirmations.c.profile_id).join(profiles, profiles.c.id == confirmations.c.profile_id)
    ran_out = (confirmations.c.expires_at <= now) & (profiles.c.state == ProfileState.PENDING.value)
    return tuple(connection.scalars(question.where(ran_out).order_by(confirmations.c.expires_at)))
