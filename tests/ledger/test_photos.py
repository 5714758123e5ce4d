"""Details of reference photos, apart from the profile that every run opens."""

from dataclasses import replace

from sqlalchemy import func, select

from monitors.ledger import photos, profiles
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import photo_details
from monitors.profiles.vault import Vault
from monitors.records import Fingerprint, PhotoSignal, WatchProfile
from tests.builders import NOON, a_profile
from tests.servers.ledgers import add_profile

HASH = Fingerprint(algorithm="pdq", version="1", bits="0f" * 32, quality=90)
DETAILS = Fingerprint(algorithm="sift", version="1", bits="ab" * 50_000)


def a_photo(name: str, *fingerprints: Fingerprint) -> PhotoSignal:
    return PhotoSignal(id=name, label="", fingerprints=fingerprints)


HERS = a_profile(photos=(a_photo("one", HASH, DETAILS), a_photo("two", HASH)))


def opened(ledger: Ledger, vault: Vault) -> tuple[WatchProfile, WatchProfile]:
    """The profile as a run opens it, and with everything of its photos."""
    with ledger.reading() as connection:
        profile = profiles.get(connection, vault, HERS.id)
        assert profile is not None
        return profile, photos.whole(connection, vault, profile)


def rows(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(photo_details)) or 0


def test_a_run_opens_profiles_without_details(ledger: Ledger, vault: Vault) -> None:
    """Hashes come with the profile, details only when they are asked for."""
    add_profile(ledger, vault, HERS)

    light, whole = opened(ledger, vault)

    assert [photo.fingerprints for photo in light.photos] == [(HASH,), (HASH,)]
    assert whole == HERS


def test_storing_the_light_profile_loses_no_details(ledger: Ledger, vault: Vault) -> None:
    """A profile read, changed and put back keeps what lies apart."""
    add_profile(ledger, vault, HERS)
    light, _ = opened(ledger, vault)

    with ledger.writing() as connection:
        profiles.put(connection, vault, replace(light, aliases=("月月",)), NOON)

    assert opened(ledger, vault)[1] == replace(HERS, aliases=("月月",))


def test_details_go_with_their_photo_and_with_the_profile(ledger: Ledger, vault: Vault) -> None:
    """Nothing of a photo she took out is left, and nothing of a profile that is erased."""
    add_profile(ledger, vault, HERS)
    other = replace(HERS, photos=(a_photo("three", HASH, DETAILS),))

    with ledger.writing() as connection:
        profiles.put(connection, vault, other, NOON)
    after_change = rows(ledger), opened(ledger, vault)[1]
    with ledger.writing() as connection:
        profiles.erase(connection, HERS.id)

    assert after_change == (1, other)
    assert rows(ledger) == 0
