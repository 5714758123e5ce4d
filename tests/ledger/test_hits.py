"""Hits in the ledger."""

import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import select

from monitors.ledger import hits
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import hits as table
from monitors.profiles.vault import Vault
from monitors.records import Hit, Severity, Stage, WatchProfile
from tests.builders import NOON, a_hit, a_post, a_profile
from tests.servers.ledgers import add_profile

BATCH, LATER_BATCH = "b" * 64, "c" * 64
OTHER = "q" * 32


def hits_of(count: int, profile_id: str = "p" * 32) -> list[Hit]:
    return [a_hit(profile_id=profile_id, post=a_post(id=f"rss:{number}")) for number in range(count)]


def put(ledger: Ledger, vault: Vault, found: Iterable[Hit], batch: str = BATCH) -> frozenset[str]:
    with ledger.writing() as connection:
        return hits.put(connection, vault, list(found), batch_sha256=batch, at=NOON)


def walk(ledger: Ledger, found: Iterable[Hit], *stages: Stage) -> None:
    ids = [hit.id for hit in found]
    with ledger.writing() as connection:
        for before, after in zip((Stage.MATCHING, *stages), stages, strict=False):
            hits.advance(connection, ids, come_from=before, to=after)


@pytest.fixture
def her(ledger: Ledger, vault: Vault) -> WatchProfile:
    return add_profile(ledger, vault)


pytestmark = pytest.mark.usefixtures("her")


def test_a_hit_comes_back_whole(ledger: Ledger, vault: Vault) -> None:
    """Post, matches, scores and severity are read as they were stored."""
    hit = a_hit()

    put(ledger, vault, [hit])

    with ledger.reading() as connection:
        assert hits.one(connection, vault, hit.id) == hit
        assert hits.one(connection, vault, "unknown") is None
        assert hits.of_batch(connection, vault, BATCH, stage=Stage.MATCHING) == (hit,)


def test_putting_again_changes_nothing(ledger: Ledger, vault: Vault) -> None:
    """A matching stage that was killed and repeated leaves the same hits with the same numbers."""
    found = hits_of(3)
    first = put(ledger, vault, found[:2])

    again = put(ledger, vault, [*found, found[0]])

    assert first == {hit.id for hit in found[:2]}
    assert again == {hit.id for hit in found}
    with ledger.reading() as connection:
        assert connection.scalars(select(table.c.sequence).order_by(table.c.sequence)).all() == [1, 2, 3]


def test_a_hit_of_an_earlier_batch_is_a_duplicate(ledger: Ledger, vault: Vault) -> None:
    """A post found again in a later batch stays the hit it was, and the later batch does not claim it."""
    hit = a_hit()
    put(ledger, vault, [hit])

    claimed = put(ledger, vault, [replace(hit, severity=Severity.LOW)], LATER_BATCH)

    assert claimed == frozenset()
    with ledger.reading() as connection:
        assert hits.one(connection, vault, hit.id) == hit
        assert hits.of_batch(connection, vault, LATER_BATCH, stage=Stage.MATCHING) == ()


def test_writers_at_once_share_no_number(ledger: Ledger, vault: Vault) -> None:
    """Two processes that store overlapping hits at once end with each hit once and no number twice."""
    found = hits_of(8)
    parts = [found[:5], found[3:], found[2:6]]
    threads = [threading.Thread(target=put, args=(ledger, vault, part)) for part in parts]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with ledger.reading() as connection:
        rows = connection.execute(select(table.c.id, table.c.sequence)).all()
    assert {row.id for row in rows} == {hit.id for hit in found}
    assert sorted(row.sequence for row in rows) == list(range(1, 9))


def test_numbers_of_deleted_hits_are_not_given_again(ledger: Ledger, vault: Vault) -> None:
    """After somebody withdrew, new hits go on counting: what follows our order sees each of them."""
    add_profile(ledger, vault, a_profile(id=OTHER))
    put(ledger, vault, hits_of(2))
    with ledger.writing() as connection:
        assert hits.delete_of_profile(connection, "p" * 32) == 2

    put(ledger, vault, hits_of(1, OTHER))

    with ledger.reading() as connection:
        assert connection.scalars(select(table.c.sequence)).all() == [3]


def test_stages_hand_on_what_passed(ledger: Ledger, vault: Vault) -> None:
    """Each stage finds exactly what the one before let through, and going on twice moves nothing."""
    one, two = found = hits_of(2)
    put(ledger, vault, found)
    scored = replace(one, severity=Severity.URGENT)

    with ledger.writing() as connection:
        hits.replace(connection, vault, [scored])
        moved = [hits.advance(connection, [one.id], come_from=Stage.MATCHING, to=Stage.SCORING) for _ in range(2)]
        waiting = hits.of_batch(connection, vault, BATCH, stage=Stage.MATCHING)
        passed = hits.of_batch(connection, vault, BATCH, stage=Stage.SCORING)

    assert moved == [1, 0]
    assert (waiting, passed) == ((two,), (scored,))


def test_a_stage_cannot_be_left_out(ledger: Ledger, vault: Vault) -> None:
    """A hit that was not scored is not moved by the evidence stage."""
    (hit,) = found = hits_of(1)
    put(ledger, vault, found)

    with ledger.writing() as connection:
        assert hits.advance(connection, [hit.id], come_from=Stage.SCORING, to=Stage.EVIDENCE) == 0


def test_a_withdrawn_hit_does_not_come_back(ledger: Ledger, vault: Vault) -> None:
    """Scoring a hit that was erased meanwhile stores nothing."""
    (hit,) = found = hits_of(1)
    put(ledger, vault, found)

    with ledger.writing() as connection:
        hits.delete_of_profile(connection, hit.profile_id)
        hits.replace(connection, vault, [hit])

        assert hits.one(connection, vault, hit.id) is None


def test_due_is_what_no_digest_told(ledger: Ledger, vault: Vault) -> None:
    """A hit is due once it is proved, indexed or not, until one digest tells of it, and never for another profile."""
    add_profile(ledger, vault, a_profile(id=OTHER))
    told, new, waiting, unproved = found = hits_of(4)
    others = hits_of(1, OTHER)
    put(ledger, vault, found + others)
    walk(ledger, [told, new, *others], Stage.SCORING, Stage.EVIDENCE, Stage.INDEX)
    walk(ledger, [waiting], Stage.SCORING, Stage.EVIDENCE)
    walk(ledger, [unproved], Stage.SCORING)

    with ledger.writing() as connection:
        assigned = [hits.assign_digest(connection, [told.id], digest) for digest in ("digest-1", "digest-2")]
        due = hits.due(connection, vault, "p" * 32)
        of_digests = [hits.of_digest(connection, vault, digest) for digest in ("digest-1", "digest-2")]

    assert assigned == [1, 0]
    assert due == (new, waiting)
    assert of_digests == [(told,), ()]


def test_under_way_is_what_is_not_proved(ledger: Ledger, vault: Vault) -> None:
    """A hit counts as under way until it is judged and sealed, for its own profile."""
    add_profile(ledger, vault, a_profile(id=OTHER))
    _, judged, proved = found = hits_of(3)
    put(ledger, vault, found + hits_of(1, OTHER))
    walk(ledger, [judged], Stage.SCORING)
    walk(ledger, [proved], Stage.SCORING, Stage.EVIDENCE)

    with ledger.reading() as connection:
        counts = [hits.count_under_way(connection, profile_id) for profile_id in ("p" * 32, OTHER, None)]

    assert counts == [2, 1, 3]


def test_pages_show_the_newest_first(ledger: Ledger, vault: Vault) -> None:
    """Page after page shows every hit of the profile once, the last found first, also when more come meanwhile."""
    add_profile(ledger, vault, a_profile(id=OTHER))
    found = hits_of(5)
    put(ledger, vault, found[:4] + hits_of(2, OTHER))

    with ledger.writing() as connection:
        first = hits.page(connection, vault, "p" * 32, limit=2)
        hits.put(connection, vault, found[4:], batch_sha256=BATCH, at=NOON)
        second = hits.page(connection, vault, "p" * 32, before=first.next, limit=2)

    assert first.hits == (found[3], found[2])
    assert second.hits == (found[1], found[0])
    assert second.next is None


def test_every_indexed_hit_is_walked_once(ledger: Ledger, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebuilding a search store sees each finished hit of everyone once, however many there are."""
    monkeypatch.setattr(hits, "CHUNK", 2)
    add_profile(ledger, vault, a_profile(id=OTHER))
    found = hits_of(5) + hits_of(2, OTHER)
    put(ledger, vault, found)
    walk(ledger, found[1:], Stage.SCORING, Stage.EVIDENCE, Stage.INDEX)

    with ledger.reading() as connection:
        walked = list(hits.iter_all(connection, vault))

    assert walked == found[1:]


def test_what_hangs_on_a_profile_is_known(ledger: Ledger, vault: Vault) -> None:
    """A withdrawal learns which hits and which batches hold something of her."""
    found = hits_of(3)
    put(ledger, vault, found[:2])
    put(ledger, vault, found[2:], LATER_BATCH)

    with ledger.reading() as connection:
        assert hits.ids_of_profile(connection, "p" * 32) == tuple(hit.id for hit in found)
        assert hits.batches_of_profile(connection, "p" * 32) == (BATCH, LATER_BATCH)
