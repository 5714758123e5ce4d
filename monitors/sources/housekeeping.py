"""Keeping spool and ledger in step: what a crash left, what is past its time, what a person withdrew."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitors.ledger import asked, batches, quarantine
from monitors.ledger.engine import Ledger
from monitors.records import Batch, Stage
from monitors.sources.spool import Spool

ORPHANED_AFTER = timedelta(hours=1)
"""A file is recorded within seconds of being written; what has no row after an hour never will."""
ROWS_KEPT = timedelta(days=90)
"""How long counts and the memory of seen posts are kept; a post seen again later gives the same hit again."""
QUARANTINE_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What sweeping found: files removed, and batches (their sha256) whose file is missing, which is an alarm."""

    removed: int
    missing: tuple[str, ...]


def sweep(ledger: Ledger, spool: Spool, *, now: datetime) -> Swept:
    """Remove files that no batch of the ledger names, and name the batches that have no file. Call at start."""
    old = [name for name, changed in spool.files() if changed < (now - ORPHANED_AFTER).timestamp()]
    with ledger.reading() as connection:
        kept = batches.in_spool(connection)
    orphans = set(old) - {batch.path for batch in kept}
    for name in orphans:
        spool.remove(name)
    missing = tuple(batch.sha256 for batch in kept if not spool.has(batch))
    return Swept(removed=len(orphans), missing=missing)


def expire(ledger: Ledger, spool: Spool, *, keep: timedelta, now: datetime) -> int:
    """Delete batch files past their time, and rows and quarantine past theirs; give how many files went.

    A batch that some stage has not accounted for yet stays, however old: its posts were not looked at.
    """
    with ledger.reading() as connection:
        waiting = _waiting(connection)
        due = [batch for batch in batches.in_spool(connection, until=now - keep) if batch.sha256 not in waiting]
    # The row says so first: a file without a reader is swept later, a batch without its file is an alarm.
    with ledger.writing() as connection:
        batches.expire(connection, [batch.sha256 for batch in due], now)
        batches.forget(connection, before=now - ROWS_KEPT)
        quarantine.forget(connection, before=now - QUARANTINE_KEPT)
        asked.forget(connection, before=now - ROWS_KEPT)
    for batch in due:
        spool.remove(batch.path)
    return len(due)


def forget_posts(ledger: Ledger, spool: Spool, post_ids: Collection[str]) -> int:
    """Take posts and the bytes they were read from out of every batch; give how many batches were written anew.

    Bytes that were read from the same address go with them: a whole feed may hold the post in every poll. May be
    repeated, also after a crash.
    """
    with ledger.reading() as connection:
        kept = [batch for batch in batches.in_spool(connection) if spool.has(batch)]
    holding = [batch for batch in kept if any(post.id in post_ids for post in spool.posts(batch))]
    urls = {url for batch in holding for url in _raw_urls(spool, batch, post_ids)}
    others = [
        batch for batch in kept if batch not in holding and any(raw.url in urls for raw in spool.raws(batch).values())
    ]
    # Those that hold the posts come last: while one of them stands, a repeated call still knows the addresses.
    for batch in (*others, *holding):
        _rewrite(ledger, spool, batch, post_ids, urls)
    return len(others) + len(holding)


def _waiting(connection: Connection) -> set[str]:
    later = list(Stage)[1:]
    return {batch.sha256 for stage in later for batch in batches.waiting_for(connection, stage)}


def _raw_urls(spool: Spool, batch: Batch, post_ids: Collection[str]) -> set[str]:
    read_from = {post.raw_sha256 for post in spool.posts(batch) if post.id in post_ids}
    return {raw.url for raw in spool.raws(batch, read_from).values()}


def _rewrite(ledger: Ledger, spool: Spool, batch: Batch, post_ids: Collection[str], urls: Collection[str]) -> None:
    new = spool.rewrite(batch, post_ids=post_ids, raw_urls=urls)
    with ledger.writing() as connection:
        batches.replace(connection, batch, new)
    spool.remove(batch.path)
