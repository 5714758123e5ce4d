"""Hits in Elasticsearch, the core server or a full one."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from monitors.codec import from_json
from monitors.errors import StopRun
from search.elastic import aliases
from search.elastic.aliases import Names
from search.elastic.connection import connect, translated
from search.elastic.queries import page_request_of
from search.elastic.writer import PAUSES, Line, Refused, line_of, patiently, write
from search.index import Document, Found, RefusedDocumentsError, Search, StoreUnavailableError
from search.page import page_of, question_of

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

READING_PAUSES = (0.3,)
"""Somebody waits for a page."""
WAITING_SECONDS = 2.0
WAITS = 45
"""How often a deletion looks again. Elasticsearch keeps deleted documents for its replicas and asks these only every
30 s how far they are (measured 2026-11 on 9.2.2: gone after 31 s; the interval cannot be set)."""
MERGE_SECONDS = 600


class ElasticIndex:
    """The ``Index`` of a cluster. Nothing is sent before the first call."""

    def __init__(self, client: "Elasticsearch", *, prefix: str = "shouwang", pauses: Sequence[float] = PAUSES) -> None:
        self._client = client
        self._names = Names(prefix)
        self._pauses = pauses
        self._is_ready = False

    @classmethod
    def at(
        cls, url: str, *, prefix: str = "shouwang", api_key: str | None = None, ca: Path | None = None
    ) -> "ElasticIndex":
        """Give the index at an address."""
        return cls(connect(url, api_key=api_key, ca=ca), prefix=prefix)

    def set_up(self) -> None:
        """Install what is missing; may be called at any time. The first write does it by itself."""
        patiently(lambda: aliases.set_up(self._client, self._names), self._pauses)

    def put(self, documents: Sequence[Document]) -> None:
        """Store documents, also in an index that is being rebuilt."""
        self._write([line_of(document) for document in documents])

    def delete(self, hit_ids: Sequence[str]) -> None:
        """Forget these hits, after a rebuild that is under way: it might bring them back."""
        self._wait_for_rebuild()
        self._write([Line("delete", hit_id) for hit_id in hit_ids])

    def delete_profile(self, profile_id: str) -> None:
        """Forget this profile's hits and wait until no segment holds them, 31 s as a rule.

        Raises StoreUnavailableError where a replica that is away keeps them from going; then it is to be called again.
        """
        self._ready_to_write()
        self._wait_for_rebuild()
        while hit_ids := self._ids_of(profile_id):
            self._write([Line("delete", hit_id) for hit_id in hit_ids])
        self._expunge()

    def find(self, search: Search) -> Found:
        """Give one page. Raises StopRun where there is no index: nothing found would be a lie."""
        question = question_of(search)
        if question.phrases is None:
            return page_of(question, [], 0)
        self._ready_to_read()
        request = page_request_of(search, question)
        answer = patiently(lambda: self._client.search(index=self._names.alias, **request), READING_PAUSES)
        documents = [from_json(Document, hit["_source"]) for hit in answer["hits"]["hits"]]
        return page_of(question, documents, answer["hits"]["total"]["value"])

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Fill a new index beside the old one and change places in one step.

        What others put meanwhile goes to both. A later rebuild takes over from an earlier one. Refused documents
        (RefusedDocumentsError) do not keep the others from taking the place.
        """
        with translated():
            made = aliases.start_next(self._client, self._names)
        lines = (line_of(document, "create") for document in documents)
        try:
            refused = write(self._client, self._names.next, lines, self._pauses)
            with translated():
                self._client.indices.refresh(index=made)
                number = int(self._client.count(index=made)["count"])
                aliases.flip(self._client, self._names, made)
        except BaseException:
            with suppress(StoreUnavailableError, StopRun), translated():
                aliases.abandon(self._client, self._names, made)
            raise
        _raise_if(refused)
        return number

    def check(self) -> list[str]:
        """Give ``unreachable``, ``missing``, ``outdated``, ``rebuild_unfinished``, ``unhealthy``, or nothing."""
        try:
            with translated():
                return self._problems()
        except StoreUnavailableError:
            return ["unreachable"]

    def _problems(self) -> list[str]:
        version = aliases.version_of(self._client, self._names)
        if version is None:
            return ["missing"]
        health = self._client.cluster.health(index=self._names.alias)["status"]
        found = {
            "outdated": version != aliases.VERSION,
            "rebuild_unfinished": aliases.is_rebuilding(self._client, self._names),
            "unhealthy": health == "red",
        }
        return [name for name, is_so in found.items() if is_so]

    def _ready_to_read(self, pauses: Sequence[float] = READING_PAUSES) -> None:
        if not self._is_ready:
            patiently(lambda: aliases.require_version(self._client, self._names), pauses)
            self._is_ready = True

    def _ready_to_write(self) -> None:
        if self._is_ready:
            return
        try:
            self.set_up()
            self._ready_to_read(self._pauses)
        except StoreUnavailableError:
            self._pauses = ()  # who waited once in vain asks at once from now on: a run has many batches
            raise

    def _write(self, lines: Sequence[Line]) -> None:
        """Write to the index being rebuilt first: were it last, it could take the other's place in between."""
        self._ready_to_write()
        with translated():
            is_rebuilding = aliases.is_rebuilding(self._client, self._names)
        if is_rebuilding:
            with suppress(StopRun):  # it is through: the other alias names its index now
                write(self._client, self._names.next, lines, self._pauses)
        refused = write(self._client, self._names.alias, lines, self._pauses)
        patiently(lambda: self._client.indices.refresh(index=self._names.alias), self._pauses)
        _raise_if(refused)

    def _ids_of(self, profile_id: str) -> list[str]:
        with translated():
            answer = self._client.search(
                index=self._names.alias, query={"term": {"profile_id": profile_id}}, size=1000, source=False
            )
        return [hit["_id"] for hit in answer["hits"]["hits"]]

    def _wait_for_rebuild(self) -> None:
        for _ in range(WAITS):
            with translated():
                if not aliases.is_rebuilding(self._client, self._names):
                    return
            time.sleep(WAITING_SECONDS)
        raise StoreUnavailableError("a rebuild is under way", advice="If none is running, type: shouwang index rebuild")

    def _expunge(self) -> None:
        indices = self._client.options(request_timeout=MERGE_SECONDS).indices
        for _ in range(WAITS):
            with translated():
                indices.forcemerge(index=self._names.alias, only_expunge_deletes=True)
                indices.flush(index=self._names.alias, force=True)
                left = indices.stats(index=self._names.alias, metric="docs")["_all"]["total"]["docs"]["deleted"]
            if not left:
                return
            time.sleep(WAITING_SECONDS)
        raise StoreUnavailableError(
            "Elasticsearch still keeps bytes of deleted documents", advice="Do the same again when every node is there."
        )


def _raise_if(refused: Refused) -> None:
    if refused.reasons:
        raise RefusedDocumentsError(list(refused.reasons), reason=", ".join(sorted(set(refused.reasons.values()))))
