"""The master key and its backup."""

import stat
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitors.errors import StopRun
from monitors.ledger import facts
from monitors.ledger.engine import Ledger
from monitors.profiles import master_key
from monitors.profiles.master_key import back_up, open_vault, read_master_key
from monitors.settings import Settings
from tests.builders import NOON

KEY = bytes(range(32))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", master_key=None)


def with_key(settings: Settings, text: str) -> Settings:
    return settings.model_copy(update={"master_key": SecretStr(text)})


def test_the_first_use_makes_a_key_file(settings: Settings) -> None:
    """A new installation gets a random key that only its owner can read, and keeps it."""
    made = read_master_key(settings, may_make=True)

    assert len(made) == 32
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.key_file.parent.stat().st_mode) == 0o700
    assert read_master_key(settings, may_make=True) == made
    assert [path.name for path in settings.home.iterdir()] == ["master.key"]


def test_two_processes_make_one_key(settings: Settings) -> None:
    """Who starts at the same moment gets the same key, never half of one."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        keys = set(pool.map(lambda _: read_master_key(settings, may_make=True), range(32)))

    assert len(keys) == 1


def test_the_environment_goes_first(settings: Settings) -> None:
    """A key of the environment is used, and no file is made."""
    given = with_key(settings, b64encode(KEY).decode())

    assert read_master_key(given, may_make=True) == KEY
    assert not settings.key_file.exists()


@pytest.mark.parametrize("text", ["", "not base64!", "c2hvcnQ=", b64encode(bytes(33)).decode()])
def test_a_wrong_key_is_refused(settings: Settings, text: str) -> None:
    """A key that is not 32 bytes of base64 is told apart, without repeating it."""
    with pytest.raises(StopRun, match="32 bytes") as caught:
        read_master_key(with_key(settings, text), may_make=True)

    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_others_can_read_is_refused(settings: Settings, mode: int) -> None:
    """A key file open to the group or the world stops the run and says what to type."""
    read_master_key(settings, may_make=True)
    settings.key_file.chmod(mode)

    with pytest.raises(StopRun, match="by others") as caught:
        read_master_key(settings, may_make=True)

    assert "chmod 600" in caught.value.advice


def test_a_lost_key_is_not_replaced(sqlite_ledger: Ledger, settings: Settings) -> None:
    """A ledger whose key file is gone asks for the backup: a new key would open nothing."""
    first = open_vault(sqlite_ledger, settings)
    settings.key_file.unlink()

    with pytest.raises(StopRun, match="missing") as caught:
        open_vault(sqlite_ledger, settings)

    assert "backup" in caught.value.advice
    assert not settings.key_file.exists()
    assert first.fingerprint


def test_another_key_is_refused(sqlite_ledger: Ledger, settings: Settings) -> None:
    """A ledger is opened with the key it was made with, or not at all."""
    open_vault(sqlite_ledger, settings)

    with pytest.raises(StopRun, match="another master key"):
        open_vault(sqlite_ledger, with_key(settings, b64encode(KEY).decode()))


def test_a_backup_is_the_key(sqlite_ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    """The backup put back in place opens the ledger, is its owner's only, and is remembered with its day."""
    vault = open_vault(sqlite_ledger, settings)
    copy = tmp_path / "copy.key"

    back_up(sqlite_ledger, settings, copy, NOON)

    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    settings.key_file.unlink()
    copy.rename(settings.key_file)
    assert open_vault(sqlite_ledger, settings).fingerprint == vault.fingerprint
    with sqlite_ledger.reading() as connection:
        assert facts.get(connection, master_key.BACKUP) == facts.Fact(value=vault.fingerprint, at=NOON)


def test_a_backup_never_overwrites(sqlite_ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    """What stands at the named place stays as it is, and no backup is remembered."""
    open_vault(sqlite_ledger, settings)
    copy = tmp_path / "copy.key"
    copy.write_text("an older key")

    with pytest.raises(StopRun, match="already"):
        back_up(sqlite_ledger, settings, copy, NOON)

    assert copy.read_text() == "an older key"
    with sqlite_ledger.reading() as connection:
        assert facts.get(connection, master_key.BACKUP) is None


def test_a_place_that_is_not_there_is_named(sqlite_ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    """A backup into a missing folder ends in one clear line."""
    open_vault(sqlite_ledger, settings)

    with pytest.raises(StopRun, match="No such file"):
        back_up(sqlite_ledger, settings, tmp_path / "missing" / "copy.key", NOON)


def test_a_link_is_not_followed(sqlite_ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    """A prepared link cannot lead the backup somewhere else."""
    open_vault(sqlite_ledger, settings)
    (tmp_path / "copy.key").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StopRun, match="already"):
        back_up(sqlite_ledger, settings, tmp_path / "copy.key", NOON)

    assert not (tmp_path / "elsewhere").exists()
