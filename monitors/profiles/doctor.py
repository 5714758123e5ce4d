"""What may be wrong with the keys: looked at once, judged by a pure function, told from the catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from monitors.errors import StopRun
from monitors.ledger import facts
from monitors.ledger.engine import Ledger
from monitors.messages import Say
from monitors.profiles.master_key import BACKUP, is_readable_by_others, read_master_key
from monitors.profiles.vault import FINGERPRINT, fingerprint_of
from monitors.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at."""

    id: str
    values: Mapping[str, str] = field(default_factory=dict)

    def told(self, say: Say) -> str:
        """Give the finding as a sentence, with what to do."""
        return say(f"profiles.doctor.{self.id}", number=None, **self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """What was seen. A fingerprint tells keys apart and nothing about them; None where there is no key."""

    key_place: str
    key: str | None
    key_of_ledger: str | None
    key_of_backup: str | None
    backup_at: datetime | None
    is_file_unused: bool
    """The environment gives the key, and there is a key file as well."""
    is_on_ledgers_disk: bool
    open_to_others: tuple[str, ...]
    """Files of ours that other users of this machine may read."""


def check_keys(settings: Settings, ledger: Ledger) -> tuple[Finding, ...]:
    """Say what is wrong with the keys of this installation; empty when nothing is."""
    return tuple(judge(look(settings, ledger)))


def look(settings: Settings, ledger: Ledger) -> KeyState:
    """Look at the key, the ledger and the last backup; make and change nothing."""
    with ledger.reading() as connection:
        tied, backup = facts.get(connection, FINGERPRINT), facts.get(connection, BACKUP)
    in_environment = settings.master_key is not None
    file = settings.key_file if settings.key_file.exists() else None
    used_file = None if in_environment else file
    database = _database_file(settings)
    return KeyState(
        key_place="SHOUWANG_MASTER_KEY" if in_environment else str(settings.key_file),
        key=_fingerprint(settings),
        key_of_ledger=tied.value if tied else None,
        key_of_backup=backup.value if backup else None,
        backup_at=backup.at if backup else None,
        is_file_unused=in_environment and file is not None,
        is_on_ledgers_disk=bool(used_file and database and used_file.stat().st_dev == database.stat().st_dev),
        open_to_others=tuple(str(path) for path in (file, database) if path and is_readable_by_others(path)),
    )


def judge(state: KeyState) -> Iterator[Finding]:
    """Give what is wrong, the worst first."""
    if state.key is None and state.key_place not in state.open_to_others:
        yield Finding(id="no_key", values={"place": state.key_place})
    if state.key and state.key_of_ledger not in (None, state.key):
        yield Finding(id="another_key", values={"place": state.key_place})
    for path in state.open_to_others:
        yield Finding(id="open_to_others", values={"path": path})
    if state.key_of_backup is None:
        yield Finding(id="no_backup")
    elif state.key_of_backup not in (state.key, state.key_of_ledger):
        yield Finding(id="backup_of_another_key", values={"day": f"{state.backup_at:%Y-%m-%d}"})
    if state.is_on_ledgers_disk:
        yield Finding(id="same_disk", values={"place": state.key_place})
    if state.is_file_unused:
        yield Finding(id="file_unused")


def _fingerprint(settings: Settings) -> str | None:
    try:
        return fingerprint_of(read_master_key(settings, may_make=False))
    except StopRun:
        return None


def _database_file(settings: Settings) -> Path | None:
    address = make_url(settings.ledger_url)
    if address.get_backend_name() != "sqlite" or not address.database:
        return None
    path = Path(address.database)
    return path if path.exists() else None
