"""Writing in bulk: every line gets an answer of its own, and what was only refused for now is sent again."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from monitors.codec import to_json
from monitors.errors import StopRun
from search.elastic.connection import BUSY, REBUILD, translated
from search.index import Document, StoreUnavailableError
from search.words import folded

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

PAUSES = (0.5, 1, 2, 4, 8)
"""Seconds before each new try: a node that is merging answers 429 for some seconds, a restart takes longer."""
CHUNK_LINES = 500
CHUNK_BYTES = 5_000_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """One write: what to do with which hit, and its document as JSON."""

    action: str
    hit_id: str
    body: bytes = b""

    def as_bytes(self) -> bytes:
        """As the bulk interface reads it."""
        header = json.dumps({self.action: {"_id": self.hit_id}}).encode()
        return header + b"\n" + (self.body + b"\n" if self.body else b"")


@dataclass(slots=True)
class Refused:
    """Hits that Elasticsearch refused for good, with its word for why."""

    reasons: dict[str, str] = field(default_factory=dict)


def line_of(document: Document, action: str = "index") -> Line:
    """Give the write that stores a document; ``create`` leaves one that is there as it is."""
    body = json.dumps(to_json(document) | {"words": folded(document.text)}, ensure_ascii=False)
    return Line(action, document.hit_id, body.encode("utf-8", "replace"))


def write(client: "Elasticsearch", alias: str, lines: Iterable[Line], pauses: Sequence[float] = PAUSES) -> Refused:
    """Send every line and give those refused for good. Raises StoreUnavailableError when trying again did not help."""
    refused = Refused()
    for chunk in _chunks(lines):
        pending = chunk
        for pause in (*pauses, None):
            pending = _send(client, alias, pending, refused, pauses)
            if not pending:
                break
            if pause is not None:
                time.sleep(pause)
        if pending:
            raise StoreUnavailableError("Elasticsearch is too busy to store", advice="The same call may succeed later.")
    return refused


def _send(
    client: "Elasticsearch", alias: str, lines: Sequence[Line], refused: Refused, pauses: Sequence[float]
) -> list[Line]:
    """Send once; give the lines to send again."""
    operations: list[Any] = [line.as_bytes() for line in lines]
    answer = patiently(lambda: client.bulk(index=alias, operations=operations, require_alias=True), pauses)
    again = []
    for line, item in zip(lines, answer["items"], strict=True):
        result = item[line.action]
        if result["status"] in BUSY:
            again.append(line)
        elif reason := _why_not_done(line, result):
            refused.reasons[line.hit_id] = reason
    return again


def _why_not_done(line: Line, result: dict[str, Any]) -> str | None:
    """Deleting what is not there, and creating what is, both end as asked."""
    if "error" not in result or (line.action == "create" and result["status"] == 409):
        return None
    reason: str = result["error"]["type"]
    if reason == "index_not_found_exception":
        raise StopRun("the search index does not exist", advice=REBUILD)
    return reason


def patiently(call: Callable[[], T], pauses: Sequence[float]) -> T:
    """Call, and call again after each pause while Elasticsearch is only unavailable."""
    for pause in pauses:
        try:
            with translated():
                return call()
        except StoreUnavailableError:
            time.sleep(pause)
    with translated():
        return call()


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    size = 0
    for line in lines:
        if chunk and (len(chunk) == CHUNK_LINES or size + len(line.body) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line.body)
    if chunk:
        yield chunk
