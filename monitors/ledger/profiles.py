"""Watch profiles: their state in plain columns, everything about the person sealed.

The column ``state`` is the truth; the sealed record's state is put right whenever it is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from monitors.codec import from_line, to_line
from monitors.ledger.cipher import Cipher
from monitors.ledger.photos import put_apart
from monitors.ledger.tables import profiles
from monitors.ledger.verdicts import latest_about_her
from monitors.records import ProfileState, WatchProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileStatus:
    """What can be known of a profile without its key."""

    id: str
    state: ProfileState
    created_at: datetime
    confirmed_at: datetime | None
    withdraw_asked_at: datetime | None
    erase_at: datetime | None
    address_mac: str


def create(connection: Connection, profile_id: str, *, address_mac: str, at: datetime) -> None:
    """Make the row of a pending profile; its key comes next, then its record by ``put``."""
    connection.execute(
        insert(profiles).values(
            id=profile_id,
            state=ProfileState.PENDING.value,
            created_at=at,
            changed_at=at,
            address_mac=address_mac,
            sealed=b"",
        )
    )


def put(connection: Connection, cipher: Cipher, profile: WatchProfile, at: datetime) -> None:
    """Seal the record over what was there; the state is left to ``move``. What is large of photos is kept apart."""
    record = put_apart(connection, cipher, profile)
    sealed = cipher.seal(profile.id, to_line(record), label=_label(profile.id))
    connection.execute(update(profiles).where(profiles.c.id == profile.id).values(sealed=sealed, changed_at=at))


def get(connection: Connection, cipher: Cipher, profile_id: str) -> WatchProfile | None:
    """Open one profile; None when there is none."""
    row = connection.execute(_records().where(profiles.c.id == profile_id)).mappings().one_or_none()
    return None if row is None else _open(cipher, row)


def in_state(connection: Connection, cipher: Cipher, state: ProfileState) -> tuple[WatchProfile, ...]:
    """Open every profile in a state, the oldest first; no other is decrypted."""
    rows = connection.execute(
        _records().where(profiles.c.state == state.value).order_by(profiles.c.created_at, profiles.c.id)
    )
    return tuple(_open(cipher, row) for row in rows.mappings())


def status_of(connection: Connection, profile_id: str, *, lock: bool = False) -> ProfileStatus | None:
    """Give what is known without the key; with ``lock`` nobody else changes this profile until the block ends."""
    question = _statuses().where(profiles.c.id == profile_id)
    # key_share: rows that refer to this profile may still be added.
    question = question.with_for_update(key_share=True) if lock else question
    row = connection.execute(question).mappings().one_or_none()
    return None if row is None else _status(row)


def statuses(connection: Connection) -> tuple[ProfileStatus, ...]:
    """Give every profile without opening one, the oldest first."""
    rows = connection.execute(_statuses().order_by(profiles.c.created_at, profiles.c.id)).mappings()
    return tuple(_status(row) for row in rows)


def changed(connection: Connection) -> dict[str, str]:
    """Give a mark of what they are now for the working profiles that changed since the last ``set_looked_back``.

    Registered, confirmed, resumed, stored anew or taught by a verdict on whom a post is about: each is a change.
    """
    taught = latest_about_her(connection)
    working = select(profiles.c.id, profiles.c.changed_at, profiles.c.looked_back)
    rows = connection.execute(working.where(profiles.c.state == ProfileState.ACTIVE.value))
    marks = {row.id: (f"{row.changed_at.isoformat()} {taught.get(row.id, 0)}", row.looked_back) for row in rows}
    return {profile_id: mark for profile_id, (mark, known) in marks.items() if mark != known}


def set_looked_back(connection: Connection, marks: Mapping[str, str]) -> None:
    """Say that the stored posts were looked through for profiles as they were when these marks were given."""
    for profile_id, mark in marks.items():
        connection.execute(update(profiles).where(profiles.c.id == profile_id).values(looked_back=mark))


def due_for_erasure(connection: Connection, now: datetime) -> tuple[str, ...]:
    """Give the withdrawn profiles whose grace is over, the longest waiting first."""
    over = (profiles.c.erase_at <= now) & (profiles.c.state == ProfileState.WITHDRAWING.value)
    return tuple(connection.scalars(select(profiles.c.id).where(over).order_by(profiles.c.erase_at)))


def count_of_address(connection: Connection, address_mac: str) -> int:
    """Give how many profiles an address confirmed or was asked to confirm."""
    question = select(func.count()).select_from(profiles).where(profiles.c.address_mac == address_mac)
    return connection.scalar(question) or 0


def move(
    connection: Connection,
    profile_id: str,
    state: ProfileState,
    at: datetime,
    *,
    come_from: Sequence[ProfileState],
    **times: datetime | None,
) -> bool:
    """Change the state where it is one of ``come_from``; False when it was not. ``times`` are further columns."""
    changed = connection.execute(
        update(profiles)
        .where(profiles.c.id == profile_id, profiles.c.state.in_([known.value for known in come_from]))
        .values(state=state.value, changed_at=at, **times)
    )
    return changed.rowcount == 1


def erase(connection: Connection, profile_id: str) -> bool:
    """Delete a profile with its key and every row of it; False when there was none."""
    return connection.execute(delete(profiles).where(profiles.c.id == profile_id)).rowcount == 1


def _records() -> Select[Any]:
    return select(profiles.c.id, profiles.c.state, profiles.c.sealed)


def _statuses() -> Select[Any]:
    return select(*(profiles.c[name] for name in ProfileStatus.__dataclass_fields__))


def _open(cipher: Cipher, row: RowMapping) -> WatchProfile:
    record = from_line(WatchProfile, cipher.open(row["id"], row["sealed"], label=_label(row["id"])))
    return replace(record, state=ProfileState(row["state"]))


def _status(row: RowMapping) -> ProfileStatus:
    return ProfileStatus(**{**row, "state": ProfileState(row["state"])})


def _label(profile_id: str) -> str:
    return f"profiles:{profile_id}"
