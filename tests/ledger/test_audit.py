"""The audit log."""

from datetime import timedelta

from monitors.ledger import audit
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import Vault
from tests.builders import NOON, a_profile
from tests.servers.ledgers import add_profile


def test_acts_come_back_in_their_order(ledger: Ledger, vault: Vault) -> None:
    """She reads what was done with her profile, oldest first, and nobody else's."""
    her = add_profile(ledger, vault)
    other = add_profile(ledger, vault, a_profile(id="q" * 32))
    later = NOON + timedelta(hours=1)

    with ledger.writing() as connection:
        audit.note(connection, her.id, "opened", actor="herself", at=NOON, subject="hit-1")
        audit.note(connection, other.id, "opened", actor="operator", at=NOON)
        audit.note(connection, her.id, "paused", actor="herself", at=later)
        entries = audit.entries_of(connection, her.id)

    assert entries == (
        audit.AuditEntry(at=NOON, actor="herself", action="opened", subject="hit-1"),
        audit.AuditEntry(at=later, actor="herself", action="paused", subject=""),
    )
