"""Mails about the watch itself: confirm it, end it, and what ending it will do.

Each is queued in the transaction of the act it tells of, and leaves also while nothing is watched.
"""

from datetime import datetime

from sqlalchemy import Connection

from monitors.alerts.desk import Desk
from monitors.alerts.links import Purpose
from monitors.alerts.render import render
from monitors.ledger.outbox import MailKind
from monitors.profiles import registration, withdrawal
from monitors.profiles.checks import confirming_address
from monitors.records import Recipient, WatchProfile


def queue_confirmation(connection: Connection, desk: Desk, profile: WatchProfile, code: str, now: datetime) -> None:
    """Ask the owner of the confirming address; the mail holds nothing that was typed by whoever registered."""
    recipient, reader = _confirming(desk, profile)
    _post(
        connection,
        desk,
        profile,
        MailKind.CONFIRMATION,
        now,
        code=_spaced(code),
        confirm=desk.address(Purpose.CONFIRM, profile.id, reader, now, code),
        not_me=desk.address(Purpose.NOT_ME, profile.id, reader, now),
        until=now + registration.CONFIRM_WITHIN,
        recipient=recipient,
    )


def queue_withdrawal(connection: Connection, desk: Desk, profile: WatchProfile, code: str, now: datetime) -> None:
    """Ask her a second time whether everything shall go."""
    recipient, reader = _confirming(desk, profile)
    _post(
        connection,
        desk,
        profile,
        MailKind.WITHDRAWAL,
        now,
        code=_spaced(code),
        confirm=desk.address(Purpose.CONFIRM_WITHDRAWAL, profile.id, reader, now, code),
        days=withdrawal.GRACE.days,
        until=now + withdrawal.CONFIRM_WITHIN,
        recipient=recipient,
    )


def queue_withdrawn(
    connection: Connection, desk: Desk, profile: WatchProfile, erase_at: datetime, now: datetime
) -> None:
    """Tell her the day everything goes, and where she can make it sooner or keep it."""
    recipient, reader = _confirming(desk, profile)
    _post(
        connection,
        desk,
        profile,
        MailKind.WITHDRAWN,
        now,
        page=desk.address(Purpose.WITHDRAWN, profile.id, reader, now),
        erase_at=erase_at,
        recipient=recipient,
    )


def _confirming(desk: Desk, profile: WatchProfile) -> tuple[Recipient, str]:
    address = confirming_address(profile)
    recipient = next(one for one in profile.recipients if one.address == address)
    return recipient, desk.reader(recipient)


def _post(
    connection: Connection,
    desk: Desk,
    profile: WatchProfile,
    kind: MailKind,
    now: datetime,
    *,
    recipient: Recipient,
    **told: object,
) -> None:
    mail = render(kind.value, language=recipient.language, timezone=profile.schedule.timezone, **told)
    # Asked for again there is a new code, and so a new mail.
    key = f"{kind.value}\n{profile.id}\n{now.isoformat()}"
    desk.post(connection, mail, profile_id=profile.id, recipient=recipient, kind=kind, key=key, now=now)


def _spaced(code: str) -> str:
    middle = len(code) // 2
    return f"{code[:middle]} {code[middle:]}"
