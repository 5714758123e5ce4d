"""What cannot wait for the morning: urgent hits alone, at most one mail an hour a profile."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitors.alerts.compose import Edition, put_edition
from monitors.alerts.coverage import Coverage
from monitors.alerts.daily import for_each_active
from monitors.alerts.desk import Desk
from monitors.alerts.digest import is_alerted
from monitors.ledger import digests, hits, outbox, profiles
from monitors.ledger.engine import Ledger
from monitors.ledger.outbox import MailKind
from monitors.records import Hit, ProfileState, Severity

APART = timedelta(hours=1)
"""More often than this a mail helps nobody; what comes meanwhile is in the next one."""


def queue_urgent(ledger: Ledger, desk: Desk, now: datetime) -> list[str]:
    """Put a mail into the outbox for every profile with urgent hits that no mail told of; give the ids made.

    What is told here is not told again in the digest of the day.
    """
    return for_each_active(ledger, lambda profile_id: queue_urgent_of(ledger, desk, profile_id, now))


def queue_urgent_of(ledger: Ledger, desk: Desk, profile_id: str, now: datetime) -> str | None:
    """Make the urgent mail of one profile; None when nothing is urgent, or the last one left within the hour."""
    with ledger.reading() as connection:
        if not _urgent_hits(connection, desk, profile_id, now):
            return None
    with ledger.writing() as connection:
        status = profiles.status_of(connection, profile_id, lock=True)
        profile = profiles.get(connection, desk.vault, profile_id)
        told = _urgent_hits(connection, desk, profile_id, now)
        if profile is None or status is None or status.state is not ProfileState.ACTIVE or not told:
            return None
        day = now.astimezone(ZoneInfo(profile.schedule.timezone)).date()
        digest_id = digests.digest_id(profile_id, MailKind.URGENT.value, day, told[0].id)
        nowhere = Coverage(seen=(), partly=(), unseen=())
        edition = Edition(kind=MailKind.URGENT, day=day, made_at=now, hits=told, coverage=nowhere)
        put_edition(connection, desk, profile, edition, digest_id)
        return digest_id


def _urgent_hits(connection: Connection, desk: Desk, profile_id: str, now: datetime) -> list[Hit]:
    last = outbox.last_made_at(connection, profile_id, MailKind.URGENT)
    if last is not None and now - last < APART:
        return []
    due = hits.due(connection, desk.vault, profile_id, benign_since=now)
    return [hit for hit in due if hit.severity is Severity.URGENT and is_alerted(hit)]
