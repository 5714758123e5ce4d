"""Pausing with one click, and leaving for good: asked for, confirmed by a new link, and erased after some days."""

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from monitors.alerts.links import Purpose
from monitors.alerts.notices import queue_withdrawal, queue_withdrawn
from monitors.ledger import audit, profiles
from monitors.profiles import registration, withdrawal
from monitors.profiles.codes import Answer
from monitors.web.site import Reader, Site
from monitors.web.visit import Here, Visit

router = APIRouter()


@router.get("/pause/{token}")
def ask_to_pause(visit: Here, token: str) -> Response:
    """Ask whether to pause, or to go on."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.reader(connection, token, Purpose.PAUSE)
    return visit.show("pause", reader=reader)


@router.post("/pause/{token}")
def pause(visit: Here, token: str) -> Response:
    """Stop the mails; also the one click of a mail program (RFC 8058), which may come twice."""
    with visit.site.ledger.writing() as connection:
        reader = visit.site.reader(connection, token, Purpose.PAUSE)
        if not reader.is_hers:
            _let_go(visit.site, connection, reader)
            return visit.note("left", reader=reader)
        registration.pause(connection, reader.profile.id, visit.site.now(), actor=reader.actor)
        reader = visit.site.owner(connection, token, Purpose.PAUSE)
    return visit.show("pause", reader=reader)


@router.post("/pause/{token}/resume")
def resume(visit: Here, token: str) -> Response:
    """Let the mails come again."""
    with visit.site.ledger.writing() as connection:
        reader = visit.site.owner(connection, token, Purpose.PAUSE)
        registration.resume(connection, reader.profile.id, visit.site.now(), actor=reader.actor)
        reader = visit.site.owner(connection, token, Purpose.PAUSE)
    return visit.show("pause", reader=reader)


@router.get("/withdraw/{token}")
def ask_to_leave(visit: Here, token: str) -> Response:
    """Say what leaving means, and ask."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.WITHDRAW)
    return visit.show("withdraw", reader=reader)


@router.post("/withdraw/{token}")
def leave(visit: Here, token: str) -> Response:
    """Stop at once, and send the link that confirms."""
    with visit.site.ledger.writing() as connection:
        reader = visit.site.owner(connection, token, Purpose.WITHDRAW)
        _ask_withdrawal(visit.site, connection, reader)
        reader = visit.site.owner(connection, token, Purpose.WITHDRAW)
    return visit.show("withdraw", reader=reader, afterwards=visit.site.send_mails)


@router.post("/withdraw/{token}/keep")
def keep_after_asking(visit: Here, token: str) -> Response:
    """She changed her mind."""
    return _keep(visit, token, Purpose.WITHDRAW)


@router.get("/confirm-withdrawal/{token}")
def ask_again(visit: Here, token: str) -> Response:
    """Ask the second time."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.CONFIRM_WITHDRAWAL)
    return visit.show("confirm_withdrawal", reader=reader, days=withdrawal.GRACE.days)


@router.post("/confirm-withdrawal/{token}")
def confirm_withdrawal(visit: Here, token: str) -> Response:
    """Set the day on which everything goes."""
    with visit.site.ledger.writing() as connection:
        reader = visit.site.owner(connection, token, Purpose.CONFIRM_WITHDRAWAL)
        is_set = _confirm_withdrawal(visit.site, connection, reader)
        reader = visit.site.owner(connection, token, Purpose.CONFIRM_WITHDRAWAL)
    if not is_set:
        return visit.note("expired", reader=reader, status=410)
    return visit.show("withdrawn", reader=reader, afterwards=visit.site.send_mails)


@router.post("/confirm-withdrawal/{token}/keep")
def keep_instead(visit: Here, token: str) -> Response:
    """She changed her mind."""
    return _keep(visit, token, Purpose.CONFIRM_WITHDRAWAL)


@router.get("/withdrawn/{token}")
def show_day(visit: Here, token: str) -> Response:
    """Show the day on which everything goes."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.WITHDRAWN)
    return visit.show("withdrawn", reader=reader)


@router.post("/withdrawn/{token}/now")
def erase_now(visit: Here, token: str) -> Response:
    """Erase at once."""
    with visit.site.ledger.writing() as connection:
        reader = visit.site.owner(connection, token, Purpose.WITHDRAWN)
        withdrawal.shorten_grace(connection, reader.profile.id, visit.site.now(), visit.site.now())
        reader = visit.site.owner(connection, token, Purpose.WITHDRAWN)
    return visit.show("withdrawn", reader=reader, afterwards=visit.site.erase)


@router.post("/withdrawn/{token}/keep")
def keep_after_all(visit: Here, token: str) -> Response:
    """She changed her mind."""
    return _keep(visit, token, Purpose.WITHDRAWN)


def _keep(visit: Visit, token: str, purpose: Purpose) -> Response:
    with visit.site.ledger.writing() as connection:
        reader = visit.site.owner(connection, token, purpose)
        withdrawal.take_back(connection, reader.profile.id, visit.site.now())
        reader = visit.site.owner(connection, token, purpose)
    return visit.note("kept", reader=reader)


def _let_go(site: Site, connection: Connection, reader: Reader) -> None:
    """Send this reader no more mails; the watch goes on, or a helper could switch it off unseen."""
    others = tuple(one for one in reader.profile.recipients if one != reader.recipient)
    profiles.put(connection, site.vault, replace(reader.profile, recipients=others), site.now())
    audit.note(connection, reader.profile.id, "reader_left", actor=reader.actor, at=site.now())


def _ask_withdrawal(site: Site, connection: Connection, reader: Reader) -> None:
    if reader.status.erase_at is not None:
        # Confirmed already; a code asked for anew would stand for nothing.
        return
    code = withdrawal.ask_withdrawal(connection, site.vault, reader.profile.id, site.now(), actor=reader.actor)
    if code is not None:
        queue_withdrawal(connection, site.desk, reader.profile, code, site.now())


def _confirm_withdrawal(site: Site, connection: Connection, reader: Reader) -> bool:
    """Say whether a day of erasure is set now."""
    now, code = site.now(), reader.link.subject
    answer = withdrawal.confirm_withdrawal(connection, site.vault, reader.profile.id, code, now)
    if answer is Answer.YES:
        queue_withdrawn(connection, site.desk, reader.profile, now + withdrawal.GRACE, now)
    return answer in {Answer.YES, Answer.ALREADY}
