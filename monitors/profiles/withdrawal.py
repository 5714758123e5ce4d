"""How a profile ends: asked for, confirmed a second time, and after a grace of days erased for good."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from monitors.codec import to_json
from monitors.ledger import addresses, audit, exhibits, facts, hits, profiles
from monitors.ledger.engine import Ledger
from monitors.profiles import codes
from monitors.profiles.vault import Vault
from monitors.records import ProfileState

GRACE = timedelta(days=7)
CONFIRM_WITHIN = timedelta(days=7)
UNSCRUBBED = "erased.unscrubbed"
"""The fact that rows were deleted whose bytes may still stand in the database's files."""
CONFIRMED = (ProfileState.ACTIVE, ProfileState.PAUSED, ProfileState.WITHDRAWING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What of a profile lies outside the ledger: documents of these hits in the index, posts in these batches."""

    profile_id: str
    hit_ids: tuple[str, ...]
    batch_sha256s: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an erasure did. A post that is also a hit of somebody else stays with that person, as ``shared`` says."""

    profile_id: str
    erased_at: datetime
    hits: int
    shared: int
    exhibits: int
    leaf: str | None
    """Hash of the last link of her chain: shows who has an export that this chain once stood here."""


def ask_withdrawal(connection: Connection, vault: Vault, profile_id: str, now: datetime, *, actor: str) -> str | None:
    """Stop looking and mailing at once, and give the code that confirms; None where no such profile was confirmed.

    One that is still pending goes by itself when its code runs out. This is the moment to offer the evidence export. Asked again, an earlier code stops working.
    """
    withdrawing = ProfileState.WITHDRAWING
    if not profiles.move(connection, profile_id, withdrawing, now, come_from=CONFIRMED, withdraw_asked_at=now):
        return None
    audit.note(connection, profile_id, "withdrawal_asked", actor=actor, at=now)
    return codes.issue(connection, vault, profile_id, now, purpose=codes.Purpose.WITHDRAW, lasts=CONFIRM_WITHIN)


def confirm_withdrawal(connection: Connection, vault: Vault, profile_id: str, code: str, now: datetime) -> codes.Answer:
    """Set the day of erasure, ``GRACE`` from now. Commit whatever the answer: a wrong code counts as an attempt."""
    status = profiles.status_of(connection, profile_id, lock=True)
    if status is not None and status.erase_at is not None:
        return codes.Answer.ALREADY
    answer = codes.check(connection, vault, profile_id, code, now, purpose=codes.Purpose.WITHDRAW)
    if answer is codes.Answer.YES:
        _set_day(connection, profile_id, now + GRACE, now)
        audit.note(connection, profile_id, "withdrawal_confirmed", actor="herself", at=now)
    return answer


def shorten_grace(connection: Connection, profile_id: str, erase_at: datetime, now: datetime) -> bool:
    """Erase earlier, as she wishes; False where no erasure is set, or it is set for earlier still."""
    status = profiles.status_of(connection, profile_id, lock=True)
    if status is None or status.erase_at is None or status.erase_at <= erase_at:
        return False
    _set_day(connection, profile_id, erase_at, now)
    audit.note(connection, profile_id, "grace_shortened", actor="herself", at=now)
    return True


def take_back(connection: Connection, profile_id: str, now: datetime) -> bool:
    """She changed her mind: nothing is erased, and the profile is paused until she resumes it.

    False where it was not being withdrawn.
    """
    back = {"withdraw_asked_at": None, "erase_at": None}
    withdrawing = [ProfileState.WITHDRAWING]
    if not profiles.move(connection, profile_id, ProfileState.PAUSED, now, come_from=withdrawing, **back):
        return False
    addresses.forget_confirmation(connection, profile_id)
    audit.note(connection, profile_id, "withdrawal_taken_back", actor="herself", at=now)
    return True


def erase_due(
    ledger: Ledger, vault: Vault, folder: Path, now: datetime, *, forget_elsewhere: Callable[[Belongings], None]
) -> tuple[Receipt, ...]:
    """Erase every profile whose grace is over, and every one that nobody confirmed in time.

    ``folder`` is that of the exhibits. ``forget_elsewhere`` removes what lies outside the ledger; it is called
    first, so that a crash leaves a profile that is still due, and must not mind being called again.
    """
    with ledger.reading() as connection:
        due = (*profiles.due_for_erasure(connection, now), *addresses.unconfirmed(connection, now))
        all_belongings = [_belongings(connection, profile_id) for profile_id in due]
    receipts = []
    for belongings in all_belongings:
        forget_elsewhere(belongings)
        receipts.append(_erase(ledger, vault, belongings, now))
    _scrub(ledger)
    _sweep_folders(ledger, folder)
    return tuple(receipts)


def _belongings(connection: Connection, profile_id: str) -> Belongings:
    return Belongings(
        profile_id=profile_id,
        hit_ids=hits.ids_of_profile(connection, profile_id),
        batch_sha256s=hits.batches_of_profile(connection, profile_id),
    )


def _erase(ledger: Ledger, vault: Vault, belongings: Belongings, now: datetime) -> Receipt:
    profile_id = belongings.profile_id
    with ledger.writing() as connection:
        receipt = Receipt(
            profile_id=profile_id,
            erased_at=now,
            hits=len(belongings.hit_ids),
            shared=hits.count_shared(connection, vault, profile_id),
            exhibits=len(exhibits.chain_of(connection, profile_id)),
            leaf=exhibits.let_go(connection, profile_id, now),
        )
        vault.destroy_key(connection, profile_id)
        profiles.erase(connection, profile_id)
        facts.put(connection, _erased(profile_id), json.dumps(to_json(receipt)), now)
        facts.put(connection, UNSCRUBBED, profile_id, now)
    return receipt


def _scrub(ledger: Ledger) -> None:
    """Overwrite what was erased; where a reader was in the way, or a crash, the next time."""
    with ledger.reading() as connection:
        unscrubbed = facts.get(connection, UNSCRUBBED)
    if unscrubbed is not None and ledger.scrub():
        with ledger.writing() as connection:
            facts.forget(connection, UNSCRUBBED)


def _sweep_folders(ledger: Ledger, folder: Path) -> None:
    """Delete the exhibits of erased profiles, also those that a crash left behind.

    Only where the ledger says so: with a wrong ledger every folder would look like nobody's.
    """
    with ledger.reading() as connection:
        for path in folder.iterdir() if folder.exists() else ():
            if facts.get(connection, _erased(path.name)) is not None:
                shutil.rmtree(path)


def _erased(profile_id: str) -> str:
    return f"erased:{profile_id}"


def _set_day(connection: Connection, profile_id: str, erase_at: datetime, now: datetime) -> None:
    withdrawing = ProfileState.WITHDRAWING
    profiles.move(connection, profile_id, withdrawing, now, come_from=[withdrawing], erase_at=erase_at)
