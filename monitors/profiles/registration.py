"""How a profile begins: registered by anybody, working only once the owner of the address confirmed.

Every function takes the connection, so that the mail it asks for is queued in the same transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from monitors.errors import MonitorError
from monitors.ledger import addresses, audit, profiles
from monitors.profiles import codes
from monitors.profiles.checks import MistakeError, confirming_address
from monitors.profiles.vault import Vault
from monitors.records import ProfileState, Scope, WatchProfile

PROFILES_PER_ADDRESS = 3
CONFIRM_WITHIN = timedelta(days=2)
CHANGEABLE = ("names", "aliases", "handles", "context", "others", "languages", "schedule", "photos", "was_minor")
"""What may be changed without asking her anew: how she is recognised, and when she is told."""
COOL_DOWN = timedelta(days=1)
"""Between two mails to an address that nobody confirmed; erasing a profile does not shorten it."""


class Refusal(StrEnum):
    """Why an address gets no confirmation mail. A page for strangers shows the same for all: it tells who is known."""

    BLOCKED = "blocked"
    TOO_MANY = "too_many"
    COOL_DOWN = "cool_down"


class RefusedError(MonitorError):
    """This address gets no mail; its text is the catalogue's ``profiles.refused.<reason>``."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"registration refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A pending profile and the code that makes it work; the code is mailed and kept nowhere."""

    profile_id: str
    code: str
    address: str


def register(
    connection: Connection, vault: Vault, draft: WatchProfile, now: datetime, *, most: int = PROFILES_PER_ADDRESS
) -> Registered:
    """Store a pending profile and give the code to mail to its confirming address.

    Raises RefusedError for a blocked address, one that confirmed or waits for ``most`` profiles, and one that got
    a mail less than ``COOL_DOWN`` ago.
    """
    address = confirming_address(draft)
    address_mac = mac_of_address(vault, address)
    _refuse(connection, address_mac, now, most)
    profiles.create(connection, draft.id, address_mac=address_mac, at=now)
    vault.new_key(connection, draft.id)
    profiles.put(connection, vault, replace(draft, state=ProfileState.PENDING), now)
    code = codes.issue(connection, vault, draft.id, now, purpose=codes.Purpose.CONFIRM, lasts=CONFIRM_WITHIN)
    audit.note(connection, draft.id, "registered", actor="registrant", at=now)
    return Registered(profile_id=draft.id, code=code, address=address)


def confirm(connection: Connection, vault: Vault, profile_id: str, code: str, now: datetime) -> codes.Answer:
    """Make a pending profile work, if the code is the one its address was sent. Repeated, it stays confirmed.

    Commit whatever the answer: a wrong code counts as an attempt.
    """
    status = profiles.status_of(connection, profile_id, lock=True)
    if status is not None and status.confirmed_at is not None:
        return codes.Answer.ALREADY
    answer = codes.check(connection, vault, profile_id, code, now, purpose=codes.Purpose.CONFIRM)
    if answer is codes.Answer.YES:
        _activate(connection, vault, profile_id, now)
    return answer


def not_me(connection: Connection, vault: Vault, profile_id: str, now: datetime) -> bool:
    """Delete a pending profile and never write to its address again; False where nothing was pending."""
    status = profiles.status_of(connection, profile_id, lock=True)
    if status is None or status.state is not ProfileState.PENDING:
        return False
    addresses.block(connection, status.address_mac, now)
    vault.destroy_key(connection, profile_id)
    return profiles.erase(connection, profile_id)


def pause(connection: Connection, profile_id: str, now: datetime, *, actor: str) -> bool:
    """Stop looking and mailing until resumed; False where it was not working."""
    moved = profiles.move(connection, profile_id, ProfileState.PAUSED, now, come_from=[ProfileState.ACTIVE])
    if moved:
        audit.note(connection, profile_id, "paused", actor=actor, at=now)
    return moved


def resume(connection: Connection, profile_id: str, now: datetime, *, actor: str) -> bool:
    """Look and mail again; False where it was not paused."""
    moved = profiles.move(connection, profile_id, ProfileState.ACTIVE, now, come_from=[ProfileState.PAUSED])
    if moved:
        audit.note(connection, profile_id, "resumed", actor=actor, at=now)
    return moved


def change(connection: Connection, vault: Vault, profile_id: str, draft: WatchProfile, now: datetime) -> WatchProfile:
    """Store what is watched for as ``draft`` says, and give the profile as it is now.

    Who is told and what was consented to stays: that is asked of her anew, by registering. One name at least stays
    too, so that nobody turns a confirmed profile into another person. Raises MistakeError naming the field.
    """
    status = profiles.status_of(connection, profile_id, lock=True)
    profile = profiles.get(connection, vault, profile_id)
    if profile is None or status is None or status.state not in {ProfileState.ACTIVE, ProfileState.PAUSED}:
        raise MistakeError("not_working", field=profile_id)
    for mistake in _unchangeable(profile, draft):
        raise mistake
    changed = as_changed(profile, draft)
    if changed != profile:
        profiles.put(connection, vault, changed, now)
        audit.note(connection, profile_id, "changed", actor="operator", at=now)
    return changed


def as_changed(profile: WatchProfile, draft: WatchProfile) -> WatchProfile:
    """Give a profile with what is watched for taken from a draft."""
    return replace(profile, **{field: getattr(draft, field) for field in CHANGEABLE})


def active_profiles(connection: Connection, vault: Vault, now: datetime) -> tuple[WatchProfile, ...]:
    """Open the working profiles, each with no more than its consents allow at this moment.

    Without consent to names there are no names, aliases or handles in it, without consent to image hashes or faces
    no photos; a profile whose consents all ran out is left out. No other profile is opened.
    """
    active = profiles.in_state(connection, vault, ProfileState.ACTIVE)
    allowed = (_allowed(profile, now) for profile in active)
    return tuple(profile for profile in allowed if profile.names or profile.photos)


def mac_of_address(vault: Vault, address: str) -> str:
    """Give the keyed hash under which an address is known."""
    return vault.mac("address", address.strip().casefold())


def _unchangeable(profile: WatchProfile, draft: WatchProfile) -> Iterator[MistakeError]:
    if draft.recipients != profile.recipients:
        yield MistakeError("not_changeable", field="recipients")
    if _allowed_by(draft) != _allowed_by(profile):
        yield MistakeError("not_changeable", field="consents")
    if set(draft.names).isdisjoint(profile.names):
        yield MistakeError("another_person", field="names")


def _allowed_by(profile: WatchProfile) -> list[tuple[str, ...]]:
    return sorted(
        (consent.scope.value, consent.given_by, consent.authority, consent.document, str(consent.expires_at))
        for consent in profile.consents
    )


def _refuse(connection: Connection, address_mac: str, now: datetime, most: int) -> None:
    if addresses.is_blocked(connection, address_mac):
        raise RefusedError(Refusal.BLOCKED)
    if profiles.count_of_address(connection, address_mac) >= most:
        raise RefusedError(Refusal.TOO_MANY)
    if not addresses.cool_down(connection, address_mac, now=now, until=now + COOL_DOWN):
        raise RefusedError(Refusal.COOL_DOWN)


def _activate(connection: Connection, vault: Vault, profile_id: str, now: datetime) -> None:
    profile = profiles.get(connection, vault, profile_id)
    if profile is not None:
        # What was typed by whoever registered becomes consent now that its owner confirmed.
        given = tuple(replace(consent, given_at=now) for consent in profile.consents)
        profiles.put(connection, vault, replace(profile, consents=given), now)
        pending = [ProfileState.PENDING]
        profiles.move(connection, profile_id, ProfileState.ACTIVE, now, come_from=pending, confirmed_at=now)
        audit.note(connection, profile_id, "confirmed", actor="herself", at=now)


def _allowed(profile: WatchProfile, now: datetime) -> WatchProfile:
    if not profile.allows(Scope.NAMES, now):
        profile = replace(profile, names=(), aliases=(), handles=())
    # Hashes and faces of a photo are stored together; each matcher uses what its own consent allows.
    if not (profile.allows(Scope.IMAGE_HASHES, now) or profile.allows(Scope.FACES, now)):
        profile = replace(profile, photos=())
    return profile
