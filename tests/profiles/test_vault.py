"""Encryption at rest."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.errors import StopRun
from monitors.ledger.cipher import KeyGoneError, SealBrokenError
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import REMEMBERED_SECONDS, Vault
from tests.builders import a_profile
from tests.servers.ledgers import MASTER_KEY, add_profile

HER = "p" * 32
OTHER = "q" * 32


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_is_sealed_opens(ledger: Ledger, vault: Vault) -> None:
    """Bytes come back as they went in, also in another process with the same master key."""
    add_profile(ledger, vault)
    sealed = vault.seal(HER, "林晓月".encode(), label="a")

    assert vault.open(HER, sealed, label="a").decode() == "林晓月"
    assert Vault(ledger, MASTER_KEY).open(HER, sealed, label="a").decode() == "林晓月"


def test_sealing_twice_looks_different(sqlite_ledger: Ledger, sqlite_vault: Vault) -> None:
    """Nobody sees from two sealed values that they are the same."""
    add_profile(sqlite_ledger, sqlite_vault)

    assert sqlite_vault.seal(HER, b"x", label="a") != sqlite_vault.seal(HER, b"x", label="a")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=50), data=st.data())
def test_any_flipped_byte_is_found(vault_with_her: Vault, content: bytes, data: st.DataObject) -> None:
    """Sealed bytes with one changed byte do not open."""
    sealed = bytearray(vault_with_her.seal(HER, content, label="a"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SealBrokenError):
        vault_with_her.open(HER, bytes(sealed), label="a")


@pytest.fixture
def vault_with_her(sqlite_ledger: Ledger, sqlite_vault: Vault) -> Vault:
    add_profile(sqlite_ledger, sqlite_vault)
    return sqlite_vault


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28])
def test_a_torn_value_is_found(vault_with_her: Vault, length: int) -> None:
    """Sealed bytes that were cut off do not open."""
    sealed = vault_with_her.seal(HER, b"x", label="a")

    with pytest.raises(SealBrokenError):
        vault_with_her.open(HER, sealed[:length], label="a")


def test_a_moved_value_does_not_open(sqlite_ledger: Ledger, sqlite_vault: Vault) -> None:
    """A row copied over another row, or into another profile, does not open."""
    add_profile(sqlite_ledger, sqlite_vault)
    add_profile(sqlite_ledger, sqlite_vault, a_profile(id=OTHER))
    sealed = sqlite_vault.seal(HER, b"x", label="hits:1")

    with pytest.raises(SealBrokenError):
        sqlite_vault.open(HER, sealed, label="hits:2")
    with pytest.raises(SealBrokenError):
        sqlite_vault.open(OTHER, sealed, label="hits:1")


def test_a_destroyed_key_opens_nothing(ledger: Ledger, vault: Vault) -> None:
    """Once the key is destroyed, what it sealed is gone for good."""
    add_profile(ledger, vault)
    sealed = vault.seal(HER, b"x", label="a")

    with ledger.writing() as connection:
        vault.destroy_key(connection, HER)

    assert not vault.has_key(HER)
    with pytest.raises(KeyGoneError):
        vault.open(HER, sealed, label="a")


def test_another_process_forgets_a_destroyed_key(sqlite_ledger: Ledger, sqlite_vault: Vault) -> None:
    """A process that used a key looks again after a few seconds and finds it destroyed."""
    clock = Clock()
    elsewhere = Vault(sqlite_ledger, MASTER_KEY, clock=clock)
    add_profile(sqlite_ledger, sqlite_vault)
    sealed = elsewhere.seal(HER, b"x", label="a")
    with sqlite_ledger.writing() as connection:
        sqlite_vault.destroy_key(connection, HER)

    clock.now += REMEMBERED_SECONDS

    with pytest.raises(KeyGoneError):
        elsewhere.open(HER, sealed, label="a")


def test_another_master_key_opens_nothing(ledger: Ledger, vault: Vault) -> None:
    """A ledger does not open under another master key, and takes no profile under it."""
    add_profile(ledger, vault)
    sealed = vault.seal(HER, b"x", label="a")
    wrong = Vault(ledger, bytes(32))

    with pytest.raises(SealBrokenError, match="master key") as caught:
        wrong.open(HER, sealed, label="a")
    with pytest.raises(StopRun, match="another master key"):
        add_profile(ledger, wrong, a_profile(id=OTHER))
    assert caught.value.advice


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_a_short_master_key_is_refused(sqlite_ledger: Ledger, key: bytes) -> None:
    """A master key has 32 bytes."""
    with pytest.raises(StopRun, match="32 bytes"):
        Vault(sqlite_ledger, key)


def test_nothing_of_her_stands_in_the_file(sqlite_ledger: Ledger, sqlite_vault: Vault) -> None:
    """The database file and its log hold neither her name nor her address nor her key."""
    add_profile(sqlite_ledger, sqlite_vault, a_profile(aliases=("alias-in-no-post",)))
    sqlite_vault.seal(HER, b"x", label="a")
    key = sqlite_vault._remembered[HER][1]
    folder = Path(str(sqlite_ledger.engine.url.database)).parent

    found = b"".join(path.read_bytes() for path in folder.iterdir())

    assert HER.encode() in found
    for secret in ("林晓月".encode(), b"alias-in-no-post", b"lin@mail.example", key):
        assert secret not in found


def test_an_erased_key_is_scrubbed_from_the_file(sqlite_ledger: Ledger, sqlite_vault: Vault) -> None:
    """After destruction and scrubbing even the wrapped key is nowhere in the database's files."""
    add_profile(sqlite_ledger, sqlite_vault)
    path = Path(str(sqlite_ledger.engine.url.database))
    outside = sqlite3.connect(path)
    (wrapped,) = outside.execute("SELECT wrapped FROM profile_keys").fetchone()
    outside.close()

    with sqlite_ledger.writing() as connection:
        sqlite_vault.destroy_key(connection, HER)
    sqlite_ledger.scrub()

    assert [file.name for file in path.parent.iterdir() if wrapped in file.read_bytes()] == []


def test_keyed_hashes_depend_on_purpose_and_key(sqlite_ledger: Ledger, sqlite_vault: Vault) -> None:
    """The same text hashes alike for one purpose only, and only under one master key."""
    hashed = sqlite_vault.mac("address", "lin@mail.example")

    assert hashed == sqlite_vault.mac("address", "lin@mail.example")
    assert len(hashed) == 64
    assert hashed != sqlite_vault.mac("code", "lin@mail.example")
    assert hashed != Vault(sqlite_ledger, bytes(32)).mac("address", "lin@mail.example")


def test_a_writer_has_another_pseudonym_for_everyone(sqlite_ledger: Ledger, sqlite_vault: Vault) -> None:
    """Two people's hits cannot be joined by their writer, and after erasure nobody can tell who it was."""
    add_profile(sqlite_ledger, sqlite_vault)
    add_profile(sqlite_ledger, sqlite_vault, a_profile(id=OTHER))

    hers, others = (sqlite_vault.pseudonym(person, "writer@social.example") for person in (HER, OTHER))

    assert hers == sqlite_vault.pseudonym(HER, "writer@social.example")
    assert hers != others
    with sqlite_ledger.writing() as connection:
        sqlite_vault.destroy_key(connection, HER)
    with pytest.raises(KeyGoneError):
        sqlite_vault.pseudonym(HER, "writer@social.example")
