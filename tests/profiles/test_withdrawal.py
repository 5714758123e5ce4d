"""How a profile ends."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from monitors.ledger import audit, exhibits, facts, hits, profiles
from monitors.ledger.engine import Ledger
from monitors.ledger.exhibits import SealedLink
from monitors.ledger.tables import leaves, metadata
from monitors.profiles import registration, withdrawal
from monitors.profiles.codes import Answer
from monitors.profiles.vault import Vault
from monitors.profiles.withdrawal import CONFIRM_WITHIN, GRACE, Belongings, Receipt, erase_due
from monitors.records import ProfileState
from tests.builders import NOON, a_hit, a_profile
from tests.servers.ledgers import add_profile

HER, OTHER = "p" * 32, "q" * 32
BATCH = "b" * 64
DAY = timedelta(days=1)


def nothing(_: Belongings) -> None:
    """Somebody without an index and without a spool."""


def ask(ledger: Ledger, vault: Vault, now: datetime = NOON) -> str:
    with ledger.writing() as connection:
        code = withdrawal.ask_withdrawal(connection, vault, HER, now, actor="herself")
    assert code is not None
    return code


def confirm(ledger: Ledger, vault: Vault, code: str, now: datetime = NOON) -> Answer:
    with ledger.writing() as connection:
        return withdrawal.confirm_withdrawal(connection, vault, HER, code, now)


def status(ledger: Ledger) -> profiles.ProfileStatus:
    with ledger.reading() as connection:
        known = profiles.status_of(connection, HER)
    assert known is not None
    return known


def leave(ledger: Ledger, vault: Vault) -> None:
    """Ask and confirm, so that the profile is due after the grace."""
    confirm(ledger, vault, ask(ledger, vault))


def seal_something(ledger: Ledger, vault: Vault, folder: Path, profile_id: str = HER) -> None:
    """Store a hit with one exhibit."""
    hit = a_hit(profile_id=profile_id)
    with ledger.writing() as connection:
        hits.put(connection, vault, [hit], batch_sha256=BATCH, at=NOON)
        exhibits.add(
            connection,
            SealedLink(
                id=profile_id, profile_id=profile_id, sequence=1, sha256="a" * 64, hit_id=hit.id, sealed=b"link"
            ),
        )
        exhibits.put_head(connection, profile_id, b"head", NOON)
        audit.note(connection, profile_id, "opened", actor="herself", at=NOON)
    (folder / profile_id).mkdir(parents=True)
    (folder / profile_id / ("c" * 64)).write_bytes(b"sealed")


def test_asking_stops_everything_at_once(ledger: Ledger, vault: Vault) -> None:
    """From the moment she asks she is not watched; nothing is erased before she confirms."""
    add_profile(ledger, vault)

    ask(ledger, vault)

    assert status(ledger).state is ProfileState.WITHDRAWING
    assert status(ledger).erase_at is None
    with ledger.reading() as connection:
        assert registration.active_profiles(connection, vault, NOON) == ()
        assert profiles.due_for_erasure(connection, NOON + 100 * DAY) == ()


def test_only_a_confirmed_profile_is_withdrawn(ledger: Ledger, vault: Vault) -> None:
    """A pending profile ends by not being confirmed, an unknown one is no error."""
    add_profile(ledger, vault, a_profile(state=ProfileState.PENDING))

    with ledger.writing() as connection:
        assert withdrawal.ask_withdrawal(connection, vault, HER, NOON, actor="herself") is None
        assert withdrawal.ask_withdrawal(connection, vault, "unknown", NOON, actor="herself") is None


def test_the_second_confirmation_sets_the_day(ledger: Ledger, vault: Vault) -> None:
    """Erasure is seven days after the second confirmation; confirming again does not put it off."""
    add_profile(ledger, vault)
    code = ask(ledger, vault)

    answers = [confirm(ledger, vault, code, NOON + DAY), confirm(ledger, vault, code, NOON + 3 * DAY)]

    assert answers == [Answer.YES, Answer.ALREADY]
    assert status(ledger).erase_at == NOON + DAY + GRACE


def test_a_wrong_or_late_code_erases_nothing(ledger: Ledger, vault: Vault) -> None:
    """Nobody else can erase her evidence; asked anew, an older code stops working."""
    add_profile(ledger, vault)
    old = ask(ledger, vault)
    code = ask(ledger, vault)

    answers = [confirm(ledger, vault, old), confirm(ledger, vault, code, NOON + CONFIRM_WITHIN)]

    assert answers == [Answer.WRONG, Answer.EXPIRED]
    assert status(ledger).erase_at is None


def test_the_grace_is_hers_to_shorten(ledger: Ledger, vault: Vault) -> None:
    """She may have it erased earlier, not later, and only once she confirmed."""
    add_profile(ledger, vault)
    code = ask(ledger, vault)

    def shorten(to: datetime) -> bool:
        with ledger.writing() as connection:
            return withdrawal.shorten_grace(connection, HER, to, NOON)

    too_early = shorten(NOON)
    confirm(ledger, vault, code)

    assert not too_early
    assert not shorten(NOON + GRACE + DAY)
    assert shorten(NOON)
    assert status(ledger).erase_at == NOON


def test_she_may_take_it_back(ledger: Ledger, vault: Vault) -> None:
    """During the grace she can stop the erasure; watching starts again only when she says so."""
    add_profile(ledger, vault)
    leave(ledger, vault)

    with ledger.writing() as connection:
        assert withdrawal.take_back(connection, HER, NOON)
        assert not withdrawal.take_back(connection, HER, NOON)

    assert status(ledger).state is ProfileState.PAUSED
    assert status(ledger).erase_at is None
    with ledger.reading() as connection:
        assert profiles.due_for_erasure(connection, NOON + 100 * DAY) == ()
        actions = [entry.action for entry in audit.entries_of(connection, HER)]
    assert actions == ["withdrawal_asked", "withdrawal_confirmed", "withdrawal_taken_back"]


def test_nothing_is_erased_before_its_time(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """A moment before the grace is over everything is still there."""
    add_profile(ledger, vault)
    seal_something(ledger, vault, tmp_path / "exhibits")
    leave(ledger, vault)

    receipts = erase_due(
        ledger, vault, tmp_path / "exhibits", NOON + GRACE - timedelta(seconds=1), forget_elsewhere=nothing
    )

    assert receipts == ()
    assert vault.has_key(HER)
    assert (tmp_path / "exhibits" / HER).exists()


def test_erasure_leaves_a_leaf(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """Key, rows and files go; the hash of her chain's head, a receipt, and everything of other people stay."""
    add_profile(ledger, vault)
    add_profile(ledger, vault, a_profile(id=OTHER))
    for profile_id in (HER, OTHER):
        seal_something(ledger, vault, tmp_path / "exhibits", profile_id)
    leave(ledger, vault)
    elsewhere: list[Belongings] = []

    receipts = erase_due(ledger, vault, tmp_path / "exhibits", NOON + GRACE, forget_elsewhere=elsewhere.append)

    assert receipts == (Receipt(profile_id=HER, erased_at=NOON + GRACE, hits=1, shared=1, exhibits=1, leaf="a" * 64),)
    assert elsewhere == [
        Belongings(profile_id=HER, hit_ids=(a_hit().id,), batch_sha256s=(BATCH,)),
    ]
    assert not vault.has_key(HER)
    assert vault.has_key(OTHER)
    assert [path.name for path in (tmp_path / "exhibits").iterdir()] == [OTHER]
    with ledger.reading() as connection:
        for table in metadata.tables.values():
            if "profile_id" in table.c:
                assert HER not in connection.scalars(select(table.c.profile_id)).all()
        assert connection.scalars(select(leaves.c.sha256)).all() == ["a" * 64]
        assert facts.get(connection, f"chain:{HER}") is None
        receipt = facts.get(connection, f"erased:{HER}")
        assert len(hits.page(connection, vault, OTHER).hits) == 1
    assert receipt is not None
    assert json.loads(receipt.value)["hits"] == 1


def test_erasing_again_finds_nothing_due(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """A second pass gives no second receipt."""
    add_profile(ledger, vault)
    leave(ledger, vault)
    erase_due(ledger, vault, tmp_path, NOON + GRACE, forget_elsewhere=nothing)

    assert erase_due(ledger, vault, tmp_path, NOON + GRACE, forget_elsewhere=nothing) == ()


def test_an_erasure_that_broke_is_done_again(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """When the index cannot be reached nothing is lost track of: the profile is still due."""
    add_profile(ledger, vault)
    leave(ledger, vault)

    def unreachable(_: Belongings) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        erase_due(ledger, vault, tmp_path, NOON + GRACE, forget_elsewhere=unreachable)

    assert len(erase_due(ledger, vault, tmp_path, NOON + GRACE, forget_elsewhere=nothing)) == 1


def test_files_left_by_a_crash_are_swept(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """A folder of an erased profile goes with the next pass; one the ledger never knew is left alone."""
    add_profile(ledger, vault)
    leave(ledger, vault)
    erase_due(ledger, vault, tmp_path, NOON + GRACE, forget_elsewhere=nothing)
    for name in (HER, "unknown"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"sealed")

    erase_due(ledger, vault, tmp_path, NOON + GRACE, forget_elsewhere=nothing)

    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["unknown"]


def test_what_nobody_confirmed_goes(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """What a stranger typed about her is erased when the code ran out, and her address stays cool for the day."""
    with ledger.writing() as connection:
        registered = registration.register(connection, vault, a_profile(), NOON)

    receipts = erase_due(ledger, vault, tmp_path, NOON + registration.CONFIRM_WITHIN, forget_elsewhere=nothing)

    assert [receipt.profile_id for receipt in receipts] == [registered.profile_id]
    assert not vault.has_key(HER)


def test_erasing_and_registering_again_takes_its_time(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """Withdrawing does not shorten the cool-down: nobody can look up one person after the other in a day."""
    with ledger.writing() as connection:
        registered = registration.register(connection, vault, a_profile(), NOON)
        registration.confirm(connection, vault, HER, registered.code, NOON)
    leave(ledger, vault)
    with ledger.writing() as connection:
        withdrawal.shorten_grace(connection, HER, NOON, NOON)
    erase_due(ledger, vault, tmp_path, NOON, forget_elsewhere=nothing)

    with pytest.raises(registration.RefusedError), ledger.writing() as connection:
        registration.register(connection, vault, a_profile(id=OTHER), NOON + DAY / 2)


def test_no_trace_stays_in_the_files(sqlite_ledger: Ledger, sqlite_vault: Vault, tmp_path: Path) -> None:
    """After erasure the database's files hold neither her sealed hit nor her wrapped key, free pages included."""
    add_profile(sqlite_ledger, sqlite_vault)
    seal_something(sqlite_ledger, sqlite_vault, tmp_path / "exhibits")
    leave(sqlite_ledger, sqlite_vault)
    with sqlite_ledger.reading() as connection:
        traces = [
            *connection.scalars(select(metadata.tables["hits"].c.sealed)),
            *connection.scalars(select(metadata.tables["profile_keys"].c.wrapped)),
            *connection.scalars(select(metadata.tables["profiles"].c.sealed)),
        ]

    erase_due(sqlite_ledger, sqlite_vault, tmp_path / "exhibits", NOON + GRACE, forget_elsewhere=nothing)

    folder = Path(str(make_url(sqlite_ledger.engine.url).database)).parent
    content = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
    assert len(traces) == 3
    assert not any(trace[:40] in content for trace in traces)
