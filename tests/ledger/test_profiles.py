"""Profiles in the ledger."""

from datetime import timedelta

import pytest

from monitors.ledger import profiles
from monitors.ledger.cipher import SealBrokenError
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import profile_keys
from monitors.ledger.tables import profiles as table
from monitors.profiles.vault import Vault
from monitors.records import ProfileState
from tests.builders import NOON, a_profile
from tests.servers.ledgers import add_profile

OTHER = "q" * 32


def test_a_profile_comes_back_whole(ledger: Ledger, vault: Vault) -> None:
    """What was stored is what is read, consents and recipients included."""
    stored = add_profile(ledger, vault)

    with ledger.reading() as connection:
        assert profiles.get(connection, vault, stored.id) == stored
        assert profiles.get(connection, vault, "nobody") is None


def test_the_column_says_the_state(ledger: Ledger, vault: Vault) -> None:
    """A profile whose state was moved is read in its new state."""
    stored = add_profile(ledger, vault)

    with ledger.writing() as connection:
        moved = profiles.move(connection, stored.id, ProfileState.PAUSED, NOON, come_from=[ProfileState.ACTIVE])
        again = profiles.move(connection, stored.id, ProfileState.PAUSED, NOON, come_from=[ProfileState.ACTIVE])
        read = profiles.get(connection, vault, stored.id)

    assert (moved, again) == (True, False)
    assert read is not None
    assert read.state is ProfileState.PAUSED


def test_only_profiles_of_the_state_are_opened(ledger: Ledger, vault: Vault) -> None:
    """Asking for the active ones leaves a paused one sealed: even unreadable bytes there do no harm."""
    active = add_profile(ledger, vault)
    paused = add_profile(ledger, vault, a_profile(id=OTHER, state=ProfileState.PAUSED))

    with ledger.writing() as connection:
        connection.execute(table.update().where(table.c.id == paused.id).values(sealed=b"torn"))
        found = profiles.in_state(connection, vault, ProfileState.ACTIVE)

    assert found == (active,)


def test_one_row_cannot_stand_for_another(ledger: Ledger, vault: Vault) -> None:
    """A sealed profile copied into another row does not open there."""
    her = add_profile(ledger, vault)
    other = add_profile(ledger, vault, a_profile(id=OTHER))

    with ledger.writing() as connection:
        sealed = table.select().with_only_columns(table.c.sealed).where(table.c.id == her.id).scalar_subquery()
        connection.execute(table.update().where(table.c.id == other.id).values(sealed=sealed))

        with pytest.raises(SealBrokenError):
            profiles.get(connection, vault, other.id)


def test_the_status_needs_no_key(ledger: Ledger, vault: Vault) -> None:
    """State and times are known also when the key is gone."""
    her = add_profile(ledger, vault)
    erase_at = NOON + timedelta(days=7)

    with ledger.writing() as connection:
        vault.destroy_key(connection, her.id)
        profiles.move(
            connection, her.id, ProfileState.WITHDRAWING, NOON, come_from=list(ProfileState), erase_at=erase_at
        )
        status = profiles.status_of(connection, her.id, lock=True)
        listed = profiles.statuses(connection)

    assert status is not None
    assert (status.state, status.erase_at, status.confirmed_at) == (ProfileState.WITHDRAWING, erase_at, None)
    assert listed == (status,)


def test_profiles_of_an_address_are_counted(ledger: Ledger, vault: Vault) -> None:
    """An address is known by its keyed hash only."""
    her = add_profile(ledger, vault)

    with ledger.reading() as connection:
        assert profiles.count_of_address(connection, vault.mac("address", her.id)) == 1
        assert profiles.count_of_address(connection, vault.mac("address", "x")) == 0


def test_erasing_takes_the_key_along(ledger: Ledger, vault: Vault) -> None:
    """A profile's row does not go without everything that hangs on it."""
    her = add_profile(ledger, vault)

    with ledger.writing() as connection:
        assert profiles.erase(connection, her.id)
        assert not profiles.erase(connection, her.id)
        assert connection.execute(profile_keys.select()).all() == []
