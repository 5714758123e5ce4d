"""What the tests of this room share."""

from collections.abc import Iterator

import pytest

from tests.servers.web import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that does what it is told."""
    with serving() as server:
        yield server
