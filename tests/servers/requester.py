"""A requester for the servers of a test: the real one, let through to one port of this machine."""

from datetime import timedelta
from typing import Protocol

from monitors.sources.guard import Guard
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester


class Addressed(Protocol):
    """A server of a test."""

    port: int


def a_requester(server: Addressed, *, longest: timedelta = timedelta(seconds=5)) -> Requester:
    """Give a requester that may ask that server alone, and needs no pause between two requests."""
    clock = SystemClock()
    return Requester(
        guard=Guard(allow_hosts=[f"127.0.0.1:{server.port}"]),
        contact="ops@watch.example",
        clock=clock,
        pace=Pace(clock=clock, interval=timedelta(0)),
        longest=longest,
    )
