"""From a source into the spool: each delta becomes batches, recorded whole or not at all."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitors.ledger import batches
from monitors.ledger.batches import Collected
from monitors.ledger.engine import Ledger
from monitors.logs import stage_line
from monitors.records import Batch, Cursor, Delta, FetchKind, FetchOutcome, OutcomeKind, Post, Query, Raw, Stage
from monitors.sources.pace import Clock, SystemClock
from monitors.sources.source import Source
from monitors.sources.spool import Spool

MOST_POSTS = 1_000
MOST_BYTES = 8 * 1024 * 1024
"""Of a batch before compression, about: what bounds the memory of every later stage."""

Prepare = Callable[[Post], Post]
"""Adds to a new post what its batch should hold, such as its pictures' fingerprints; id and text stay."""


def collect(
    source: Source,
    plan: Sequence[Query],
    *,
    ledger: Ledger,
    spool: Spool,
    deadline: datetime,
    clock: Clock | None = None,
    prepare: Prepare | None = None,
) -> Iterator[Batch]:
    """Fetch what is new and give its batches, each already recorded in the ledger with the cursor that follows it.

    Posts seen before are counted as duplicates, unreadable bytes are quarantined, and every fetch outcome is
    recorded, also where nothing came. Raises StopRun when the disk is full or another run collects the same
    source; what was given before stays good, and the next run goes on after it.
    """
    keeper = _Keeper(source=source.name, ledger=ledger, spool=spool, clock=clock or SystemClock(), prepare=prepare)
    with ledger.reading() as connection:
        begun_at = batches.cursor_of(connection, source.name)
    for delta in source.fetch(plan, begun_at, deadline):
        for part in cut(delta, begun_at):
            batch = keeper.keep(part, begun_at)
            begun_at = part.cursor or begun_at
            if batch is not None and batch.count:
                yield batch


def cut(delta: Delta, begun_at: Cursor | None) -> Iterator[Delta]:
    """Cut a delta into parts that fit a batch; only the last one moves the cursor and tells how the fetch ended."""
    *first, last = list(_groups(delta.posts, {raw.sha256: raw for raw in delta.raws})) or [()]
    for posts in first:
        outcome = FetchOutcome(kind=FetchKind.OK, part=delta.outcome.part)
        yield Delta(posts=posts, raws=delta.raws, cursor=begun_at, outcome=outcome)
    yield replace(delta, posts=last)


def _groups(posts: Sequence[Post], raws: dict[str, Raw]) -> Iterator[tuple[Post, ...]]:
    group: list[Post] = []
    size = 0
    for post in posts:
        weight = _weight(post, raws.get(post.raw_sha256))
        if group and (len(group) == MOST_POSTS or size + weight > MOST_BYTES):
            yield tuple(group)
            group, size = [], 0
        group.append(post)
        size += weight
    if group:
        yield tuple(group)


def _weight(post: Post, raw: Raw | None) -> int:
    # A thousand bytes for the other fields; base64 makes four bytes of three.
    return 1_000 + len(post.text.encode("utf-8", "surrogatepass")) + (len(raw.content) * 4 // 3 if raw else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keeper:
    source: str
    ledger: Ledger
    spool: Spool
    clock: Clock
    prepare: Prepare | None

    def keep(self, delta: Delta, begun_at: Cursor | None) -> Batch | None:
        outcome = delta.outcome
        with stage_line(Stage.SOURCES, source=self.source, part=outcome.part, fetch=outcome.kind.value) as counts:
            new = self._new(delta.posts)
            counts.update(_outcomes(delta, len(new)))
            now = self.clock.now()
            kept = list(map(self.prepare, new)) if self.prepare else new
            batch = self.spool.write(self.source, kept, delta.raws, at=now) if counts.total() else None
            collected = Collected(
                source=self.source,
                outcome=outcome,
                at=now,
                begun_at=begun_at,
                cursor=delta.cursor,
                batch=batch,
                posts=new,
                rejected=delta.rejected,
                counts=counts,
            )
            with self.ledger.writing() as connection:
                batches.record(connection, collected)
            return batch

    def _new(self, posts: Sequence[Post]) -> list[Post]:
        with self.ledger.reading() as connection:
            return batches.unseen(connection, posts)


def _outcomes(delta: Delta, passed: int) -> Counter[OutcomeKind]:
    return Counter(
        {
            OutcomeKind.PASSED: passed,
            OutcomeKind.DUPLICATE: len(delta.posts) - passed,
            OutcomeKind.QUARANTINED: len(delta.rejected),
        }
    )
