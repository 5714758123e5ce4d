"""Links of the evidence chain as rows."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from monitors.ledger import exhibits
from monitors.ledger.engine import Ledger
from monitors.ledger.exhibits import SealedLink
from monitors.ledger.tables import leaves
from monitors.profiles.vault import Vault
from tests.builders import NOON, a_profile
from tests.servers.ledgers import add_profile

FIRST = SealedLink(id="1", profile_id="p" * 32, sequence=1, sha256="a" * 64, hit_id="hit-1", sealed=b"sealed")
SECOND = replace(FIRST, id="2", sequence=2, hit_id="hit-2")
FOREIGN = replace(FIRST, id="3", profile_id="q" * 32)


@pytest.fixture(autouse=True)
def links(ledger: Ledger, vault: Vault) -> None:
    add_profile(ledger, vault)
    add_profile(ledger, vault, a_profile(id="q" * 32))
    with ledger.writing() as connection:
        for link in (SECOND, FOREIGN, FIRST):
            exhibits.add(connection, link)


def test_a_chain_is_read_in_its_order(ledger: Ledger) -> None:
    """Each profile's chain comes from its first link to its head, with nobody else's links in it."""
    with ledger.reading() as connection:
        assert exhibits.chain_of(connection, "p" * 32) == (FIRST, SECOND)
        assert exhibits.head_of(connection, "p" * 32) == SECOND
        assert exhibits.head_of(connection, "nobody") is None
        assert exhibits.of_hit(connection, "p" * 32, "hit-2") == (SECOND,)
        assert exhibits.exists(connection, "2")
        assert not exhibits.exists(connection, "4")


def test_a_chain_does_not_fork(ledger: Ledger) -> None:
    """A place in a chain is taken once."""
    with pytest.raises(IntegrityError), ledger.writing() as connection:
        exhibits.add(connection, replace(SECOND, id="4"))


def test_a_leaf_stays(ledger: Ledger) -> None:
    """The head of an erased chain is kept once, however often it is kept."""
    with ledger.writing() as connection:
        exhibits.keep_leaf(connection, "a" * 64, NOON)
        exhibits.keep_leaf(connection, "a" * 64, NOON)

        assert connection.scalars(select(leaves.c.sha256)).all() == ["a" * 64]
