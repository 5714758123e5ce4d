"""Spool and ledger in step."""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitors.ledger import batches, quarantine
from monitors.ledger.engine import Ledger
from monitors.records import Batch, OutcomeKind, Post, Raw, Rejected, Stage
from monitors.sources.housekeeping import Swept, expire, forget_posts, sweep
from monitors.sources.spool import Spool
from tests.builders import NOON, a_post
from tests.sources.test_collect import a_delta, run

WEEK = timedelta(days=7)


class Fixed:
    """A clock that stands."""

    def __init__(self, moment: timedelta = timedelta(0)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment it stands at."""
        return NOON + self.moment

    def sleep(self, seconds: float) -> None:
        """Nobody sleeps here."""


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool."""
    return Spool(tmp_path / "spool")


def kept(ledger: Ledger, spool: Spool, *posts: Post, raws: tuple[Raw, ...] = (), days: int = 0) -> Batch:
    """A batch collected so many days after noon."""
    (batch,) = run(ledger, spool, a_delta(*posts, raws=raws, cursor=None), clock=Fixed(timedelta(days=days)))
    return batch


def through(ledger: Ledger, batch: Batch) -> None:
    """Say that the later stages are done with a batch."""
    with ledger.writing() as connection:
        batches.put_outcomes(connection, batch.sha256, Stage.MATCHING, {OutcomeKind.UNMATCHED: batch.count})


def age(spool: Spool, name: str, *, hours: float) -> None:
    """Make a file as old as that at noon."""
    moment = (NOON - timedelta(hours=hours)).timestamp()
    os.utime(spool.folder / name, (moment, moment))


def test_sweeping_removes_what_a_crash_left(ledger: Ledger, spool: Spool) -> None:
    """Files without a row go when they are an hour old; younger ones may be recorded any moment."""
    batch = kept(ledger, spool, a_post())
    old, young = (spool.write("rss", [], [], at=NOON) for _ in range(2))
    (spool.folder / "torn.part").touch()
    for name, hours in ((batch.path, 5), (old.path, 1.1), (young.path, 0.9), ("torn.part", 2)):
        age(spool, name, hours=hours)

    assert sweep(ledger, spool, now=NOON) == Swept(removed=2, missing=())
    assert {name for name, _ in spool.files()} == {batch.path, young.path}


def test_a_row_without_its_file_is_an_alarm(ledger: Ledger, spool: Spool) -> None:
    """A batch whose file vanished is named, and nothing else happens."""
    batch = kept(ledger, spool, a_post())
    spool.remove(batch.path)

    assert sweep(ledger, spool, now=NOON).missing == (batch.sha256,)


def test_expiry_after_the_days_kept(ledger: Ledger, spool: Spool) -> None:
    """A batch that every stage is done with goes after its days, and its absence is no alarm."""
    old, young = kept(ledger, spool, a_post()), kept(ledger, spool, a_post(id="rss:2"), days=1)
    through(ledger, old)
    through(ledger, young)

    assert expire(ledger, spool, keep=WEEK, now=NOON + WEEK + timedelta(hours=1)) == 1
    assert {name for name, _ in spool.files()} == {young.path}
    assert sweep(ledger, spool, now=NOON + WEEK).missing == ()


def test_keeping_nothing(ledger: Ledger, spool: Spool) -> None:
    """With no days to keep, a batch goes as soon as the pipeline is through with it."""
    done, waiting = kept(ledger, spool, a_post()), kept(ledger, spool, a_post(id="rss:2"))
    through(ledger, done)

    assert expire(ledger, spool, keep=timedelta(0), now=NOON + timedelta(seconds=1)) == 1
    assert {name for name, _ in spool.files()} == {waiting.path}


def test_what_nobody_looked_at_stays(ledger: Ledger, spool: Spool) -> None:
    """However old, a batch that a stage has not accounted for is not deleted."""
    batch = kept(ledger, spool, a_post(), a_post(id="rss:2"))
    with ledger.writing() as connection:
        batches.put_outcomes(
            connection, batch.sha256, Stage.MATCHING, {OutcomeKind.PASSED: 1, OutcomeKind.UNMATCHED: 1}
        )

    assert expire(ledger, spool, keep=WEEK, now=NOON + 10 * WEEK) == 0
    with ledger.writing() as connection:
        batches.put_outcomes(connection, batch.sha256, Stage.SCORING, {OutcomeKind.HELD: 1})
    assert expire(ledger, spool, keep=WEEK, now=NOON + 10 * WEEK) == 1


def test_expired_posts_are_still_known(ledger: Ledger, spool: Spool) -> None:
    """A post whose batch is gone does not come again for three months, then it may."""
    through(ledger, kept(ledger, spool, a_post()))
    expire(ledger, spool, keep=WEEK, now=NOON + 2 * WEEK)

    assert run(ledger, spool, a_delta(a_post(), cursor=None)) == []
    expire(ledger, spool, keep=WEEK, now=NOON + timedelta(days=91))
    assert len(run(ledger, spool, a_delta(a_post(), cursor=None))) == 1


def test_the_quarantine_is_emptied(ledger: Ledger, spool: Spool) -> None:
    """What was set aside leaves after thirty days."""
    bad = Rejected(content=b"x", place="feed-1", reason="no id")
    run(ledger, spool, a_delta(rejected=(bad,), cursor=None), clock=Fixed())

    expire(ledger, spool, keep=WEEK, now=NOON + timedelta(days=31))

    with ledger.reading() as connection:
        assert quarantine.of_source(connection, "rss") == ()


def raw_of(content: bytes, url: str) -> Raw:
    """Bytes as they arrived."""
    return Raw.of(content, url=url, media_type="text/plain", fetched_at=NOON)


def test_forgotten_posts_are_nowhere(ledger: Ledger, spool: Spool) -> None:
    """A withdrawn post and the bytes it was read from are in no batch, also not in another poll's whole feed."""
    feed, feed_again, page = (
        raw_of("林晓月 in a feed".encode(), "https://f.example/feed"),
        raw_of("林晓月 and more in the same feed".encode(), "https://f.example/feed"),
        raw_of(b"somebody else", "https://f.example/other"),
    )
    hers = a_post(id="rss:hers", text="林晓月", raw_sha256=feed.sha256)
    after, other = a_post(id="rss:after", raw_sha256=feed_again.sha256), a_post(id="rss:o", raw_sha256=page.sha256)
    kept(ledger, spool, hers, raws=(feed,))
    kept(ledger, spool, after, other, raws=(feed_again, page))
    untouched = kept(ledger, spool, a_post(id="rss:untouched"))

    assert forget_posts(ledger, spool, {"rss:hers"}) == 2

    with ledger.reading() as connection:
        now = batches.in_spool(connection)
        assert batches.leaks(connection) == []
    assert sorted(post.id for batch in now for post in spool.posts(batch)) == ["rss:after", "rss:o", "rss:untouched"]
    assert {sha256 for batch in now for sha256 in spool.raws(batch)} == {page.sha256}
    assert {name for name, _ in spool.files()} == {batch.path for batch in now}
    assert untouched in now
    assert sweep(ledger, spool, now=NOON).missing == ()


def test_forgetting_again_changes_nothing(ledger: Ledger, spool: Spool) -> None:
    """What is forgotten already is not written anew."""
    kept(ledger, spool, a_post())
    forget_posts(ledger, spool, {"rss:post-1"})

    assert forget_posts(ledger, spool, {"rss:post-1", "rss:unknown"}) == 0


def test_every_version_is_forgotten(ledger: Ledger, spool: Spool) -> None:
    """A post that was edited is forgotten as it was before and after."""
    kept(ledger, spool, a_post())
    kept(ledger, spool, replace(a_post(), text="改过"))

    assert forget_posts(ledger, spool, {"rss:post-1"}) == 2


def test_a_forgotten_post_does_not_come_back(ledger: Ledger, spool: Spool) -> None:
    """While it is still online, a withdrawn post is met as a duplicate and not kept again."""
    kept(ledger, spool, a_post())
    forget_posts(ledger, spool, {"rss:post-1"})

    assert run(ledger, spool, a_delta(a_post(), cursor=None)) == []
