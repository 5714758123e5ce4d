"""Posts that are still in the spool, for profiles that changed after they were matched: no platform is asked."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from monitors.errors import StopRun
from monitors.logs import log
from monitors.records import Batch, Cursor, Delta, FetchKind, FetchOutcome, Post, Query
from monitors.sources.spool import Spool

NAME = "stored"

Wanted = Callable[[Sequence[Post]], Collection[str]]
"""Gives the ids of the posts that are to be taken the whole way again."""


class StoredSource:
    """The posts of stored batches that are wanted, a delta for each batch that holds any. There is no cursor.

    A batch that is gone or was changed on disk is told in the log, and the rest goes on.
    """

    def __init__(self, spool: Spool, batches: Sequence[Batch], wanted: Wanted) -> None:
        self._spool, self._batches, self._wanted = spool, batches, wanted

    @property
    def name(self) -> str:
        """The one name of all that is stored."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002 - asks nobody
        """Give the wanted posts with the bytes they were read from, the oldest batch first."""
        for batch in self._batches:
            try:
                delta = self._of_batch(batch)
            except StopRun as problem:
                log.error("batch_lost", batch=batch.sha256[:12], problem=str(problem))
                continue
            if delta.posts:
                yield delta

    def _of_batch(self, batch: Batch) -> Delta:
        posts = list(self._spool.posts(batch))
        ids = self._wanted(posts)
        wanted = tuple(post for post in posts if post.id in ids)
        raws = self._spool.raws(batch, {post.raw_sha256 for post in wanted}) if wanted else {}
        outcome = FetchOutcome(kind=FetchKind.OK)
        return Delta(posts=wanted, raws=tuple(raws.values()), cursor=None, outcome=outcome)
