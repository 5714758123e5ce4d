"""When the posts of hits are looked at again, in the ledger."""

from dataclasses import replace
from datetime import timedelta

from monitors.ledger import hits, watches
from monitors.ledger.engine import Ledger
from monitors.ledger.watches import Presence
from monitors.profiles.vault import Vault
from monitors.records import Severity, Stage
from tests.builders import NOON, a_hit, a_post
from tests.servers.ledgers import add_profile

HOUR = timedelta(hours=1)


def prove(ledger: Ledger, vault: Vault, *severities: Severity) -> list[str]:
    """Store a proved hit for each of these; give their ids."""
    add_profile(ledger, vault)
    found = [a_hit(post=a_post(id=f"rss:{number}"), severity=one) for number, one in enumerate(severities)]
    found = [replace(hit, id=f"{number:032}") for number, hit in enumerate(found)]
    with ledger.writing() as connection:
        hits.put(connection, vault, found, batch_sha256="b" * 64, at=NOON)
        ids = [hit.id for hit in found]
        hits.advance(connection, ids, come_from=Stage.MATCHING, to=Stage.EVIDENCE)
    return ids


def test_what_is_told_is_watched(ledger: Ledger, vault: Vault) -> None:
    """Every proved hit she is told of is watched from its first hour on; what is kept for nobody is not."""
    told, _kept = prove(ledger, vault, Severity.LOW, Severity.NONE)

    with ledger.writing() as connection:
        assert watches.enrol(connection, after=HOUR) == 1
        assert watches.enrol(connection, after=HOUR) == 0
        assert watches.due(connection, NOON + HOUR - timedelta(seconds=1), most=9) == ()
        (watch,) = watches.due(connection, NOON + HOUR, most=9)
    assert (watch.hit_id, watch.state, watch.up_at) == (told, Presence.WAITING, NOON)


def test_what_was_found_is_kept(ledger: Ledger, vault: Vault) -> None:
    """What is stored comes back, and goes with its hit."""
    (told,) = prove(ledger, vault, Severity.HIGH)
    with ledger.writing() as connection:
        watches.enrol(connection, after=HOUR)
        (watch,) = watches.due(connection, NOON + HOUR, most=9)
        gone = replace(watch, state=Presence.GONE, gone_at=NOON + HOUR, looked_at=NOON + HOUR, next_at=None, detail="x")
        watches.put(connection, gone)

    with ledger.writing() as connection:
        assert watches.of_hits(connection, [told, "unknown"]) == {told: gone}
        assert watches.due(connection, NOON + 9 * HOUR, most=9) == ()
        assert watches.gone_since(connection, gone.profile_id, NOON) == 0  # no digest told of it
        hits.assign_digest(connection, [told], "d" * 32)
        assert watches.gone_since(connection, gone.profile_id, NOON) == 1
        assert watches.gone_since(connection, gone.profile_id, NOON + HOUR) == 0
        hits.delete_of_profile(connection, gone.profile_id)
        assert watches.of_hits(connection, [told]) == {}
