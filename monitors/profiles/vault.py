"""Encryption at rest: a key per profile, wrapped by the master key (envelope), destroyed on withdrawal.

Sealed bytes are ``version (1) | nonce (12) | AES-256-GCM ciphertext and tag``. The profile's id and the label (which
table, which id) are associated data: a row or file copied over another does not open. Nonces are random; a key would
have to seal 2**32 times before that is a risk, and seals some thousands.
"""

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, delete, insert, select
from typing_extensions import override

from monitors.errors import StopRun
from monitors.ledger import facts
from monitors.ledger.cipher import Cipher, KeyGoneError, SealBrokenError
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import profile_keys

VERSION = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
REMEMBERED_SECONDS = 5.0
"""How long a key is used without looking whether another process destroyed it."""
FINGERPRINT = "master_key.fingerprint"
"""The fact that says which master key this ledger was made with."""


class Vault(Cipher):
    """Seals and opens bytes of profiles, and makes and destroys their keys."""

    def __init__(self, ledger: Ledger, master_key: bytes, *, clock: Callable[[], float] = time.monotonic) -> None:
        if len(master_key) != KEY_BYTES:
            raise StopRun("the master key is not 32 bytes long", advice="put back the key from your backup")
        self._ledger = ledger
        self._master_key = master_key
        self._wrapping = AESGCM(self._derive("wrap"))
        self._clock = clock
        self._remembered: dict[str, tuple[float, bytes]] = {}

    @override
    def seal(self, profile_id: str, content: bytes, *, label: str) -> bytes:
        """Encrypt under the profile's key, bound to the profile and the label."""
        return _encrypt(AESGCM(self._key_of(profile_id)), content, _place(profile_id, label))

    @override
    def open(self, profile_id: str, sealed: bytes, *, label: str) -> bytes:
        """Give the bytes back as they were sealed."""
        return _decrypt(AESGCM(self._key_of(profile_id)), sealed, _place(profile_id, label))

    def new_key(self, connection: Connection, profile_id: str) -> None:
        """Make a profile's key, in the transaction that makes its row. The row must be there already.

        Raises StopRun when the ledger was made with another master key: no profile may be locked behind a key
        that the next start does not have.
        """
        self.check(connection)
        key = token_bytes(KEY_BYTES)
        wrapped = _encrypt(self._wrapping, key, _place(profile_id, "key"))
        connection.execute(insert(profile_keys).values(profile_id=profile_id, wrapped=wrapped))
        self._remember(profile_id, key)

    def destroy_key(self, connection: Connection, profile_id: str) -> None:
        """Destroy a profile's key: what was sealed under it cannot be opened from now on, here or anywhere.

        Another process that used the key lately may use it for ``REMEMBERED_SECONDS`` more.
        """
        connection.execute(delete(profile_keys).where(profile_keys.c.profile_id == profile_id))
        self._remembered.pop(profile_id, None)

    def has_key(self, profile_id: str) -> bool:
        """Whether what was sealed for this profile can still be opened."""
        with self._ledger.reading() as connection:
            return self._wrapped(connection, profile_id) is not None

    def check(self, connection: Connection) -> None:
        """Tie a new ledger to this master key. Raises StopRun when it is tied to another."""
        known = facts.get(connection, FINGERPRINT)
        if known is None:
            facts.put(connection, FINGERPRINT, self.fingerprint, datetime.now(UTC))
        elif not hmac.compare_digest(known.value, self.fingerprint):
            raise StopRun("this ledger was made with another master key", advice="put back the key from your backup")

    @property
    def fingerprint(self) -> str:
        """Which master key this is; it tells nothing about the key."""
        return fingerprint_of(self._master_key)

    def mac(self, purpose: str, text: str) -> str:
        """Give a keyed hash in hex: the same text for the same purpose gives the same, and nobody can guess it."""
        return _hmac(self._derive(f"mac/{purpose}"), text)

    def pseudonym(self, profile_id: str, text: str) -> str:
        """Give a writer's name for search stores and logs: stable within a profile, different in every other.

        It is made with the profile's own key, so that after a withdrawal nobody can tell whose it was.
        """
        return _hmac(_hkdf(self._key_of(profile_id), "pseudonym"), text)[:16]

    def _key_of(self, profile_id: str) -> bytes:
        until, key = self._remembered.get(profile_id, (0.0, b""))
        if key and self._clock() < until:
            return key
        with self._ledger.reading() as connection:
            wrapped = self._wrapped(connection, profile_id)
        if wrapped is None:
            self._remembered.pop(profile_id, None)
            raise KeyGoneError("this profile's key is gone", advice="it was erased; nothing of it can be read")
        return self._remember(profile_id, self._unwrap(profile_id, wrapped))

    def _wrapped(self, connection: Connection, profile_id: str) -> bytes | None:
        return connection.scalar(select(profile_keys.c.wrapped).where(profile_keys.c.profile_id == profile_id))

    def _unwrap(self, profile_id: str, wrapped: bytes) -> bytes:
        try:
            return _decrypt(self._wrapping, wrapped, _place(profile_id, "key"))
        except SealBrokenError as error:
            raise SealBrokenError(
                "the master key does not open this profile's key",
                advice="put back the master key this ledger was made with (`shouwang doctor` says more)",
            ) from error

    def _remember(self, profile_id: str, key: bytes) -> bytes:
        self._remembered[profile_id] = (self._clock() + REMEMBERED_SECONDS, key)
        return key

    def _derive(self, purpose: str) -> bytes:
        return _hkdf(self._master_key, purpose)


def fingerprint_of(master_key: bytes) -> str:
    """Say which master key this is without telling anything about it."""
    return _hmac(_hkdf(master_key, "fingerprint"), "shouwang")[:16]


def _hkdf(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"shouwang/1/{purpose}".encode()).derive(key)


def _hmac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def _place(profile_id: str, label: str) -> bytes:
    return f"shouwang/1\0{profile_id}\0{label}".encode()


def _encrypt(key: AESGCM, content: bytes, place: bytes) -> bytes:
    nonce = token_bytes(NONCE_BYTES)
    return VERSION + nonce + key.encrypt(nonce, content, place)


def _decrypt(key: AESGCM, sealed: bytes, place: bytes) -> bytes:
    version, nonce, ciphertext = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if version != VERSION:
        raise SealBrokenError("sealed bytes of an unknown form", advice="see `shouwang evidence verify`")
    try:
        return key.decrypt(nonce, ciphertext, place)
    except (InvalidTag, ValueError) as error:
        raise SealBrokenError("sealed bytes were changed", advice="see `shouwang evidence verify`") from error
