"""The master key: from the environment, or from a file that only its owner reads, made on first use."""

import os
import stat
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from secrets import token_bytes, token_hex

from monitors.errors import StopRun
from monitors.ledger import facts
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import FINGERPRINT, KEY_BYTES, Vault, fingerprint_of
from monitors.settings import Settings

BACKUP = "master_key.backup"
"""The fact that says when a backup was made, and of which key."""
OWNER_ONLY = 0o600


def open_vault(ledger: Ledger, settings: Settings) -> Vault:
    """Open the ledger's vault. A new ledger gets a new key file where the environment gives no key.

    Raises StopRun when the key is missing, misread, readable by others, or not the one this ledger was made with.
    """
    with ledger.reading() as connection:
        is_new = facts.get(connection, FINGERPRINT) is None
    vault = Vault(ledger, read_master_key(settings, may_make=is_new))
    with ledger.writing() as connection:
        vault.check(connection)
    return vault


def read_master_key(settings: Settings, *, may_make: bool) -> bytes:
    """Give the master key: the environment's first, then the file's, then a new one where that is allowed."""
    if settings.master_key is not None:
        return _decode(settings.master_key.get_secret_value(), "SHOUWANG_MASTER_KEY")
    path = settings.key_file
    if not path.exists():
        if not may_make:
            raise StopRun(
                f"the master key is missing: {path}",
                advice="this ledger was made with a key: put it back from your backup; a new one would open nothing",
            )
        _make(path)
    return _read(path)


def back_up(ledger: Ledger, settings: Settings, to: Path, now: datetime) -> None:
    """Copy the master key into a new file of its owner's only, and remember that it was done.

    Raises StopRun when that file exists already: an older backup may be the only copy of another key.
    """
    key = read_master_key(settings, may_make=False)
    try:
        _write_new(to, key)
    except FileExistsError as error:
        raise StopRun(f"there is a file already: {to}", advice="name a file that does not exist yet") from error
    except OSError as error:
        raise StopRun(f"the backup cannot be written: {error.strerror}: {to}", advice="name another place") from error
    with ledger.writing() as connection:
        facts.put(connection, BACKUP, fingerprint_of(key), now)


def is_readable_by_others(path: Path) -> bool:
    """Whether anybody but the owner may read or change this file."""
    return bool(stat.S_IMODE(path.stat().st_mode) & ~OWNER_ONLY)


def _make(path: Path) -> None:
    # The file appears under its name only when it is whole: another process may read it at that very moment.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = path.with_name(f".{path.name}.{token_hex(8)}")
    _write_new(whole, token_bytes(KEY_BYTES))
    try:
        # A quicker process's key is as good as this one.
        with suppress(FileExistsError):
            os.link(whole, path)
    finally:
        whole.unlink()
    _sync_folder(path.parent)


def _write_new(path: Path, key: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        file.write(b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    if is_readable_by_others(path):
        raise StopRun(
            f"the master key can be read by others: {path}",
            advice=f"type: chmod 600 {path}   and think about who has read it already",
        )
    return _decode(path.read_text("ascii", errors="replace"), str(path))


def _decode(text: str, where: str) -> bytes:
    try:
        key = b64decode(text.strip(), validate=True)
    except (Base64Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise StopRun(
            f"no master key in {where}: it is 32 bytes in base64", advice="make one with: openssl rand -base64 32"
        )
    return key
