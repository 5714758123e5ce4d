"""The digest of the day: made once, in one transaction with the mails that tell of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from monitors.alerts.compose import Copy, daily_edition, put_edition, write_copies
from monitors.alerts.desk import Desk
from monitors.alerts.schedule import due_day
from monitors.errors import MonitorError, StopRun
from monitors.ledger import audit, digests, profiles
from monitors.ledger.engine import Ledger
from monitors.ledger.outbox import MailKind
from monitors.records import ProfileState, WatchProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A profile whose digest should have been made by now, and of which day of hers."""

    profile: WatchProfile
    day: date
    digest_id: str


def queue_digests(ledger: Ledger, desk: Desk, now: datetime) -> list[str]:
    """Make every digest that is due and put its mails into the outbox; give the ids of the new ones.

    Run twice, the second run makes nothing. A profile that cannot be read stops no other; StopRun tells of it in
    the end.
    """
    return for_each_active(ledger, lambda profile_id: queue_digest(ledger, desk, profile_id, now))


def queue_digest(ledger: Ledger, desk: Desk, profile_id: str, now: datetime) -> str | None:
    """Make the digest that is due for one profile; None when none is."""
    with ledger.reading() as connection:
        if find_due(connection, desk, profile_id, now) is None:
            return None
    with ledger.writing() as connection:
        # Two runs at once: the second waits here, and then finds it made.
        profiles.status_of(connection, profile_id, lock=True)
        due = find_due(connection, desk, profile_id, now)
        if due is None:
            return None
        edition = daily_edition(connection, desk, profile_id, due.day, now)
        put_edition(connection, desk, due.profile, edition, due.digest_id)
        return due.digest_id


def preview_digest(ledger: Ledger, desk: Desk, profile_id: str, now: datetime) -> list[Copy]:
    """Write what the next digest would say, and change nothing. Raises StopRun for an unknown profile."""
    with ledger.reading() as connection:
        profile = profiles.get(connection, desk.vault, profile_id)
        if profile is None:
            raise StopRun(f"there is no profile {profile_id}", advice="`shouwang profile list` names them")
        today = now.astimezone(ZoneInfo(profile.schedule.timezone)).date()
        return write_copies(connection, desk, profile, daily_edition(connection, desk, profile_id, today, now))


def find_due(connection: Connection, desk: Desk, profile_id: str, now: datetime) -> Due | None:
    """Say which digest of a profile is due and not made yet; None when there is none, or it is not being watched."""
    status = profiles.status_of(connection, profile_id)
    if status is None or status.state is not ProfileState.ACTIVE or status.confirmed_at is None:
        return None
    profile = profiles.get(connection, desk.vault, profile_id)
    if profile is None:
        return None
    since = max([status.confirmed_at, *_resumed(connection, profile_id)])
    day = due_day(profile.schedule, watched_since=since, now=now)
    if day is None:
        return None
    digest_id = digests.digest_id(profile_id, MailKind.DIGEST.value, day)
    return None if digests.exists(connection, digest_id) else Due(profile=profile, day=day, digest_id=digest_id)


def _resumed(connection: Connection, profile_id: str) -> list[datetime]:
    return [entry.at for entry in audit.entries_of(connection, profile_id) if entry.action == "resumed"]


def for_each_active(ledger: Ledger, make: Callable[[str], str | None]) -> list[str]:
    """Make something for every profile that is watched; what fails for one is raised once all others are through."""
    with ledger.reading() as connection:
        watched = [status.id for status in profiles.statuses(connection) if status.state is ProfileState.ACTIVE]
    made, failed = list[str](), dict[str, MonitorError]()
    for profile_id in watched:
        try:
            digest_id = make(profile_id)
        except MonitorError as error:
            failed[profile_id] = error
        else:
            made += [digest_id] if digest_id else []
    if failed:
        first = next(iter(failed.values()))
        raise StopRun(f"no digest for {', '.join(failed)}: {first}", advice=first.advice) from first
    return made
