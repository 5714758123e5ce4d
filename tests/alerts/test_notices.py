import re
from datetime import timedelta
from email.message import EmailMessage

import pytest

from monitors.alerts.links import Purpose
from monitors.alerts.notices import queue_confirmation, queue_withdrawal, queue_withdrawn
from monitors.alerts.outbox import send_due
from monitors.ledger.engine import Ledger
from monitors.messages import LANGUAGES
from monitors.profiles.vault import Vault
from monitors.records import ProfileState, Recipient, WatchProfile
from tests.alerts.room import HER, a_desk, a_mailer, watch
from tests.alerts.test_render import PROMISES
from tests.builders import NOON, a_profile
from tests.servers.smtp import MailServer

CODE = "ABCD2345"
TYPED = ("林晓月", "青河学院", "月月", "lin_xy")


def her(language: str = "zh-CN", state: ProfileState = ProfileState.PENDING) -> WatchProfile:
    return a_profile(
        state=state,
        aliases=("月月",),
        handles=("lin_xy",),
        recipients=(Recipient(address="aunt@mail.example", is_self=False), Recipient(address=HER, language=language)),
    )


def sent(ledger: Ledger, vault: Vault, smtp: MailServer) -> EmailMessage:
    send_due(ledger, vault, a_mailer(smtp), NOON)
    ((address, mail),) = smtp.received
    assert address == HER
    return mail


def words(mail: EmailMessage) -> str:
    bodies = (mail.get_body((kind,)) for kind in ("plain", "html"))
    return str(mail["Subject"]) + "".join(body.get_content() for body in bodies if body)


def links(mail: EmailMessage) -> dict[str, str]:
    found = re.findall(r"https://watch\.example/([a-z-]+)/([^\s\"<]+)", words(mail))
    return dict(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_confirmation_holds_nothing_that_was_typed(
    language: str, sqlite_ledger: Ledger, sqlite_vault: Vault, smtp: MailServer
) -> None:
    """A confirmation goes to her own address alone and cannot be used to send somebody words."""
    watch(sqlite_ledger, sqlite_vault, her(language))
    with sqlite_ledger.writing() as connection:
        queue_confirmation(connection, a_desk(sqlite_vault), her(language), CODE, NOON)

    mail = sent(sqlite_ledger, sqlite_vault, smtp)

    assert not [typed for typed in TYPED if typed in words(mail)]
    assert not PROMISES.search(words(mail))
    assert "ABCD 2345" in words(mail)


def test_confirmation_links(sqlite_ledger: Ledger, sqlite_vault: Vault, smtp: MailServer) -> None:
    """One link carries the code to confirm with, another says that it was not her; both end with the code."""
    watch(sqlite_ledger, sqlite_vault, her())
    desk = a_desk(sqlite_vault)
    with sqlite_ledger.writing() as connection:
        queue_confirmation(connection, desk, her(), CODE, NOON)

    found = links(sent(sqlite_ledger, sqlite_vault, smtp))

    confirm = desk.links.read(found["confirm"], Purpose.CONFIRM, NOON)
    not_me = desk.links.read(found["not-me"], Purpose.NOT_ME, NOON)
    assert (confirm.subject, confirm.profile_id, not_me.profile_id) == (CODE, her().id, her().id)
    assert confirm.expires_at == not_me.expires_at == NOON + timedelta(days=2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_withdrawal_leaves_while_nothing_is_watched(
    language: str, sqlite_ledger: Ledger, sqlite_vault: Vault, smtp: MailServer
) -> None:
    """The mail that asks a second time leaves although the profile gets no digests any more."""
    profile = watch(sqlite_ledger, sqlite_vault, her(language, ProfileState.WITHDRAWING))
    desk = a_desk(sqlite_vault)
    with sqlite_ledger.writing() as connection:
        queue_withdrawal(connection, desk, profile, CODE, NOON)

    mail = sent(sqlite_ledger, sqlite_vault, smtp)

    link = desk.links.read(links(mail)["confirm-withdrawal"], Purpose.CONFIRM_WITHDRAWAL, NOON)
    assert link.subject == CODE
    assert not PROMISES.search(words(mail))


@pytest.mark.parametrize(("language", "moment"), [("zh-CN", "3月8日 20:00"), ("en", "Mar 8 20:00")])
def test_receipt_names_the_day(
    language: str, moment: str, sqlite_ledger: Ledger, sqlite_vault: Vault, smtp: MailServer
) -> None:
    """After the second confirmation she has it in writing when everything goes, in her own time."""
    profile = watch(sqlite_ledger, sqlite_vault, her(language, ProfileState.WITHDRAWING))
    desk = a_desk(sqlite_vault)
    with sqlite_ledger.writing() as connection:
        queue_withdrawn(connection, desk, profile, NOON + timedelta(days=7), NOON)

    mail = sent(sqlite_ledger, sqlite_vault, smtp)

    assert moment in words(mail)
    assert desk.links.read(links(mail)["withdrawn"], Purpose.WITHDRAWN, NOON).profile_id == profile.id
    assert not PROMISES.search(words(mail))


def test_asked_again_there_is_another_mail(sqlite_ledger: Ledger, sqlite_vault: Vault, smtp: MailServer) -> None:
    """A new code is a new mail with a Message-ID of its own."""
    profile = watch(sqlite_ledger, sqlite_vault, her())
    with sqlite_ledger.writing() as connection:
        queue_withdrawal(connection, a_desk(sqlite_vault), profile, CODE, NOON)
        queue_withdrawal(connection, a_desk(sqlite_vault), profile, CODE[::-1], NOON + timedelta(minutes=1))

    send_due(sqlite_ledger, sqlite_vault, a_mailer(smtp), NOON + timedelta(minutes=2))

    assert len(set(smtp.message_ids)) == 2
