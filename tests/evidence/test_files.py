"""Sealed bytes on disk."""

import errno
import os
import stat
from pathlib import Path

import pytest

from monitors.errors import StopRun
from monitors.evidence.files import ExhibitFiles
from monitors.ledger.cipher import SealBrokenError
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import Vault
from tests.servers.ledgers import add_profile

HER = "p" * 32
CONTENT = "林晓月".encode()


@pytest.fixture
def files(sqlite_ledger: Ledger, sqlite_vault: Vault, tmp_path: Path) -> ExhibitFiles:
    add_profile(sqlite_ledger, sqlite_vault)
    return ExhibitFiles(tmp_path / "exhibits", sqlite_vault)


def test_bytes_come_back(files: ExhibitFiles) -> None:
    """What was stored is read by its hash, from a private file that does not show it."""
    name = files.store(HER, CONTENT)

    path = files.path(HER, name)
    assert files.read(HER, name) == CONTENT
    assert CONTENT not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_storing_again_writes_nothing(files: ExhibitFiles) -> None:
    """The same bytes are one file, written once."""
    name = files.store(HER, CONTENT)
    before = files.path(HER, name).read_bytes()

    assert files.store(HER, CONTENT) == name
    assert files.path(HER, name).read_bytes() == before
    assert list(files.names(HER)) == [name]


def test_a_torn_file_is_replaced(files: ExhibitFiles) -> None:
    """A file that does not open is written anew when its bytes come again."""
    name = files.store(HER, CONTENT)
    files.path(HER, name).write_bytes(b"torn")

    files.store(HER, CONTENT)

    assert files.read(HER, name) == CONTENT


def test_a_file_under_another_name_does_not_open(files: ExhibitFiles) -> None:
    """A sealed file copied over another is found."""
    one, two = files.store(HER, CONTENT), files.store(HER, b"other")
    files.path(HER, two).write_bytes(files.path(HER, one).read_bytes())

    with pytest.raises(SealBrokenError):
        files.read(HER, two)


def test_a_full_disk_leaves_nothing_half(files: ExhibitFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk does not take the bytes, the error is told and no half file stays."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(StopRun, match="No space"):
        files.store(HER, CONTENT)

    assert list(files.names(HER)) == []


def test_nothing_stored_is_no_error(files: ExhibitFiles) -> None:
    """A profile without exhibits has no files; removing what is gone is fine."""
    files.remove(HER, "0" * 64)

    assert list(files.names(HER)) == []
