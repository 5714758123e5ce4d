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
    again: bool = False,
) -> Iterator[Batch]:
    """Fetch what is new and give its batches, each already recorded in the ledger with the cursor that follows it.

    Posts seen before are counted as duplicates, unreadable bytes are quarantined, and every fetch outcome is
    recorded, also where nothing came. Raises StopRun when the disk is full or another run collects the same
    source; what was given before stays good, and the next run goes on after it.

    With ``again`` a post seen before is no duplicate: what was handed in for one person may be handed in for another.
    Pictures are not prepared past the deadline; they say so (``budget_spent``).
    """
    keeper = _Keeper(
        source=source.name,
        ledger=ledger,
        spool=spool,
        clock=clock or SystemClock(),
        deadline=deadline,
        prepare=prepare,
        again=again,
    )
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
    held: set[str] = set()
    size = 0
    for post in posts:
        weight = _weight(post, None if post.raw_sha256 in held else raws.get(post.raw_sha256))
        if group and (len(group) == MOST_POSTS or size + weight > MOST_BYTES):
            yield tuple(group)
            group, held, size = [], set(), 0
            weight = _weight(post, raws.get(post.raw_sha256))
        group.append(post)
        held.add(post.raw_sha256)
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
    deadline: datetime
    prepare: Prepare | None
    again: bool

    def keep(self, delta: Delta, begun_at: Cursor | None) -> Batch | None:
        outcome = delta.outcome
        with stage_line(Stage.SOURCES, source=self.source, part=outcome.part, fetch=outcome.kind.value) as counts:
            new = list(delta.posts) if self.again else self._new(delta.posts)
            counts.update(_outcomes(delta, len(new)))
            collected = Collected(
                source=self.source,
                outcome=outcome,
                at=self.clock.now(),
                begun_at=begun_at,
                cursor=delta.cursor,
                posts=new,
                rejected=delta.rejected,
                counts=counts,
            )
            if counts.total():
                collected = replace(collected, batch=self._write(collected, delta.raws))
            with self.ledger.writing() as connection:
                batches.record(connection, collected)
            return collected.batch

    def _write(self, collected: Collected, raws: Sequence[Raw]) -> Batch:
        posts = [self._prepared(post) for post in collected.posts]
        return self.spool.write(self.source, posts, raws, at=collected.at)

    def _new(self, posts: Sequence[Post]) -> list[Post]:
        with self.ledger.reading() as connection:
            return batches.unseen(connection, posts)

    def _prepared(self, post: Post) -> Post:
        if self.prepare is None:
            return post
        if self.clock.now() < self.deadline:
            return self.prepare(post)
        return replace(post, media=tuple(replace(media, problem="budget_spent") for media in post.media))


def _outcomes(delta: Delta, passed: int) -> Counter[OutcomeKind]:
    return Counter(
        {
            OutcomeKind.PASSED: passed,
            OutcomeKind.DUPLICATE: len(delta.posts) - passed,
            OutcomeKind.QUARANTINED: len(delta.rejected),
        }
    )
