"""What the tests of this room share."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from monitors.sources.guard import Guard
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester
from tests.servers.web import Web, serving

Make = Callable[..., Requester]


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that does what it is told."""
    with serving() as server:
        yield server


@pytest.fixture
def requester(web: Web) -> Requester:
    """A requester that may ask that server alone, and needs no pause between two requests."""
    return a_requester(web)


def a_requester(web: Web, *, longest: timedelta = timedelta(seconds=5)) -> Requester:
    """A requester for one server of a test."""
    clock = SystemClock()
    return Requester(
        guard=Guard(allow_hosts=[f"127.0.0.1:{web.port}"]),
        contact="ops@watch.example",
        clock=clock,
        pace=Pace(clock=clock, interval=timedelta(0)),
        longest=longest,
    )
