"""Blocked addresses, cool-downs and codes."""

from datetime import timedelta

from monitors.ledger import addresses
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import Vault
from monitors.records import ProfileState
from tests.builders import NOON, a_profile
from tests.servers.ledgers import add_profile

DAY = timedelta(days=1)


def test_a_blocked_address_stays_blocked(ledger: Ledger) -> None:
    """Blocking twice is no error."""
    with ledger.writing() as connection:
        addresses.block(connection, "mac", NOON)
        addresses.block(connection, "mac", NOON + DAY)

        assert addresses.is_blocked(connection, "mac")
        assert not addresses.is_blocked(connection, "other")


def test_a_cool_down_ends_by_itself(ledger: Ledger) -> None:
    """While one runs no other starts; on the moment it ends the next may."""
    with ledger.writing() as connection:
        started = [
            addresses.cool_down(connection, "mac", now=now, until=now + DAY)
            for now in (NOON, NOON + DAY / 2, NOON + DAY)
        ]
        other = addresses.cool_down(connection, "other", now=NOON, until=NOON + DAY)

    assert started == [True, False, True]
    assert other


def test_attempts_are_counted(ledger: Ledger, vault: Vault) -> None:
    """Each look at a code counts as an attempt; a new code starts at none; a used one is gone."""
    her = add_profile(ledger, vault).id

    with ledger.writing() as connection:
        assert addresses.count_attempt(connection, her) is None
        addresses.put_confirmation(connection, her, "code", sent_at=NOON, expires_at=NOON + DAY)
        counted = [addresses.count_attempt(connection, her) for _ in range(2)]
        addresses.put_confirmation(connection, her, "code-2", sent_at=NOON, expires_at=NOON + DAY)
        fresh = addresses.count_attempt(connection, her)
        addresses.forget_confirmation(connection, her)

        assert addresses.count_attempt(connection, her) is None

    assert [known.attempts for known in counted if known] == [1, 2]
    assert fresh == addresses.Confirmation(code_mac="code-2", sent_at=NOON, expires_at=NOON + DAY, attempts=1)


def test_codes_that_ran_out_are_found(ledger: Ledger, vault: Vault) -> None:
    """A pending profile nobody confirmed in time is known from the moment its code ran out; no other is."""
    pending = add_profile(ledger, vault, a_profile(state=ProfileState.PENDING)).id
    leaving = add_profile(ledger, vault, a_profile(id="q" * 32, state=ProfileState.WITHDRAWING)).id

    with ledger.writing() as connection:
        for profile_id in (pending, leaving):
            addresses.put_confirmation(connection, profile_id, "code", sent_at=NOON, expires_at=NOON + DAY)

        assert addresses.unconfirmed(connection, NOON) == ()
        assert addresses.unconfirmed(connection, NOON + DAY) == (pending,)
