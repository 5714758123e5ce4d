"""Codes that come by mail: short enough to type, good for one purpose, five tries and a few days."""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import choice

from sqlalchemy import Connection

from monitors.ledger import addresses
from monitors.profiles.vault import Vault

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter that is read as another: 0 O, 1 I L, U V."""
LENGTH = 8
"""30**8 codes and five tries: one guess in 10**11."""
ATTEMPTS = 5


class Purpose(StrEnum):
    """What a code is good for; it is good for nothing else."""

    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


class Answer(StrEnum):
    """What a code was answered with; the text is the catalogue's ``profiles.code.<answer>``."""

    YES = "yes"
    ALREADY = "already"
    WRONG = "wrong"
    EXPIRED = "expired"
    TOO_OFTEN = "too_often"
    NOT_WAITED_FOR = "not_waited_for"


def issue(
    connection: Connection, vault: Vault, profile_id: str, now: datetime, *, purpose: Purpose, lasts: timedelta
) -> str:
    """Give a fresh code; an earlier one stops working. Only its keyed hash is kept."""
    code = "".join(choice(LETTERS) for _ in range(LENGTH))
    mac = _mac(vault, profile_id, purpose, code)
    addresses.put_confirmation(connection, profile_id, mac, sent_at=now, expires_at=now + lasts)
    return code


def check(
    connection: Connection, vault: Vault, profile_id: str, code: str, now: datetime, *, purpose: Purpose
) -> Answer:
    """Count an attempt and say what it was worth; a right code is used up by it."""
    waited_for = addresses.count_attempt(connection, profile_id)
    if waited_for is None:
        return Answer.NOT_WAITED_FOR
    if waited_for.attempts > ATTEMPTS:
        return Answer.TOO_OFTEN
    if now >= waited_for.expires_at:
        return Answer.EXPIRED
    if not hmac.compare_digest(waited_for.code_mac, _mac(vault, profile_id, purpose, code)):
        return Answer.WRONG
    addresses.forget_confirmation(connection, profile_id)
    return Answer.YES


def _mac(vault: Vault, profile_id: str, purpose: Purpose, code: str) -> str:
    # People type spaces, hyphens and small letters.
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return vault.mac(f"code/{purpose}", f"{profile_id}\n{typed}")
