"""Sending what waits in the outbox: every mail leaves once, as far as SMTP allows."""

from collections import Counter
from datetime import datetime, timedelta

from monitors.alerts.compose import GAVE_UP
from monitors.alerts.links import LIFETIMES, Purpose
from monitors.alerts.mailer import Delivery, DeliveryKind, Mailer
from monitors.errors import StopRun
from monitors.ledger import outbox
from monitors.ledger.cipher import Cipher
from monitors.ledger.engine import Ledger
from monitors.ledger.outbox import OutboxMail
from monitors.logs import log

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=24)
MOST_ATTEMPTS = 14
"""A week of trying: seven within the first day, then one a day. Time in which nothing ran is no try."""
TOO_OLD = LIFETIMES[Purpose.HITS]
"""A mail held back this long (its profile was paused) has dead links and leaves no more."""


def send_due(ledger: Ledger, cipher: Cipher, mailer: Mailer, now: datetime) -> Counter[DeliveryKind]:
    """Send what may leave by now and count what became of it; a bad recipient stops no other.

    Several senders may run at once. When the mail server cannot be reached the rest waits in the outbox.
    """
    counts: Counter[DeliveryKind] = Counter()
    while mail := _claim(ledger, now):
        delivery = _deliver(ledger, cipher, mailer, mail, now)
        _settle(ledger, mail, delivery, now)
        counts[delivery.kind] += 1
        if delivery.kind is DeliveryKind.NO_SERVER:
            break
    log.info("mail", **{kind.value: counts[kind] for kind in DeliveryKind})
    return counts


def next_attempt(attempts: int, now: datetime) -> datetime:
    """When a mail that failed for the time being is tried again: after 1, 4, 16 … minutes, at most a day."""
    # From the sixth failure on it is a day; the power need not grow without end.
    return now + min(FIRST_RETRY * float(4 ** min(attempts - 1, 6)), LAST_RETRY)


def _claim(ledger: Ledger, now: datetime) -> OutboxMail | None:
    with ledger.writing() as connection:
        return outbox.claim(connection, now)


def _deliver(ledger: Ledger, cipher: Cipher, mailer: Mailer, mail: OutboxMail, now: datetime) -> Delivery:
    if now - mail.made_at >= TOO_OLD:
        return Delivery(kind=DeliveryKind.REFUSED, problem=f"{GAVE_UP} too_old")
    try:
        with ledger.reading() as connection:
            letter = outbox.open_letter(connection, cipher, mail)
    except StopRun:
        # The key may come back with the operator; until then no other mail waits for this one.
        return Delivery(kind=DeliveryKind.LATER, problem="unreadable")
    if letter is None:
        return Delivery(kind=DeliveryKind.REFUSED, problem="withdrawn")
    return mailer.send(letter.address, letter.message)


def _settle(ledger: Ledger, mail: OutboxMail, delivery: Delivery, now: datetime) -> None:
    with ledger.writing() as connection:
        if delivery.kind is DeliveryKind.SENT:
            outbox.mark_sent(connection, mail, now)
        elif delivery.kind is DeliveryKind.REFUSED:
            outbox.mark_failed(connection, mail, delivery.problem)
        elif mail.attempts >= MOST_ATTEMPTS:
            outbox.mark_failed(connection, mail, f"{GAVE_UP} {delivery.problem}")
        else:
            outbox.put_off(connection, mail, next_attempt(mail.attempts, now), delivery.problem)
