"""The outbox: a mail is written in the transaction of what it tells, and leaves it as sent or failed.

A sender claims a mail by moving its next attempt a lease ahead, so that two senders never hold the same one. A sender
that dies leaves the claim to run out, and the mail is sent again under the same Message-ID.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, or_, select, update

from monitors.codec import from_line, to_line
from monitors.ledger.cipher import Cipher
from monitors.ledger.tables import outbox, profiles
from monitors.records import ProfileState

LEASE = timedelta(minutes=15)
"""Longer than any mail server takes: each of a dozen answers may take the 30 seconds of the mailer's time-out."""


class MailKind(StrEnum):
    """What a mail is. Only those of ``WATCHING`` wait while a profile is paused."""

    DIGEST = "digest"
    URGENT = "urgent"
    CONFIRMATION = "confirmation"
    WITHDRAWAL = "withdrawal"
    WITHDRAWN = "withdrawn"


WATCHING = frozenset({MailKind.DIGEST, MailKind.URGENT})


class MailState(StrEnum):
    """Where a mail stands."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sealed of a mail: to whom, also as a keyed hash, and the message as it goes over the wire."""

    address: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMail:
    """A mail without its letter. ``attempts`` counts claims, a sender's that died included."""

    id: str
    profile_id: str
    digest_id: str | None
    kind: MailKind
    state: MailState
    attempts: int
    made_at: datetime
    problem: str


def queue(
    connection: Connection,
    cipher: Cipher,
    letter: Letter,
    *,
    mail_id: str,
    profile_id: str,
    kind: MailKind,
    now: datetime,
    digest_id: str | None = None,
) -> None:
    """Put a mail into the outbox, due at once."""
    connection.execute(
        insert(outbox).values(
            id=mail_id,
            profile_id=profile_id,
            digest_id=digest_id,
            kind=kind.value,
            state=MailState.QUEUED.value,
            attempts=0,
            next_attempt_at=now,
            made_at=now,
            sealed=cipher.seal(profile_id, to_line(letter), label=_label(mail_id)),
        )
    )


def claim(connection: Connection, now: datetime) -> OutboxMail | None:
    """Take the mail that has waited longest, for the length of the lease; None when nothing is due."""
    due = (outbox.c.state == MailState.QUEUED.value) & (outbox.c.next_attempt_at <= now) & _may_leave()
    question = select(outbox.c.id).where(due).order_by(outbox.c.next_attempt_at, outbox.c.id).limit(1)
    mail_id = connection.scalar(question.with_for_update(skip_locked=True))
    if mail_id is None:
        return None
    claimed = {"attempts": outbox.c.attempts + 1, "next_attempt_at": now + LEASE}
    connection.execute(update(outbox).where(outbox.c.id == mail_id).values(**claimed))
    return _one(connection, mail_id)


def open_letter(connection: Connection, cipher: Cipher, mail: OutboxMail) -> Letter | None:
    """Open the letter of a mail; None when it was withdrawn meanwhile."""
    sealed = connection.scalar(select(outbox.c.sealed).where(outbox.c.id == mail.id))
    return None if sealed is None else _open(cipher, mail.profile_id, mail.id, sealed)


def mark_sent(connection: Connection, mail: OutboxMail, now: datetime) -> None:
    """Note that a server took the mail, whoever else claimed it meanwhile."""
    sent = {"state": MailState.SENT.value, "sent_at": now, "problem": ""}
    connection.execute(update(outbox).where(outbox.c.id == mail.id).values(**sent))


def put_off(connection: Connection, mail: OutboxMail, until: datetime, problem: str) -> None:
    """Try again at ``until``, unless another sender has claimed or sent it since."""
    connection.execute(update(outbox).where(_still_ours(mail)).values(next_attempt_at=until, problem=problem))


def mark_failed(connection: Connection, mail: OutboxMail, problem: str) -> None:
    """Give the mail up, unless another sender has claimed or sent it since."""
    connection.execute(update(outbox).where(_still_ours(mail)).values(state=MailState.FAILED.value, problem=problem))


def failed_since_last_sent(
    connection: Connection, cipher: Cipher, profile_id: str, recipient: str
) -> tuple[OutboxMail, ...]:
    """Give the mails that did not reach this recipient since one last did, oldest first."""
    failed: list[OutboxMail] = []
    told = outbox.c.kind.in_([kind.value for kind in WATCHING])
    rows = connection.execute(
        select(outbox).where(outbox.c.profile_id == profile_id, told).order_by(outbox.c.made_at, outbox.c.id)
    )
    for row in rows.mappings():
        if _open(cipher, profile_id, row["id"], row["sealed"]).recipient != recipient:
            continue
        mail = _mail(row)
        failed = [] if mail.state is MailState.SENT else [*failed, mail]
    return tuple(mail for mail in failed if mail.state is MailState.FAILED)


def last_made_at(connection: Connection, profile_id: str, kind: MailKind) -> datetime | None:
    """When the last mail of this kind was made for a profile."""
    ours = (outbox.c.profile_id == profile_id) & (outbox.c.kind == kind.value)
    made_at: datetime | None = connection.scalar(select(func.max(outbox.c.made_at)).where(ours))
    return made_at


def count_by_state(connection: Connection) -> dict[MailState, int]:
    """How many mails stand where; a state without mails is 0."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    found: dict[str, int] = {state: count for state, count in rows}  # noqa: C416 - a Row is no pair to mypy
    return {state: found.get(state.value, 0) for state in MailState}


def oldest_waiting(connection: Connection) -> datetime | None:
    """When the mail that has waited longest was made."""
    waiting = (outbox.c.state == MailState.QUEUED.value) & _may_leave()
    made_at: datetime | None = connection.scalar(select(func.min(outbox.c.made_at)).where(waiting))
    return made_at


def delete_made_before(connection: Connection, moment: datetime) -> int:
    """Delete the mails that are over and older than that, and give how many there were."""
    over = (outbox.c.state != MailState.QUEUED.value) & (outbox.c.made_at < moment)
    return connection.execute(delete(outbox).where(over)).rowcount


def _may_leave() -> ColumnElement[bool]:
    active = select(profiles.c.id).where(profiles.c.state == ProfileState.ACTIVE.value)
    return or_(outbox.c.kind.not_in([kind.value for kind in WATCHING]), outbox.c.profile_id.in_(active))


def _still_ours(mail: OutboxMail) -> ColumnElement[bool]:
    queued = outbox.c.state == MailState.QUEUED.value
    return (outbox.c.id == mail.id) & (outbox.c.attempts == mail.attempts) & queued


def _one(connection: Connection, mail_id: str) -> OutboxMail:
    return _mail(connection.execute(select(outbox).where(outbox.c.id == mail_id)).mappings().one())


def _mail(row: RowMapping) -> OutboxMail:
    columns = {name: row[name] for name in OutboxMail.__dataclass_fields__}
    return OutboxMail(**columns | {"kind": MailKind(row["kind"]), "state": MailState(row["state"])})


def _open(cipher: Cipher, profile_id: str, mail_id: str, sealed: bytes) -> Letter:
    return from_line(Letter, cipher.open(profile_id, sealed, label=_label(mail_id)))


def _label(mail_id: str) -> str:
    return f"outbox:{mail_id}"
