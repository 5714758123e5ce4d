"""Batches of the spool: what was collected, where each source goes on, and what each stage accounted for.

One transaction records everything about a batch (``record``): either its posts are known, counted and behind the
cursor, or none of it happened.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, Subquery, delete, func, insert, select, update

from monitors.errors import StopRun
from monitors.ledger import fetches, quarantine
from monitors.ledger.tables import batches, cursors, hits, outcomes, seen_posts
from monitors.ledger.tables import fetches as fetches_table
from monitors.ledger.upsert import insert_into
from monitors.records import Batch, Cursor, FetchOutcome, OutcomeKind, Post, Rejected, Stage

CHUNK = 500
STAGES = tuple(Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one delta came to. ``begun_at`` is the cursor it was fetched with, ``cursor`` the one that follows.

    ``counts`` has one outcome for each post received; ``posts`` are those that passed and stand in ``batch``,
    which is None when nothing at all was received.
    """

    source: str
    outcome: FetchOutcome
    at: datetime
    begun_at: Cursor | None = None
    cursor: Cursor | None = None
    batch: Batch | None = None
    posts: Sequence[Post] = ()
    rejected: Sequence[Rejected] = ()
    counts: Mapping[OutcomeKind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A place where posts do not add up: a source's name or a batch's sha256, and what went in and was told of."""

    place: str
    stage: Stage
    went_in: int
    told: int


def post_key(post: Post) -> bytes:
    """Give the key of a post with its content: an edited post has another one."""
    parts = (post.id, post.text, *(media.url for media in post.media))
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def unseen(connection: Connection, posts: Sequence[Post]) -> list[Post]:
    """Give the posts that were never recorded with this content, each once, in their order."""
    by_key = {post_key(post): post for post in reversed(posts)}
    for keys in _chunks(list(by_key)):
        for known in connection.scalars(select(seen_posts.c.key).where(seen_posts.c.key.in_(keys))):
            del by_key[known]
    return list(reversed(by_key.values()))


def record(connection: Connection, collected: Collected) -> None:
    """Record a delta whole: batch, counts, posts seen, quarantine, fetch and cursor.

    Raises StopRun when the source's cursor is not the one the fetch began with: somebody else collects it too.
    """
    _hold_cursor(connection, collected)
    if collected.batch is not None:
        _put_batch(connection, collected, collected.batch)
    quarantine.put(connection, collected.source, Stage.SOURCES, collected.rejected, collected.at)
    received = sum(collected.counts.values())
    fetches.record(connection, collected.source, collected.outcome, posts=received, at=collected.at)
    if collected.cursor is not None:
        put_cursor(connection, collected.cursor, collected.at)


def cursor_of(connection: Connection, source: str) -> Cursor | None:
    """Give where a source goes on; None before its first fetch."""
    value = connection.scalar(select(cursors.c.value).where(cursors.c.source == source))
    return None if value is None else Cursor(source=source, value=value)


def put_cursor(connection: Connection, cursor: Cursor, at: datetime) -> None:
    """Store where a source goes on."""
    row = insert_into(connection, cursors).values(source=cursor.source, value=cursor.value, updated_at=at)
    changed = {"value": cursor.value, "updated_at": at}
    connection.execute(row.on_conflict_do_update(index_elements=["source"], set_=changed))


def put_outcomes(connection: Connection, batch_sha256: str, stage: Stage, counts: Mapping[OutcomeKind, int]) -> None:
    """Store what became of a batch's posts in a stage, in the place of what an earlier try stored."""
    here = (outcomes.c.batch_sha256 == batch_sha256) & (outcomes.c.stage == stage.value)
    connection.execute(delete(outcomes).where(here))
    rows = [
        {"batch_sha256": batch_sha256, "stage": stage.value, "kind": kind.value, "count": count}
        for kind, count in counts.items()
        if count
    ]
    if rows:
        connection.execute(insert(outcomes), rows)


def outcomes_of(connection: Connection, batch_sha256: str, stage: Stage) -> dict[OutcomeKind, int]:
    """Give what became of a batch's posts in a stage; empty before it ran."""
    here = (outcomes.c.batch_sha256 == batch_sha256) & (outcomes.c.stage == stage.value)
    rows = connection.execute(select(outcomes.c.kind, outcomes.c.count.label("number")).where(here))
    return {OutcomeKind(row.kind): row.number for row in rows}


def waiting_for(connection: Connection, stage: Stage, *, source: str | None = None) -> list[Batch]:
    """Give the batches with posts that passed the stage before and that this one has not accounted for, in order.

    With a source only those it brought: runs of several sources at once leave each other's batches alone.
    """
    before, here = _passed(STAGES[STAGES.index(stage) - 1]), _told(stage)
    question = (
        _live()
        .join(before, before.c.batch_sha256 == batches.c.sha256)
        .outerjoin(here, here.c.batch_sha256 == batches.c.sha256)
        .where(before.c.number > func.coalesce(here.c.number, 0))
    )
    if source is not None:
        question = question.where(batches.c.source == source)
    return [_batch(row) for row in connection.execute(question)]


def in_spool(connection: Connection, *, until: datetime | None = None) -> list[Batch]:
    """Give the batches whose files are kept, those made before ``until`` if it is given, the oldest first."""
    question = _live() if until is None else _live().where(batches.c.created_at < until)
    return [_batch(row) for row in connection.execute(question)]


def matched_in_spool(connection: Connection, *, but_from: str) -> list[Batch]:
    """Give the batches whose posts were matched and whose files are kept, the oldest first; none of one source."""
    told = _told(Stage.MATCHING)
    question = _live().join(told, told.c.batch_sha256 == batches.c.sha256).where(batches.c.source != but_from)
    return [_batch(row) for row in connection.execute(question)]


def keeping(connection: Connection, hit_ids: Sequence[str]) -> dict[str, Batch]:
    """Give for each of these hits the batch that brought its post, where that batch's file is kept."""
    question = _live().add_columns(hits.c.id).join(hits, hits.c.batch_sha256 == batches.c.sha256)
    rows = [row for ids in _chunks(hit_ids) for row in connection.execute(question.where(hits.c.id.in_(ids)))]
    return {row.id: _batch(row) for row in rows}


def expire(connection: Connection, batch_sha256s: Collection[str], at: datetime) -> None:
    """Say that these batches' files are gone as planned; what was counted and seen stays known."""
    for chunk in _chunks(list(batch_sha256s)):
        connection.execute(update(batches).where(batches.c.sha256.in_(chunk)).values(expired_at=at))


def replace(connection: Connection, old: Batch, new: Batch) -> None:
    """Put a rewritten batch in the place of the old one, with all that was counted, seen and found in it."""
    row = connection.execute(select(batches).where(batches.c.sha256 == old.sha256)).mappings().one()
    connection.execute(insert(batches).values({**row, "sha256": new.sha256, "path": new.path, "count": new.count}))
    for table in (outcomes, seen_posts, hits):
        here = table.c.batch_sha256 == old.sha256
        connection.execute(update(table).where(here).values(batch_sha256=new.sha256))
    connection.execute(delete(batches).where(batches.c.sha256 == old.sha256))


def forget(connection: Connection, *, before: datetime) -> int:
    """Delete what is known of batches made before then whose files are gone, and of fetches before then.

    A post that is still online after that counts as new once more, and gives the same hit. Gives how many went.
    """
    fetches.forget(connection, before=before)
    old = (batches.c.created_at < before) & batches.c.expired_at.is_not(None)
    return connection.execute(delete(batches).where(old)).rowcount


def leaks(connection: Connection) -> list[Leak]:
    """Name every place where posts do not add up; a stage that has not run yet is no leak."""
    found = list(_leaks_of_sources(connection))
    for before, stage in pairwise(STAGES):
        found += _leaks_between(connection, before, stage)
    return found


def _hold_cursor(connection: Connection, collected: Collected) -> None:
    held = connection.scalar(select(cursors.c.value).where(cursors.c.source == collected.source).with_for_update())
    begun = collected.begun_at.value if collected.begun_at else None
    if held != begun:
        raise StopRun(
            f"another run has moved the cursor of {collected.source}",
            advice="let one run end before the next begins; nothing is lost, the next run goes on from there",
        )


def _put_batch(connection: Connection, collected: Collected, batch: Batch) -> None:
    connection.execute(
        insert(batches).values(
            sha256=batch.sha256,
            source=collected.source,
            path=batch.path,
            count=batch.count,
            created_at=collected.at,
        )
    )
    put_outcomes(connection, batch.sha256, Stage.SOURCES, collected.counts)
    rows = [{"key": post_key(post), "batch_sha256": batch.sha256} for post in collected.posts]
    if rows:  # what somebody handed in may be known already, and is passed on again
        connection.execute(insert_into(connection, seen_posts).on_conflict_do_nothing(), rows)


def _leaks_of_sources(connection: Connection) -> Iterator[Leak]:
    received = _by_source(connection, select(fetches_table.c.source, func.sum(fetches_table.c.posts).label("number")))
    told = _by_source(
        connection,
        select(batches.c.source, func.sum(outcomes.c.count).label("number"))
        .join(outcomes, outcomes.c.batch_sha256 == batches.c.sha256)
        .where(outcomes.c.stage == Stage.SOURCES.value),
    )
    for source in sorted(received.keys() | told.keys()):
        went_in, came_out = received.get(source, 0), told.get(source, 0)
        if went_in != came_out:
            yield Leak(place=source, stage=Stage.SOURCES, went_in=went_in, told=came_out)


def _by_source(connection: Connection, question: Select[Any]) -> dict[str, int]:
    rows = connection.execute(question.group_by(question.selected_columns[0]))
    return {row.source: int(row.number) for row in rows}


def _leaks_between(connection: Connection, before: Stage, stage: Stage) -> Iterator[Leak]:
    passed, told = _passed(before), _told(stage)
    question = (
        select(told.c.batch_sha256, func.coalesce(passed.c.number, 0).label("went_in"), told.c.number)
        .outerjoin(passed, passed.c.batch_sha256 == told.c.batch_sha256)
        .where(told.c.number != func.coalesce(passed.c.number, 0))
        .order_by(told.c.batch_sha256)
    )
    for row in connection.execute(question):
        yield Leak(place=row.batch_sha256, stage=stage, went_in=row.went_in, told=row.number)


def _passed(stage: Stage) -> Subquery:
    here = (outcomes.c.stage == stage.value) & (outcomes.c.kind == OutcomeKind.PASSED.value)
    return select(outcomes.c.batch_sha256, outcomes.c.count.label("number")).where(here).subquery()


def _told(stage: Stage) -> Subquery:
    question = select(outcomes.c.batch_sha256, func.sum(outcomes.c.count).label("number"))
    return question.where(outcomes.c.stage == stage.value).group_by(outcomes.c.batch_sha256).subquery()


def _live() -> Select[Any]:
    kept = select(batches.c.path, batches.c.count.label("number"), batches.c.sha256).where(
        batches.c.expired_at.is_(None)
    )
    return kept.order_by(batches.c.created_at, batches.c.sha256)


def _batch(row: Any) -> Batch:
    return Batch(path=row.path, count=row.number, sha256=row.sha256)


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
