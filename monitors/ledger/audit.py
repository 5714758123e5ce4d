"""Who did what with a profile: she can read all of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from monitors.ledger.tables import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act. ``actor`` is a role or a keyed hash, ``subject`` an id; neither is a name or an address."""

    at: datetime
    actor: str
    action: str
    subject: str


def note(connection: Connection, profile_id: str, action: str, *, actor: str, at: datetime, subject: str = "") -> None:
    """Write down an act, in the transaction of the act itself."""
    connection.execute(insert(audit).values(profile_id=profile_id, action=action, actor=actor, at=at, subject=subject))


def entries_of(connection: Connection, profile_id: str) -> tuple[AuditEntry, ...]:
    """Give everything done with a profile, oldest first."""
    columns = (audit.c.at, audit.c.actor, audit.c.action, audit.c.subject)
    rows = connection.execute(select(*columns).where(audit.c.profile_id == profile_id).order_by(audit.c.id))
    return tuple(AuditEntry(**row) for row in rows.mappings())
