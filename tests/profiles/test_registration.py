"""How a profile begins."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitors.ledger import audit, profiles
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import profiles as table
from monitors.messages import LANGUAGES, say_in
from monitors.profiles import codes, registration
from monitors.profiles.codes import ATTEMPTS, LENGTH, LETTERS, Answer, Purpose
from monitors.profiles.registration import CONFIRM_WITHIN, COOL_DOWN, Refusal, RefusedError, Registered, active_profiles
from monitors.profiles.vault import Vault
from monitors.records import PhotoSignal, ProfileState, Recipient, Scope, WatchProfile
from tests.builders import NOON, a_consent, a_profile
from tests.servers.ledgers import add_profile

HER = "p" * 32
DAY = timedelta(days=1)


def register(ledger: Ledger, vault: Vault, now: datetime = NOON, **changed: object) -> Registered:
    with ledger.writing() as connection:
        return registration.register(connection, vault, a_profile(**changed), now, most=2)


def confirm(ledger: Ledger, vault: Vault, code: str, now: datetime = NOON) -> Answer:
    with ledger.writing() as connection:
        return registration.confirm(connection, vault, HER, code, now)


def read(ledger: Ledger, vault: Vault) -> WatchProfile:
    with ledger.reading() as connection:
        profile = profiles.get(connection, vault, HER)
    assert profile is not None
    return profile


def wrong(code: str) -> str:
    return code[:-1] + next(letter for letter in LETTERS if letter != code[-1])


def test_a_registered_profile_only_waits(ledger: Ledger, vault: Vault) -> None:
    """Registering, even of a draft that says it is active, watches nobody: the code goes to her own address."""
    registered = register(
        ledger,
        vault,
        recipients=(Recipient(address="help@mail.example", is_self=False), Recipient(address="Lin@mail.example")),
    )

    assert registered.profile_id == HER
    assert registered.address == "Lin@mail.example"
    assert len(registered.code) == LENGTH
    assert read(ledger, vault).state is ProfileState.PENDING
    with ledger.reading() as connection:
        assert active_profiles(connection, vault, NOON) == ()


def test_the_code_makes_it_work(ledger: Ledger, vault: Vault) -> None:
    """Confirmed, the profile is active, and her consents count from that moment."""
    registered = register(ledger, vault)
    later = NOON + DAY

    answer = confirm(ledger, vault, registered.code, later)

    profile = read(ledger, vault)
    assert answer is Answer.YES
    assert profile.state is ProfileState.ACTIVE
    assert {consent.given_at for consent in profile.consents} == {later}
    with ledger.reading() as connection:
        assert active_profiles(connection, vault, later) == (profile,)
        actions = [(entry.action, entry.actor) for entry in audit.entries_of(connection, HER)]
    assert actions == [("registered", "registrant"), ("confirmed", "herself")]


def test_a_code_may_be_typed_as_people_do(ledger: Ledger, vault: Vault) -> None:
    """Small letters, spaces and hyphens do not matter."""
    code = register(ledger, vault).code

    assert confirm(ledger, vault, f" {code[:4].lower()}-{code[4:]} ") is Answer.YES


def test_confirming_twice_is_no_error(ledger: Ledger, vault: Vault) -> None:
    """Who clicks the link a second time, or after pausing, changes nothing."""
    code = register(ledger, vault).code
    confirm(ledger, vault, code)
    with ledger.writing() as connection:
        registration.pause(connection, HER, NOON, actor="herself")

    assert confirm(ledger, vault, code) is Answer.ALREADY
    assert read(ledger, vault).state is ProfileState.PAUSED


def test_a_wrong_code_does_not_help(ledger: Ledger, vault: Vault) -> None:
    """After five wrong codes the right one does not work either."""
    code = register(ledger, vault).code

    answers = [confirm(ledger, vault, wrong(code)) for _ in range(ATTEMPTS)]

    assert set(answers) == {Answer.WRONG}
    assert confirm(ledger, vault, code) is Answer.TOO_OFTEN
    assert read(ledger, vault).state is ProfileState.PENDING


def test_the_fifth_try_still_counts(ledger: Ledger, vault: Vault) -> None:
    """Four mistakes are forgiven."""
    code = register(ledger, vault).code
    for _ in range(ATTEMPTS - 1):
        confirm(ledger, vault, wrong(code))

    assert confirm(ledger, vault, code) is Answer.YES


def test_a_code_runs_out(ledger: Ledger, vault: Vault) -> None:
    """The moment it runs out, a code confirms nothing."""
    code = register(ledger, vault).code

    assert confirm(ledger, vault, code, NOON + CONFIRM_WITHIN) is Answer.EXPIRED


def test_nobody_waits_for_a_code(ledger: Ledger, vault: Vault) -> None:
    """A code for an unknown profile is answered, not an error."""
    assert confirm(ledger, vault, "ABCDEFGH") is Answer.NOT_WAITED_FOR


def test_a_code_is_good_for_one_purpose(ledger: Ledger, vault: Vault) -> None:
    """The code of a withdrawal confirms no registration."""
    register(ledger, vault)
    with ledger.writing() as connection:
        code = codes.issue(connection, vault, HER, NOON, purpose=Purpose.WITHDRAW, lasts=DAY)

    assert confirm(ledger, vault, code) is Answer.WRONG


def test_neither_code_nor_address_is_kept(ledger: Ledger, vault: Vault) -> None:
    """The ledger holds keyed hashes of both, so that who reads it can confirm nothing."""
    code = register(ledger, vault).code

    with ledger.reading() as connection:
        everything = [connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in table.metadata.tables]

    assert code not in str(everything)
    assert "lin@mail.example" not in str(everything)


def test_an_address_gets_one_mail_a_day(ledger: Ledger, vault: Vault) -> None:
    """However it is written, an address that got a code gets no second one on the same day."""
    register(ledger, vault)
    again = {"id": "q" * 32, "recipients": (Recipient(address="LIN@mail.example"),)}

    with pytest.raises(RefusedError) as caught:
        register(ledger, vault, NOON + COOL_DOWN / 2, **again)

    assert caught.value.reason is Refusal.COOL_DOWN
    assert register(ledger, vault, NOON + COOL_DOWN, **again).profile_id == "q" * 32


def test_an_address_has_few_profiles(ledger: Ledger, vault: Vault) -> None:
    """A third profile of an address that may have two is refused, whatever the day."""
    register(ledger, vault)
    register(ledger, vault, NOON + DAY, id="q" * 32)

    with pytest.raises(RefusedError) as caught:
        register(ledger, vault, NOON + 2 * DAY, id="r" * 32)

    assert caught.value.reason is Refusal.TOO_MANY


def test_a_refused_registration_leaves_nothing(ledger: Ledger, vault: Vault) -> None:
    """What was typed about somebody is not kept when no mail goes out."""
    register(ledger, vault)

    with pytest.raises(RefusedError):
        register(ledger, vault, id="q" * 32)

    with ledger.reading() as connection:
        assert [status.id for status in profiles.statuses(connection)] == [HER]


def test_not_me_blocks_the_address(ledger: Ledger, vault: Vault) -> None:
    """Who got a mail about somebody else is never written to again, and what was typed is gone with its key."""
    register(ledger, vault)

    with ledger.writing() as connection:
        assert registration.not_me(connection, vault, HER, NOON)
        assert profiles.statuses(connection) == ()
    with pytest.raises(RefusedError) as caught:
        register(ledger, vault, NOON + 300 * DAY)

    assert caught.value.reason is Refusal.BLOCKED
    assert not vault.has_key(HER)


def test_not_me_ends_nothing_that_works(ledger: Ledger, vault: Vault) -> None:
    """An old link of a confirmation mail does not delete a confirmed profile."""
    confirm(ledger, vault, register(ledger, vault).code)

    with ledger.writing() as connection:
        assert not registration.not_me(connection, vault, HER, NOON)
        assert not registration.not_me(connection, vault, "unknown", NOON)

    assert read(ledger, vault).state is ProfileState.ACTIVE


def test_pause_and_resume(ledger: Ledger, vault: Vault) -> None:
    """A paused profile is not watched until resumed; doing either twice does nothing."""
    add_profile(ledger, vault)

    with ledger.writing() as connection:
        paused = [registration.pause(connection, HER, NOON, actor="mail") for _ in range(2)]
        watched = active_profiles(connection, vault, NOON)
        resumed = [registration.resume(connection, HER, NOON, actor="herself") for _ in range(2)]
        again = active_profiles(connection, vault, NOON)
        entries = [entry.action for entry in audit.entries_of(connection, HER)]

    assert paused == resumed == [True, False]
    assert watched == ()
    assert [profile.id for profile in again] == [HER]
    assert entries == ["paused", "resumed"]


PHOTO = PhotoSignal(id="1", label="", fingerprints=())
NAMES, HASHES = a_consent(), a_consent(scope=Scope.IMAGE_HASHES)
OVER = replace(NAMES, expires_at=NOON - DAY)
SCOPES = [
    pytest.param((NAMES, HASHES), True, True, id="both"),
    pytest.param((NAMES,), True, False, id="names only"),
    pytest.param((OVER, HASHES), False, True, id="names ran out"),
    pytest.param((NAMES, replace(HASHES, given_at=NOON + DAY)), True, False, id="not yet"),
]


@pytest.mark.parametrize(("consents", "has_names", "has_photos"), SCOPES)
def test_what_is_not_allowed_is_not_handed_out(
    sqlite_ledger: Ledger, sqlite_vault: Vault, consents: tuple[object, ...], has_names: bool, has_photos: bool
) -> None:
    """A matcher cannot look for what she did not allow: it is not in the profile that it gets."""
    add_profile(
        sqlite_ledger, sqlite_vault, a_profile(photos=(PHOTO,), aliases=("月月",), handles=("@x",), consents=consents)
    )

    with sqlite_ledger.reading() as connection:
        (profile,) = active_profiles(connection, sqlite_vault, NOON)

    assert [bool(profile.names), bool(profile.aliases), bool(profile.handles)] == [has_names] * 3
    assert bool(profile.photos) == has_photos


@pytest.mark.parametrize("consents", [(), (OVER,)], ids=["none", "ran out"])
def test_without_consent_nobody_is_watched(
    sqlite_ledger: Ledger, sqlite_vault: Vault, consents: tuple[object, ...]
) -> None:
    """An active profile without a consent that holds is left out."""
    add_profile(sqlite_ledger, sqlite_vault, a_profile(consents=consents))

    with sqlite_ledger.reading() as connection:
        assert active_profiles(connection, sqlite_vault, NOON) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_and_refusals_have_their_words(language: str) -> None:
    """Whatever is answered can be told in every language."""
    say = say_in(language)

    assert all(say(f"profiles.refused.{reason}") for reason in Refusal)
    assert all(say(f"profiles.code.{answer}") for answer in Answer)
