import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select, update
from typing_extensions import override

from monitors.alerts.daily import queue_digests
from monitors.alerts.mailer import Delivery, DeliveryKind, Mailer
from monitors.alerts.outbox import FIRST_RETRY, LAST_RETRY, next_attempt, send_due
from monitors.ledger import outbox, profiles
from monitors.ledger.engine import Ledger, open_engine
from monitors.ledger.outbox import LEASE, MailState
from monitors.ledger.tables import digests as digests_table
from monitors.ledger.tables import hits as hits_table
from monitors.ledger.tables import outbox as outbox_table
from monitors.profiles.vault import Vault
from monitors.records import ProfileState, Recipient
from tests.alerts.room import AFTER_EIGHT, HER, a_desk, a_mailer, find, some_hits, watch
from tests.builders import NOON, a_profile
from tests.servers.smtp import MailServer, Manner, mail_server

MASTER_KEY = bytes(32)
HELPERS = tuple(Recipient(address=f"helper-{number}@mail.example") for number in range(3))


@dataclass
class Scripted(Mailer):
    """Answers in turn what the test says, and remembers when it was asked."""

    answers: list[Delivery]
    asked: list[str] = field(default_factory=list)

    @override
    def send(self, to: str, message: bytes) -> Delivery:
        self.asked.append(to)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


SENT = Delivery(kind=DeliveryKind.SENT)
LATER = Delivery(kind=DeliveryKind.LATER, problem="recipient 451")


def states(ledger: Ledger) -> Counter[str]:
    with ledger.reading() as connection:
        return Counter(connection.scalars(select(outbox_table.c.state)))


def problems(ledger: Ledger) -> list[str]:
    with ledger.reading() as connection:
        return list(connection.scalars(select(outbox_table.c.problem)))


def test_mail_leaves_once(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    """What was sent is not sent again, however often senders run."""
    watch(ledger, vault, a_profile(recipients=(Recipient(address=HER), *HELPERS)))
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    counts = [send_due(ledger, vault, a_mailer(smtp), NOON + timedelta(hours=hour)) for hour in range(3)]

    assert [count[DeliveryKind.SENT] for count in counts] == [4, 0, 0]
    assert len(set(smtp.message_ids)) == len(smtp.received) == 4


def test_bad_recipient_stops_no_other(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """A refused address has failed at once, a busy one waits, and everybody else has the mail."""
    manners = {HELPERS[0].address: Manner.REFUSE, HELPERS[1].address: Manner.NOT_NOW}
    watch(ledger, vault, a_profile(recipients=(*HELPERS, Recipient(address=HER))))
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    with mail_server(tmp_path, manners=manners) as server:
        counts = send_due(ledger, vault, a_mailer(server), NOON)

    assert counts == {DeliveryKind.SENT: 2, DeliveryKind.REFUSED: 1, DeliveryKind.LATER: 1}
    assert {address for address, _ in server.received} == {HER, HELPERS[2].address}
    assert states(ledger) == {"sent": 2, "failed": 1, "queued": 1}


def test_mail_taken_by_a_server_that_hung_up_comes_again_with_the_same_id(
    ledger: Ledger, vault: Vault, tmp_path: Path
) -> None:
    """The one double that SMTP allows carries the same Message-ID and the same words."""
    watch(ledger, vault)
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    manners = {HER: Manner.TAKE_AND_HANG_UP}

    with mail_server(tmp_path, manners=manners) as server:
        send_due(ledger, vault, a_mailer(server), NOON)
        manners.clear()
        send_due(ledger, vault, a_mailer(server), NOON + FIRST_RETRY)

    first, second = server.mails_to(HER)
    assert first.as_bytes() == second.as_bytes()
    assert states(ledger) == {"sent": 1}


def test_without_a_server_nothing_is_lost(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    """When no server can be reached, one mail is tried and all wait."""
    watch(ledger, vault, a_profile(recipients=HELPERS))
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    away = Scripted([Delivery(kind=DeliveryKind.NO_SERVER, problem="unreachable")])

    send_due(ledger, vault, away, NOON)
    send_due(ledger, vault, a_mailer(smtp), NOON + timedelta(minutes=1))

    assert len(away.asked) == 1
    assert len(smtp.received) == 3


def test_mail_that_cannot_be_delivered_is_given_up_after_a_week(ledger: Ledger, vault: Vault) -> None:
    """A mail is tried again less and less often, for seven days; then it has failed."""
    watch(ledger, vault)
    queue_digests(ledger, a_desk(vault), NOON)
    mailer, now, tried = Scripted([LATER]), NOON, list[datetime]()

    while states(ledger)["queued"]:
        send_due(ledger, vault, mailer, now - timedelta(seconds=1))
        send_due(ledger, vault, mailer, now)
        tried.append(now)
        with ledger.reading() as connection:
            now = connection.scalars(select(outbox_table.c.next_attempt_at)).one()

    waits = [after - before for before, after in pairwise(tried)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (FIRST_RETRY, LAST_RETRY)
    assert timedelta(days=7) <= tried[-1] - NOON < timedelta(days=8)
    assert len(mailer.asked) == len(tried)
    assert states(ledger) == {"failed": 1}
    assert problems(ledger) == ["gave_up recipient 451"]


def test_mail_that_waited_untried_is_tried_first(ledger: Ledger, vault: Vault) -> None:
    """Days in which no mail server was set are no tries: the first failure does not give a mail up."""
    watch(ledger, vault)
    queue_digests(ledger, a_desk(vault), NOON)

    send_due(ledger, vault, Scripted([LATER]), NOON + timedelta(days=8))

    assert states(ledger)["queued"] == 1


@given(st.integers(1, 10_000))
def test_waits_are_bounded_and_grow(attempts: int) -> None:
    """However often a mail failed, it is tried again within a day, and never sooner than before."""
    wait = next_attempt(attempts, NOON) - NOON

    assert FIRST_RETRY <= wait <= LAST_RETRY
    assert wait <= next_attempt(attempts + 1, NOON) - NOON


def test_paused_profile_gets_nothing(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    """A digest that waits when she pauses does not leave, and leaves when she resumes."""
    her = watch(ledger, vault)
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    sent = []
    for state in (ProfileState.PAUSED, ProfileState.WITHDRAWING, ProfileState.ACTIVE):
        with ledger.writing() as connection:
            profiles.move(connection, her.id, state, NOON, come_from=list(ProfileState))
        sent.append(send_due(ledger, vault, a_mailer(smtp), NOON)[DeliveryKind.SENT])

    assert sent == [0, 0, 1]


def test_mail_held_back_too_long_leaves_no_more(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    """After a pause of weeks the old digest, whose links are dead, is not sent."""
    watch(ledger, vault)
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    send_due(ledger, vault, a_mailer(smtp), NOON + timedelta(days=20))

    assert smtp.received == []
    assert problems(ledger) == ["gave_up too_old"]


def test_withdrawn_mail_is_gone(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    """Erasing a profile takes its mails along."""
    her = watch(ledger, vault)
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)

    with ledger.writing() as connection:
        profiles.erase(connection, her.id)

    assert send_due(ledger, vault, a_mailer(smtp), NOON).total() == 0


def test_unreadable_mail_stops_no_other(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    """A mail whose bytes were changed waits for the operator; the next one leaves."""
    watch(ledger, vault, a_profile(recipients=HELPERS))
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    with ledger.writing() as connection:
        broken = connection.scalars(select(outbox_table.c.id).order_by(outbox_table.c.id)).first()
        connection.execute(update(outbox_table).where(outbox_table.c.id == broken).values(sealed=b"\x01changed"))

    send_due(ledger, vault, a_mailer(smtp), NOON)

    assert states(ledger) == {"sent": 2, "queued": 1}
    assert sorted(problems(ledger)) == ["", "", "unreadable"]


def test_two_senders_send_each_mail_once(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    """Senders that run at once never hold the same mail."""
    for number in range(12):
        watch(
            ledger, vault, a_profile(id=f"{number:032}", recipients=(Recipient(address=f"her-{number}@mail.example"),))
        )
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    start, failures = threading.Barrier(3), list[BaseException]()

    def run() -> None:
        try:
            start.wait()
            send_due(ledger, vault, a_mailer(smtp), NOON)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    senders = [threading.Thread(target=run) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert failures == []
    assert len(smtp.received) == len(set(smtp.message_ids)) == 12
    assert states(ledger) == {"sent": 12}


def test_two_makers_make_one_digest(ledger: Ledger, vault: Vault) -> None:
    """Two runs at the same moment make the digest once."""
    watch(ledger, vault)
    find(ledger, vault, *some_hits(3))
    start, made = threading.Barrier(3), list[Any]()

    def run() -> None:
        try:
            start.wait()
            made.extend(queue_digests(ledger, a_desk(vault), AFTER_EIGHT))
        except BaseException as error:  # noqa: BLE001 - handed to the test
            made.append(error)

    makers = [threading.Thread(target=run) for _ in range(3)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert len(made) == 1
    assert states(ledger) == {"queued": 1}


def test_late_sender_cannot_undo_a_sent_mail(ledger: Ledger, vault: Vault) -> None:
    """A sender whose lease ran out may not put off or fail what another one has sent since."""
    watch(ledger, vault)
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    with ledger.writing() as connection:
        slow = outbox.claim(connection, NOON)
        quick = outbox.claim(connection, NOON + LEASE)
        assert slow is not None
        assert quick is not None
        outbox.mark_sent(connection, quick, NOON + LEASE)

        outbox.put_off(connection, slow, NOON, "hung_up")
        outbox.mark_failed(connection, slow, "recipient 550")

    assert states(ledger) == {"sent": 1}


def test_doctor_can_count(ledger: Ledger, vault: Vault) -> None:
    """The outbox says how many mails stand where, and since when the oldest waits."""
    watch(ledger, vault, a_profile(recipients=HELPERS))
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    send_due(ledger, vault, Scripted([SENT, Delivery(kind=DeliveryKind.REFUSED, problem="recipient 550"), LATER]), NOON)

    with ledger.reading() as connection:
        assert outbox.count_by_state(connection) == dict.fromkeys(MailState, 1)
        assert outbox.oldest_waiting(connection) == AFTER_EIGHT


def test_sent_mails_are_forgotten(ledger: Ledger, vault: Vault) -> None:
    """Mails that are over are deleted when their time is; one that still waits is not."""
    watch(ledger, vault, a_profile(recipients=HELPERS[:2]))
    queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
    send_due(ledger, vault, Scripted([SENT, LATER]), NOON)

    with ledger.writing() as connection:
        gone = outbox.delete_made_before(connection, NOON + timedelta(days=30))

    assert gone == 1
    assert states(ledger) == {"queued": 1}


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def killed_at(step: int, ledger: Ledger) -> Iterator[list[int]]:
    """Die at the given step; a step is a statement, a commit, or either side of handing a mail over."""
    taken = [0]

    def count(*_anything: object) -> None:
        taken[0] += 1
        if taken[0] == step:
            raise Killed

    for name in ("before_cursor_execute", "commit"):
        event.listen(ledger.engine, name, count)
    try:
        yield taken
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(ledger.engine, name, count)


@dataclass
class Mortal(Mailer):
    """Hands mails over, and counts both sides of it as steps."""

    inner: Mailer
    step: Any

    @override
    def send(self, to: str, message: bytes) -> Delivery:
        self.step()
        delivery = self.inner.send(to, message)
        self.step()
        return delivery


def test_death_at_any_step_loses_nothing(tmp_path: Path, migrated_sqlite: Path, smtp: MailServer) -> None:
    """Killed at any step of making or sending and started again: one digest, every hit told, every mail arrived.

    Only a death between the server's yes and our note of it sends a mail twice, with the same Message-ID.
    """
    doubles, step = 0, 0
    while True:
        step += 1
        ledger, vault = _fresh(tmp_path / f"{step}.sqlite", migrated_sqlite)
        smtp.received.clear()
        died = _live_until(step, ledger, vault, smtp)
        _restart(ledger, vault, smtp)

        with ledger.reading() as connection:
            (digest_id,) = connection.scalars(select(digests_table.c.id))
            assert set(connection.scalars(select(hits_table.c.digest_id))) == {digest_id}
        assert states(ledger) == {"sent": 2}
        assert len(set(smtp.message_ids)) == 2
        assert len(smtp.received) in {2, 3}
        doubles += len(smtp.received) - 2
        ledger.engine.dispose()
        if not died:
            break

    # After each of two mails: once behind the server's yes, and at each step until that is noted.
    assert step > 30
    assert 2 <= doubles <= 8


def _fresh(path: Path, migrated: Path) -> tuple[Ledger, Vault]:
    path.write_bytes(migrated.read_bytes())
    ledger = Ledger(open_engine(f"sqlite:///{path}"))
    vault = Vault(ledger, MASTER_KEY)
    watch(ledger, vault, a_profile(recipients=(Recipient(address=HER), HELPERS[0])))
    find(ledger, vault, *some_hits(2))
    return ledger, vault


def _live_until(step: int, ledger: Ledger, vault: Vault, smtp: MailServer) -> bool:
    with killed_at(step, ledger) as taken:

        def count() -> None:
            taken[0] += 1
            if taken[0] == step:
                raise Killed

        try:
            queue_digests(ledger, a_desk(vault), AFTER_EIGHT)
            send_due(ledger, vault, Mortal(a_mailer(smtp), count), AFTER_EIGHT)
        except Killed:
            return True
    return False


def _restart(ledger: Ledger, vault: Vault, smtp: MailServer) -> None:
    later = AFTER_EIGHT + LEASE
    queue_digests(ledger, a_desk(vault), later)
    send_due(ledger, vault, a_mailer(smtp), later)
