"""Batches: recorded whole, counted once, given on to the next stage."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from monitors.errors import StopRun
from monitors.ledger import batches, fetches, quarantine
from monitors.ledger.batches import Collected, Leak, post_key
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import hits, outcomes, profiles, seen_posts
from monitors.records import Batch, Cursor, FetchKind, FetchOutcome, Media, OutcomeKind, Post, Rejected, Stage
from tests.builders import NOON, a_post

OK = FetchOutcome(kind=FetchKind.OK)
PASSED = OutcomeKind.PASSED


def a_batch(letter: str = "a", *, count: int = 1) -> Batch:
    """A batch whose file nobody looks at."""
    return Batch(path=f"{letter * 64}.jsonl.zst", count=count, sha256=letter * 64)


def collected(letter: str = "a", **changed: object) -> Collected:
    """One post of a source's first delta."""
    posts = changed.pop("posts", (a_post(id=f"rss:{letter}"),))
    assert isinstance(posts, tuple)
    fields = {
        "source": "rss",
        "outcome": OK,
        "at": NOON,
        "batch": a_batch(letter, count=len(posts)),
        "posts": posts,
        "counts": {PASSED: len(posts)},
    }
    return Collected(**fields | changed)  # type: ignore[arg-type] # a builder


def test_everything_is_recorded_together(ledger: Ledger) -> None:
    """Batch, counts, posts seen, quarantine, fetch and cursor stand after one transaction."""
    post = a_post()
    delta = collected(
        posts=(post,),
        cursor=Cursor(source="rss", value="1"),
        rejected=(Rejected(content=b"<x>", place="feed-1:3", reason="no id"),),
        counts={PASSED: 1, OutcomeKind.QUARANTINED: 1},
    )

    with ledger.writing() as connection:
        batches.record(connection, delta)

    with ledger.reading() as connection:
        assert batches.cursor_of(connection, "rss") == Cursor(source="rss", value="1")
        assert batches.in_spool(connection) == [a_batch()]
        assert batches.unseen(connection, [post]) == []
        assert batches.outcomes_of(connection, "a" * 64, Stage.SOURCES) == delta.counts
        assert [item.rejected for item in quarantine.of_source(connection, "rss")] == list(delta.rejected)
        (look,) = fetches.looks(connection, since=NOON)
        assert (look.kind, look.posts) == (FetchKind.OK, 2)
        assert batches.leaks(connection) == []


def test_nothing_is_recorded_when_somebody_else_moved_the_cursor(ledger: Ledger) -> None:
    """Of two runs that began at the same place, the second stops and leaves no trace."""
    with ledger.writing() as connection:
        batches.record(connection, collected("a", cursor=Cursor(source="rss", value="1")))

    with pytest.raises(StopRun, match="moved the cursor"), ledger.writing() as connection:
        batches.record(connection, collected("b", cursor=Cursor(source="rss", value="2")))

    with ledger.reading() as connection:
        assert batches.in_spool(connection) == [a_batch("a")]
        assert batches.cursor_of(connection, "rss") == Cursor(source="rss", value="1")


def test_the_next_delta_goes_on_from_the_cursor(ledger: Ledger) -> None:
    """A delta fetched with the stored cursor moves it on."""
    one, two = (Cursor(source="rss", value=value) for value in "12")
    with ledger.writing() as connection:
        batches.record(connection, collected("a", cursor=one))

    with ledger.writing() as connection:
        batches.record(connection, collected("b", begun_at=one, cursor=two))

    with ledger.reading() as connection:
        assert batches.cursor_of(connection, "rss") == two


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (a_post(fetched_at=NOON + timedelta(hours=1), author_name="改名"), True),
        (a_post(text="今天天气很好，一起去公园走走。（已编辑）"), False),
        (a_post(media=(Media(url="https://social.example/1.jpg"),)), False),
        (a_post(id="rss:post-2"), False),
    ],
    ids=["fetched again", "edited", "a picture added", "another post"],
)
def test_what_makes_a_post_new(changed: Post, same: bool) -> None:
    """A post is new by its id, its words and its pictures; when it was fetched does not matter."""
    assert (post_key(changed) == post_key(a_post())) is same


def test_unseen_keeps_order_and_drops_repeats(ledger: Ledger) -> None:
    """Of many posts, those already recorded and repeats go; the others keep their order."""
    many = [a_post(id=f"rss:{number}") for number in range(1200)]
    with ledger.writing() as connection:
        batches.record(connection, collected(posts=tuple(many[::2])))

        assert batches.unseen(connection, [*many, *many]) == many[1::2]


def test_a_post_with_half_a_letter(ledger: Ledger) -> None:
    """A lone surrogate, which some platforms let through, has a key like any other letter."""
    with ledger.writing() as connection:
        post = replace(a_post(), text="\ud83d")
        batches.record(connection, collected(posts=(post,)))

        assert batches.unseen(connection, [post]) == []


def test_outcomes_replace_an_earlier_try(ledger: Ledger) -> None:
    """A stage that runs twice over a batch is counted once."""
    with ledger.writing() as connection:
        batches.record(connection, collected())
        batches.put_outcomes(connection, "a" * 64, Stage.MATCHING, {PASSED: 1})
        batches.put_outcomes(connection, "a" * 64, Stage.MATCHING, {OutcomeKind.UNMATCHED: 1})

        assert batches.outcomes_of(connection, "a" * 64, Stage.MATCHING) == {OutcomeKind.UNMATCHED: 1}


def test_a_stage_is_given_what_waits_for_it(ledger: Ledger) -> None:
    """A batch waits for a stage while not every post that passed the one before is accounted for."""
    with ledger.writing() as connection:
        for letter in "abc":
            posts = tuple(a_post(id=f"rss:{letter}{number}") for number in range(2))
            batches.record(connection, collected(letter, posts=posts))
        batches.put_outcomes(connection, "a" * 64, Stage.MATCHING, {PASSED: 1, OutcomeKind.UNMATCHED: 1})
        batches.put_outcomes(connection, "b" * 64, Stage.MATCHING, {OutcomeKind.UNMATCHED: 2})

        waiting = {
            stage: [batch.sha256[0] for batch in batches.waiting_for(connection, stage)] for stage in list(Stage)[1:]
        }

    assert waiting == {Stage.MATCHING: ["c"], Stage.SCORING: ["a"], Stage.EVIDENCE: [], Stage.INDEX: []}


def test_leaks_between_stages(ledger: Ledger) -> None:
    """A stage that told of more or fewer posts than passed the one before is named; one that has not run is not."""
    with ledger.writing() as connection:
        for letter in "abc":
            posts = tuple(a_post(id=f"rss:{letter}{number}") for number in range(3))
            batches.record(connection, collected(letter, posts=posts))
        batches.put_outcomes(connection, "a" * 64, Stage.MATCHING, {PASSED: 2, OutcomeKind.UNMATCHED: 1})
        batches.put_outcomes(connection, "a" * 64, Stage.SCORING, {PASSED: 3})
        batches.put_outcomes(connection, "b" * 64, Stage.MATCHING, {OutcomeKind.UNMATCHED: 2})

        found = batches.leaks(connection)

    assert found == [
        Leak(place="b" * 64, stage=Stage.MATCHING, went_in=3, told=2),
        Leak(place="a" * 64, stage=Stage.SCORING, went_in=2, told=3),
    ]


def test_leaks_of_a_source(ledger: Ledger) -> None:
    """A source that received more posts than were counted is named."""
    with ledger.writing() as connection:
        batches.record(connection, collected())
        fetches.record(connection, "rss", OK, posts=4, at=NOON)

        assert batches.leaks(connection) == [Leak(place="rss", stage=Stage.SOURCES, went_in=5, told=1)]


def test_an_expired_batch_is_remembered(ledger: Ledger) -> None:
    """A batch whose file went as planned waits for nobody, but its posts stay known."""
    post = a_post()
    with ledger.writing() as connection:
        batches.record(connection, collected(posts=(post,)))
        batches.expire(connection, ["a" * 64], NOON)

        assert batches.in_spool(connection) == []
        assert batches.waiting_for(connection, Stage.MATCHING) == []
        assert batches.unseen(connection, [post]) == []


def test_in_spool_until(ledger: Ledger) -> None:
    """Batches are told by their age, the oldest first."""
    with ledger.writing() as connection:
        for letter, hours in (("b", 2), ("a", 1), ("c", 3)):
            batches.record(connection, collected(letter, at=NOON + timedelta(hours=hours)))

        found = batches.in_spool(connection, until=NOON + timedelta(hours=3))

    assert [batch.sha256[0] for batch in found] == ["a", "b"]


def test_forgetting_spares_what_is_in_the_spool(ledger: Ledger) -> None:
    """Rows past their time go only once the file is gone; then the post is new again."""
    late = NOON + timedelta(days=100)
    post = a_post()
    with ledger.writing() as connection:
        batches.record(connection, collected(posts=(post,)))

        assert batches.forget(connection, before=late) == 0
        batches.expire(connection, ["a" * 64], NOON)
        assert batches.forget(connection, before=late) == 1
        assert batches.unseen(connection, [post]) == [post]
        assert connection.execute(select(outcomes)).all() == []
        assert fetches.looks(connection, since=NOON) == ()


def test_a_rewritten_batch_takes_everything_with_it(ledger: Ledger) -> None:
    """What was counted, seen and found in a batch belongs to the batch that replaces it."""
    new = a_batch("b", count=0)
    with ledger.writing() as connection:
        batches.record(connection, collected())
        _put_hit(connection)
        batches.replace(connection, a_batch("a"), new)

        assert batches.in_spool(connection) == [new]
        assert batches.outcomes_of(connection, "b" * 64, Stage.SOURCES) == {PASSED: 1}
        assert set(connection.scalars(select(seen_posts.c.batch_sha256))) == {"b" * 64}
        assert set(connection.scalars(select(hits.c.batch_sha256))) == {"b" * 64}


def test_the_same_bytes_are_quarantined_once(ledger: Ledger) -> None:
    """A broken item that comes at every poll is one item; a long one is cut and says so."""
    broken = Rejected(content=b"x", place="feed-1", reason="no id")
    long = Rejected(content=b"x" * (quarantine.LARGEST + 1), place="feed-1", reason="no id")
    with ledger.writing() as connection:
        quarantine.put(connection, "rss", Stage.SOURCES, [broken, broken, long], NOON)
        quarantine.put(connection, "rss", Stage.SOURCES, [broken], NOON + timedelta(hours=1))

        kept = quarantine.of_source(connection, "rss")

    assert sorted((len(item.rejected.content), item.rejected.reason) for item in kept) == [
        (1, "no id"),
        (quarantine.LARGEST, "no id+cut"),
    ]


def test_quarantine_ends(ledger: Ledger) -> None:
    """What is past its time leaves the quarantine, the rest stays."""
    with ledger.writing() as connection:
        for day in range(3):
            item = Rejected(content=bytes([day]), place="feed-1", reason="no id")
            quarantine.put(connection, "rss", Stage.SOURCES, [item], NOON + timedelta(days=day))

        assert quarantine.forget(connection, before=NOON + timedelta(days=2)) == 2
        assert [item.rejected.content for item in quarantine.of_source(connection, "rss")] == [b"\2"]


def _put_hit(connection: Connection) -> None:
    moments = {"created_at": NOON, "changed_at": NOON}
    connection.execute(profiles.insert().values(id="p", state="active", address_mac="m", sealed=b"", **moments))
    facets = {"source": "rss", "found_at": NOON, "severity": "none", "stage": "matching", "sealed": b""}
    connection.execute(hits.insert().values(id="h", sequence=1, profile_id="p", batch_sha256="a" * 64, **facets))
