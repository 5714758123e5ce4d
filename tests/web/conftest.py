"""The served page, for every test of it."""

from collections.abc import Iterator

import pytest

from monitors.ledger.engine import Ledger
from monitors.profiles.vault import Vault
from tests.servers.browser import browser
from tests.web.room import Served, serve

__all__ = ["browser"]


@pytest.fixture
def site(sqlite_ledger: Ledger, sqlite_vault: Vault) -> Iterator[Served]:
    """A served site over an empty ledger."""
    with serve(sqlite_ledger, sqlite_vault) as served:
        yield served
