"""Hits: post, matches and scores sealed under the profile's key, ids and facets beside them.

A hit is in exactly one stage, the last that passed it; the next stage asks for what the one before left, so that
a run that was killed goes on where it stopped.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, func, insert, select, update

from monitors.codec import from_line, to_line
from monitors.ledger import facts
from monitors.ledger.cipher import Cipher
from monitors.ledger.tables import hits, verdicts
from monitors.records import Hit, Severity, Stage, hit_id

CHUNK = 500
"""Hits asked for or opened at a time; both databases limit the values of one statement."""
COUNTER = "hits.sequence"
PROVED = (Stage.EVIDENCE.value, Stage.INDEX.value)
UNDER_WAY = (Stage.MATCHING.value, Stage.SCORING.value)
"""Found and not judged yet, or judged and not sealed yet: no digest tells of these."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HitPage:
    """Some hits, newest first; ``next`` is the ``before`` of the page after, None at the end."""

    hits: tuple[Hit, ...]
    next: int | None


def put(
    connection: Connection, cipher: Cipher, found: Sequence[Hit], *, batch_sha256: str, at: datetime
) -> frozenset[str]:
    """Store new hits after stage ``matching`` and give the ids that are of this batch, new or from an earlier try.

    A hit that another batch brought before stays as it is and its id is not given: its post is a duplicate.
    """
    ours = set()
    for chunk in _chunks({hit.id: hit for hit in found}.values()):
        ours |= _put_chunk(connection, cipher, chunk, batch_sha256, at)
    return frozenset(ours)


def replace(connection: Connection, cipher: Cipher, scored: Sequence[Hit]) -> None:
    """Seal hits anew with their scores and severity; a hit that is gone (withdrawn meanwhile) stays gone."""
    for hit in scored:
        changed = {"severity": hit.severity.value, "sealed": _seal(cipher, hit)}
        connection.execute(update(hits).where(hits.c.id == hit.id).values(**changed))


def advance(connection: Connection, hit_ids: Sequence[str], *, come_from: Stage, to: Stage) -> int:
    """Move hits to their next stage and give how many moved: repeated, none does."""
    moved = 0
    for chunk in _chunks(hit_ids):
        here = hits.c.id.in_(chunk) & (hits.c.stage == come_from.value)
        moved += connection.execute(update(hits).where(here).values(stage=to.value)).rowcount
    return moved


def of_batch(connection: Connection, cipher: Cipher, batch_sha256: str, *, stage: Stage) -> tuple[Hit, ...]:
    """Open a batch's hits that are in this stage, in our order."""
    return _opened(connection, cipher, (hits.c.batch_sha256 == batch_sha256) & (hits.c.stage == stage.value))


def due(
    connection: Connection, cipher: Cipher, profile_id: str, *, benign_since: datetime | None = None
) -> tuple[Hit, ...]:
    """Open a profile's hits that are proved and that no digest told of, in our order.

    One that somebody said is not about her is left out while that is the last word.

    A search store that is down keeps nobody from being told: what is sealed is due, indexed or not.

    Those of no severity are left out when they were found before ``benign_since``: no digest tells of them, so that
    they stay untold, and pile up.
    """
    untold = hits.c.digest_id.is_(None) & hits.c.stage.in_(PROVED) & hits.c.id.not_in(_not_about_her())
    if benign_since is not None:
        untold &= (hits.c.severity != Severity.NONE.value) | (hits.c.found_at >= benign_since)
    return _opened(connection, cipher, (hits.c.profile_id == profile_id) & untold)


def count_under_way(connection: Connection, profile_id: str | None = None) -> int:
    """Count the hits, of a profile or of all, that wait to be judged and sealed."""
    question = select(func.count()).select_from(hits).where(hits.c.stage.in_(UNDER_WAY))
    if profile_id is not None:
        question = question.where(hits.c.profile_id == profile_id)
    return connection.scalar(question) or 0


def assign_digest(connection: Connection, hit_ids: Sequence[str], digest_id: str) -> int:
    """Say which digest tells of these hits; one that is already told of keeps its digest. Gives how many are new."""
    told = 0
    for chunk in _chunks(hit_ids):
        untold = hits.c.id.in_(chunk) & hits.c.digest_id.is_(None)
        told += connection.execute(update(hits).where(untold).values(digest_id=digest_id)).rowcount
    return told


def of_digest(connection: Connection, cipher: Cipher, digest_id: str) -> tuple[Hit, ...]:
    """Open the hits one digest told of, in our order."""
    return _opened(connection, cipher, hits.c.digest_id == digest_id)


def one(connection: Connection, cipher: Cipher, hit_id: str) -> Hit | None:
    """Open one hit; None when there is none."""
    row = connection.execute(_sealed().where(hits.c.id == hit_id)).mappings().one_or_none()
    return None if row is None else _open(cipher, row)


def page(
    connection: Connection, cipher: Cipher, profile_id: str, *, before: int | None = None, limit: int = 50
) -> HitPage:
    """Open one page of a profile's hits, the last found first."""
    older = hits.c.profile_id == profile_id
    older = older if before is None else older & (hits.c.sequence < before)
    rows = connection.execute(_sealed().where(older).order_by(hits.c.sequence.desc()).limit(limit + 1)).mappings().all()
    shown = rows[:limit]
    return HitPage(
        hits=tuple(_open(cipher, row) for row in shown), next=shown[-1]["sequence"] if len(rows) > limit else None
    )


def iter_all(connection: Connection, cipher: Cipher, *, stage: Stage = Stage.INDEX) -> Iterator[Hit]:
    """Open every hit in this stage in our order, a few at a time, to build a search store again."""
    last = 0
    while True:
        further = (hits.c.stage == stage.value) & (hits.c.sequence > last)
        rows = connection.execute(_sealed().where(further).order_by(hits.c.sequence).limit(CHUNK)).mappings().all()
        if not rows:
            return
        yield from (_open(cipher, row) for row in rows)
        last = rows[-1]["sequence"]


def ids_of_profile(connection: Connection, profile_id: str) -> tuple[str, ...]:
    """Give the ids of a profile's hits, in our order."""
    return tuple(connection.scalars(_of_profile(hits.c.id, profile_id)))


def known(connection: Connection, hit_ids: Iterable[str]) -> frozenset[str]:
    """Give those of these ids that are stored."""
    chunks = (select(hits.c.id).where(hits.c.id.in_(chunk)) for chunk in _chunks(hit_ids))
    return frozenset(found for question in chunks for found in connection.scalars(question))


def of_ids(connection: Connection, cipher: Cipher, hit_ids: Sequence[str]) -> tuple[Hit, ...]:
    """Open those of these hits that are stored, in our order chunk by chunk."""
    return tuple(hit for chunk in _chunks(hit_ids) for hit in _opened(connection, cipher, hits.c.id.in_(chunk)))


def count_shared(connection: Connection, cipher: Cipher, profile_id: str) -> int:
    """Count a profile's hits whose post is a hit of somebody else too."""
    others = connection.scalars(select(hits.c.profile_id).where(hits.c.profile_id != profile_id).distinct()).all()
    found = _opened(connection, cipher, hits.c.profile_id == profile_id)
    twins = {hit_id(other, hit.post.id): hit.id for hit in found for other in others}
    shared: set[str] = set()
    for chunk in _chunks(twins):
        shared |= {twins[twin] for twin in connection.scalars(select(hits.c.id).where(hits.c.id.in_(chunk)))}
    return len(shared)


def batches_of_profile(connection: Connection, profile_id: str) -> tuple[str, ...]:
    """Give the sha256 of every batch that holds a post about this person."""
    return tuple(dict.fromkeys(connection.scalars(_of_profile(hits.c.batch_sha256, profile_id))))


def delete_of_profile(connection: Connection, profile_id: str) -> int:
    """Delete every hit of a profile, and give how many there were."""
    return connection.execute(delete(hits).where(hits.c.profile_id == profile_id)).rowcount


def _put_chunk(
    connection: Connection, cipher: Cipher, chunk: Sequence[Hit], batch_sha256: str, at: datetime
) -> set[str]:
    # Locking the counter first makes a second writer of the same hits wait, and then see them.
    facts.take_numbers(connection, COUNTER, 0, at)
    question = select(hits.c.id, hits.c.batch_sha256).where(hits.c.id.in_([hit.id for hit in chunk]))
    known = {row.id: row.batch_sha256 for row in connection.execute(question)}
    new = [hit for hit in chunk if hit.id not in known]
    numbers = facts.take_numbers(connection, COUNTER, len(new), at)
    if new:
        rows = [_row(cipher, hit, number, batch_sha256) for hit, number in zip(new, numbers, strict=True)]
        connection.execute(insert(hits), rows)
    return {hit.id for hit in chunk if known.get(hit.id, batch_sha256) == batch_sha256}


def _row(cipher: Cipher, hit: Hit, sequence: int, batch_sha256: str) -> dict[str, object]:
    return {
        "id": hit.id,
        "sequence": sequence,
        "profile_id": hit.profile_id,
        "batch_sha256": batch_sha256,
        "stage": Stage.MATCHING.value,
        "source": hit.post.source,
        "found_at": hit.found_at,
        "severity": hit.severity.value,
        "sealed": _seal(cipher, hit),
    }


def _seal(cipher: Cipher, hit: Hit) -> bytes:
    return cipher.seal(hit.profile_id, to_line(hit), label=f"hits:{hit.id}")


def _open(cipher: Cipher, row: RowMapping) -> Hit:
    return from_line(Hit, cipher.open(row["profile_id"], row["sealed"], label=f"hits:{row['id']}"))


def _opened(connection: Connection, cipher: Cipher, which: ColumnElement[bool]) -> tuple[Hit, ...]:
    rows = connection.execute(_sealed().where(which).order_by(hits.c.sequence)).mappings()
    return tuple(_open(cipher, row) for row in rows)


def _not_about_her() -> Select[Any]:
    said = select(func.max(verdicts.c.id)).where(verdicts.c.about_her.is_not(None)).group_by(verdicts.c.hit_id)
    return select(verdicts.c.hit_id).where(verdicts.c.id.in_(said), verdicts.c.about_her == "no")


def _sealed() -> Select[Any]:
    return select(hits.c.id, hits.c.profile_id, hits.c.sequence, hits.c.sealed)


def _of_profile(column: ColumnElement[str], profile_id: str) -> Select[Any]:
    return select(column).where(hits.c.profile_id == profile_id).order_by(hits.c.sequence)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
