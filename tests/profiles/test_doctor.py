"""What the doctor says of the keys."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from monitors.ledger.engine import Ledger
from monitors.messages import LANGUAGES, say_in
from monitors.profiles.doctor import Finding, KeyState, check_keys, judge, look
from monitors.profiles.master_key import back_up, open_vault
from monitors.settings import Settings
from tests.builders import NOON

WELL = KeyState(
    key_place="/mnt/stick/master.key",
    key="a",
    key_of_ledger="a",
    key_of_backup="a",
    backup_at=NOON,
    is_file_unused=False,
    is_on_ledgers_disk=False,
    open_to_others=(),
)
CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"key_of_ledger": None}, []),  # nothing was ever stored
    ({"key": None}, ["no_key"]),
    ({"key": None, "open_to_others": ("/mnt/stick/master.key",)}, ["open_to_others"]),  # why it is not used
    ({"key": "b"}, ["another_key"]),
    ({"open_to_others": ("/home/x",)}, ["open_to_others"]),
    ({"key_of_backup": None, "backup_at": None}, ["no_backup"]),
    ({"key_of_backup": "b"}, ["backup_of_another_key"]),
    ({"is_on_ledgers_disk": True}, ["same_disk"]),
    ({"is_file_unused": True}, ["file_unused"]),
    ({"key": None, "is_on_ledgers_disk": True}, ["no_key", "same_disk"]),
]


@pytest.mark.parametrize(("changed", "ids"), CASES)
def test_what_is_found(changed: dict[str, Any], ids: list[str]) -> None:
    """Each mistake has its finding, and an installation without one has none."""
    assert [finding.id for finding in judge(replace(WELL, **changed))] == ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_its_words(language: str) -> None:
    """Whatever is found can be told in every language, with all its values filled."""
    found = {finding.id: finding for changed, _ in CASES for finding in judge(replace(WELL, **changed))}

    told = [finding.told(say_in(language)) for finding in found.values()]

    assert len(told) == 7
    assert not any("{" in text for text in told)


@pytest.fixture
def settings(sqlite_ledger: Ledger) -> Settings:
    home = Path(str(make_url(sqlite_ledger.engine.url).database)).parent
    return Settings(home=home, master_key=None)


def test_a_fresh_installation(sqlite_ledger: Ledger, settings: Settings) -> None:
    """With everything by default the key lies beside the ledger and has no backup: both are said."""
    open_vault(sqlite_ledger, settings)
    Path(str(sqlite_ledger.engine.url.database)).chmod(0o600)

    found = check_keys(settings, sqlite_ledger)

    assert found == (Finding(id="no_backup"), Finding(id="same_disk", values={"place": str(settings.key_file)}))


def test_a_backup_silences_its_finding(sqlite_ledger: Ledger, settings: Settings, tmp_path: Path) -> None:
    """Once backed up, the doctor asks for no backup."""
    open_vault(sqlite_ledger, settings)

    back_up(sqlite_ledger, settings, tmp_path / "copy.key", NOON)

    assert "no_backup" not in {finding.id for finding in check_keys(settings, sqlite_ledger)}


def test_open_files_are_named(sqlite_ledger: Ledger, settings: Settings) -> None:
    """A key or a ledger that others can read is named by its path."""
    open_vault(sqlite_ledger, settings)
    settings.key_file.chmod(0o644)

    named = {finding.values.get("path") for finding in check_keys(settings, sqlite_ledger)}

    assert str(settings.key_file) in named


def test_looking_makes_nothing(sqlite_ledger: Ledger, settings: Settings) -> None:
    """The doctor makes no key where there is none."""
    state = look(settings, sqlite_ledger)

    assert state.key is None
    assert not settings.key_file.exists()


def test_a_key_of_the_environment_is_on_no_disk(sqlite_ledger: Ledger, settings: Settings) -> None:
    """With the key in the environment the disk holds one of two; a file left over is told."""
    open_vault(sqlite_ledger, settings)
    given = settings.model_copy(update={"master_key": SecretStr(b64encode(bytes(32)).decode())})

    state = look(given, sqlite_ledger)

    assert (state.is_on_ledgers_disk, state.is_file_unused) == (False, True)
