"""What every source promises, held against a stream: Bluesky by both versions of Jetstream."""

from collections.abc import Sequence
from http import HTTPStatus

import pytest

from monitors.records import Query
from monitors.sources import bluesky_stream
from monitors.sources.bluesky import BlueskySource, Network
from monitors.sources.source import Source
from tests.contract.test_source_contract import (
    test_a_failed_fetch_keeps_the_cursor,
    test_a_failure_has_a_kind,
    test_every_cursor_is_a_place_to_go_on_from,
    test_ids_are_stable,
    test_nothing_new_after_the_cursor,
    test_nothing_there,
    test_oldest_first,
    test_only_what_is_new,
    test_past_the_deadline,
    test_raws_are_real,
    test_times_are_utc,
)
from tests.servers.jetstream import FIRST, SECOND, Jetstream, refusal
from tests.servers.requester import a_requester

__all__ = [
    "test_a_failed_fetch_keeps_the_cursor",
    "test_a_failure_has_a_kind",
    "test_every_cursor_is_a_place_to_go_on_from",
    "test_ids_are_stable",
    "test_nothing_new_after_the_cursor",
    "test_nothing_there",
    "test_oldest_first",
    "test_only_what_is_new",
    "test_past_the_deadline",
    "test_raws_are_real",
    "test_times_are_utc",
]


class Flow:
    """A stream without posts."""

    def __init__(self, jetstream: Jetstream, path: str) -> None:
        self._jetstream, self._path = jetstream, path
        self.plan: Sequence[Query] = ()

    @property
    def source(self) -> Source:
        """The source that reads it."""
        network = Network(stream=self._jetstream.url(self._path))
        return BlueskySource(network, a_requester(self._jetstream), mac=str)

    def publish(self, *texts: str) -> None:
        """Post these, one after the other."""
        for text in texts:
            self._jetstream.post(text)

    def fail(self) -> None:
        """Answer nothing but errors."""
        self._jetstream.refuse_with = refusal(HTTPStatus.SERVICE_UNAVAILABLE)


@pytest.fixture(params=[SECOND, FIRST], ids=["jetstream-2", "jetstream-1"])
def world(request: pytest.FixtureRequest, jetstream: Jetstream, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """Each version in turn; its quiet comes sooner, its deltas are small."""
    monkeypatch.setattr(bluesky_stream, "QUIET_SECONDS", 0.3)
    monkeypatch.setattr(bluesky_stream, "MOST_POSTS", 2)
    return Flow(jetstream, request.param)


@pytest.fixture
def lasting(world: Flow) -> Flow:
    """The same: a stream is asked again and again."""
    return world
