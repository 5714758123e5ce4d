"""Registering, and what the mailed link leads to: confirm, or say that it was not her."""

from babel.dates import get_timezone_location
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from itsdangerous import BadData, URLSafeTimedSerializer

from monitors.alerts.links import Purpose
from monitors.alerts.notices import queue_confirmation
from monitors.logs import log
from monitors.messages import LANGUAGES
from monitors.profiles import registration
from monitors.profiles.codes import Answer
from monitors.profiles.registration import RefusedError
from monitors.records import WatchProfile
from monitors.web.registration_form import Filled, fill
from monitors.web.site import Site
from monitors.web.uploads import MOST_PHOTOS, read_form
from monitors.web.visit import Here, Visit

FORM_SECONDS = 6 * 3600
"""How long a form may lie open before it is sent."""
ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Hong_Kong",
    "Asia/Macau",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Kuala_Lumpur",
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Bangkok",
    "Asia/Dubai",
    "Europe/Moscow",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/Toronto",
    "America/Chicago",
    "America/Vancouver",
    "America/Los_Angeles",
    "Australia/Sydney",
    "Pacific/Auckland",
)
"""Where most who write Chinese live; a profile file may name any zone."""

router = APIRouter()


@router.get("/register")
def blank_form(visit: Here) -> Response:
    """Give the form."""
    return _show_form(visit, Filled.blank())


@router.post("/register")
async def register(visit: Here) -> Response:
    """Take a form: one with mistakes comes back, any other is answered alike, whatever became of it."""
    site, typed = visit.site, await read_form(visit.request)
    if not _is_ours(site, typed.text("form")):
        return visit.note("form_expired", status=403)
    if not site.registrations.allows(_client(visit), site.now()):
        return visit.note("too_often", status=429)
    filled = await run_in_threadpool(fill, typed, site.fingerprint, site.now())
    if filled.profile is None:
        return _show_form(visit, filled, status=422)
    await run_in_threadpool(_register, site, filled.profile)
    return visit.note("registered", afterwards=site.send_mails)


@router.get("/confirm/{token}")
def ask_to_confirm(visit: Here, token: str) -> Response:
    """Ask the owner of the address."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.CONFIRM)
    return visit.show("confirm", reader=reader)


@router.post("/confirm/{token}")
def confirm(visit: Here, token: str) -> Response:
    """Make the profile work."""
    site = visit.site
    with site.ledger.writing() as connection:
        reader = site.owner(connection, token, Purpose.CONFIRM)
        answer = registration.confirm(connection, site.vault, reader.profile.id, reader.link.subject, site.now())
    if answer in {Answer.YES, Answer.ALREADY}:
        return visit.note("confirmed", reader=reader, hour=reader.profile.schedule.hour)
    return visit.note("expired", reader=reader, status=410)


@router.get("/not-me/{token}")
def ask_whether_not_her(visit: Here, token: str) -> Response:
    """Ask whether somebody else registered this address."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.NOT_ME)
    return visit.show("not_me", reader=reader)


@router.post("/not-me/{token}")
def not_her(visit: Here, token: str) -> Response:
    """Forget the registration and never write to the address again."""
    site = visit.site
    with site.ledger.writing() as connection:
        reader = site.owner(connection, token, Purpose.NOT_ME)
        is_gone = registration.not_me(connection, site.vault, reader.profile.id, site.now())
    if is_gone:
        return visit.note("forgotten", reader=reader)
    return visit.note("already_confirmed", reader=reader, status=409)


def _register(site: Site, profile: WatchProfile) -> None:
    # Whether an address is blocked, busy or known is nobody's business: the page says the same to all.
    most, now = site.base.settings.profiles_per_address, site.now()
    try:
        with site.ledger.writing() as connection:
            registered = registration.register(connection, site.vault, profile, now, most=most)
            queue_confirmation(connection, site.desk, profile, registered.code, now)
    except RefusedError as error:
        log.info("registration_refused", reason=error.reason.value)
    else:
        log.info("registered", profile=profile.id)


def _show_form(visit: Visit, filled: Filled, status: int = 200) -> Response:
    return visit.show(
        "register",
        status=status,
        form=_forms(visit.site).dumps("form"),
        filled=filled,
        languages_spoken=LANGUAGES,
        zones=ZONES,
        city_of=_city_of,
        most_photos=MOST_PHOTOS,
    )


def _city_of(zone: str, language: str) -> str:
    return get_timezone_location(zone, locale=language.replace("-", "_"), return_city=True)


def _forms(site: Site) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site.vault.mac("links", "forms"), salt="shouwang.register")


def _is_ours(site: Site, token: str) -> bool:
    try:
        _forms(site).loads(token, max_age=FORM_SECONDS)
    except BadData:
        return False
    return True


def _client(visit: Visit) -> str:
    return visit.request.client.host if visit.request.client else ""
