"""What the tests of this room share."""

import pytest

from monitors.sources.requester import Requester
from tests.servers.requester import a_requester
from tests.servers.web import Web


@pytest.fixture
def requester(web: Web) -> Requester:
    """A requester that may ask that server alone, and needs no pause between two requests."""
    return a_requester(web)
