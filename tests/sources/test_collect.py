"""From a source into the spool."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs

from monitors.errors import StopRun
from monitors.ledger import batches, fetches, quarantine
from monitors.ledger.engine import Ledger
from monitors.records import (
    Batch,
    Cursor,
    Delta,
    FetchKind,
    FetchOutcome,
    Media,
    OutcomeKind,
    Post,
    Query,
    Raw,
    Rejected,
    Stage,
)
from monitors.sources import collect as collecting
from monitors.sources.collect import collect, cut
from monitors.sources.spool import Spool
from tests.builders import NOON, a_post
from tests.sources.test_spool import full_disk

LATE = datetime.max.replace(tzinfo=UTC)
OK = FetchOutcome(kind=FetchKind.OK)


@dataclass
class Scripted:
    """A source that gives these deltas, and remembers the cursor it was asked with."""

    deltas: Sequence[Delta]
    name: str = "rss"
    asked_with: Cursor | None = None

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002
        """Give what was scripted."""
        self.asked_with = cursor
        yield from self.deltas


def a_delta(*posts: Post, value: str = "1", **changed: object) -> Delta:
    """A delta of a source."""
    fields = {"posts": posts, "cursor": Cursor(source="rss", value=value), "outcome": OK}
    return Delta(**fields | changed)  # type: ignore[arg-type] # a builder


def posts(count: int, start: int = 0) -> tuple[Post, ...]:
    """So many posts."""
    return tuple(a_post(id=f"rss:{number}") for number in range(start, start + count))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool."""
    return Spool(tmp_path / "spool")


def run(ledger: Ledger, spool: Spool, *deltas: Delta, **options: object) -> list[Batch]:
    """Collect from a source that gives these deltas."""
    return list(collect(Scripted(deltas), [], ledger=ledger, spool=spool, deadline=LATE, **options))  # type: ignore[arg-type]


def counted(ledger: Ledger, batch: Batch) -> dict[OutcomeKind, int]:
    """What the ledger says of a batch."""
    with ledger.reading() as connection:
        return batches.outcomes_of(connection, batch.sha256, Stage.SOURCES)


def test_a_delta_becomes_a_batch(ledger: Ledger, spool: Spool) -> None:
    """A delta's posts and raws are in the spool, its cursor and outcome in the ledger."""
    raw = Raw.of(b"page", url="u", media_type="", fetched_at=NOON)
    post = a_post(raw_sha256=raw.sha256)

    (batch,) = run(ledger, spool, a_delta(post, raws=(raw,), value="7"))

    assert list(spool.posts(batch)) == [post]
    assert spool.raws(batch) == {raw.sha256: raw}
    assert counted(ledger, batch) == {OutcomeKind.PASSED: 1}
    with ledger.reading() as connection:
        assert batches.cursor_of(connection, "rss") == Cursor(source="rss", value="7")
        assert batches.in_spool(connection) == [batch]


def test_the_next_run_asks_from_the_cursor(ledger: Ledger, spool: Spool) -> None:
    """A source is asked with the cursor of its last recorded delta."""
    run(ledger, spool, a_delta(*posts(1), value="7"), a_delta(*posts(1, 1), value="8"))
    source = Scripted([])

    list(collect(source, [], ledger=ledger, spool=spool, deadline=LATE))

    assert source.asked_with == Cursor(source="rss", value="8")


def test_every_post_received_has_one_outcome(ledger: Ledger, spool: Spool) -> None:
    """Received = passed + duplicate + quarantined, in every delta."""
    old, new, bad = posts(3), posts(2, 3), Rejected(content=b"<", place="feed-1", reason="broken")

    run(ledger, spool, a_delta(*old))
    with ledger.reading() as connection:
        held = batches.cursor_of(connection, "rss")
    (batch,) = run(ledger, spool, a_delta(*old, *new, *new, rejected=(bad, bad), cursor=held))

    assert counted(ledger, batch) == {OutcomeKind.PASSED: 2, OutcomeKind.DUPLICATE: 5, OutcomeKind.QUARANTINED: 2}
    assert list(spool.posts(batch)) == list(new)
    with ledger.reading() as connection:
        assert batches.leaks(connection) == []


def test_an_edited_post_is_new(ledger: Ledger, spool: Spool) -> None:
    """The same id with other words is passed on again."""
    (first,), (second,) = (
        run(ledger, spool, a_delta(a_post(), cursor=None)),
        run(ledger, spool, a_delta(a_post(text="改过的文字"), cursor=None)),
    )

    assert [post.text for post in spool.posts(second)] == ["改过的文字"]
    assert first != second


def test_nothing_new_gives_no_batch(ledger: Ledger, spool: Spool) -> None:
    """A delta of nothing but duplicates is counted and gives nothing to work on."""
    run(ledger, spool, a_delta(*posts(2), cursor=None))

    assert run(ledger, spool, a_delta(*posts(2), cursor=None)) == []
    with ledger.reading() as connection:
        assert batches.leaks(connection) == []
        assert batches.waiting_for(connection, Stage.MATCHING) != []


def test_a_failed_fetch_is_recorded(ledger: Ledger, spool: Spool) -> None:
    """A fetch that brought nothing leaves its outcome and no file."""
    failed = FetchOutcome(kind=FetchKind.LIMITED, detail="http_429", retry_at=LATE, part="feed-2")

    assert run(ledger, spool, a_delta(outcome=failed, cursor=None)) == []

    with ledger.reading() as connection:
        (look,) = fetches.looks(connection, since=NOON)
    assert (look.kind, look.part, look.detail, look.retry_at) == (FetchKind.LIMITED, "feed-2", "http_429", LATE)
    assert list(spool.files()) == []


def test_unreadable_bytes_are_kept(ledger: Ledger, spool: Spool) -> None:
    """What a source could not read is in the quarantine with its place and reason."""
    bad = Rejected(content=b"\xff", place="feed-1:item", reason="not UTF-8")

    run(ledger, spool, a_delta(rejected=(bad,)))

    with ledger.reading() as connection:
        (item,) = quarantine.of_source(connection, "rss")
        assert item.rejected == bad
        assert batches.leaks(connection) == []


def test_batches_are_bounded(ledger: Ledger, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delta of any size becomes batches of at most so many posts, and the counts still add up."""
    monkeypatch.setattr(collecting, "MOST_POSTS", 10)

    made = run(ledger, spool, a_delta(*posts(25)))

    assert [batch.count for batch in made] == [10, 10, 5]
    assert [post for batch in made for post in spool.posts(batch)] == list(posts(25))
    with ledger.reading() as connection:
        assert batches.leaks(connection) == []


def raw_of_3_mb(number: int) -> Raw:
    """Bytes as they arrived, two of which fit a batch."""
    return Raw.of(bytes([number]) * 2_900_000, url="u", media_type="", fetched_at=NOON)


def test_cutting_keeps_the_cursor_for_the_last() -> None:
    """Only the last part of a delta moves the cursor and tells how the fetch ended."""
    raws = tuple(map(raw_of_3_mb, range(5)))
    limited = FetchOutcome(kind=FetchKind.LIMITED, part="server-1")
    many = (a_post(id=f"rss:{raw.content[0]}", raw_sha256=raw.sha256) for raw in raws)
    delta = a_delta(*many, raws=raws, outcome=limited)
    before = Cursor(source="rss", value="0")

    parts = list(cut(delta, before))

    assert [len(part.posts) for part in parts] == [2, 2, 1]
    assert [part.cursor for part in parts] == [before, before, delta.cursor]
    assert [part.outcome.kind for part in parts] == [FetchKind.OK, FetchKind.OK, FetchKind.LIMITED]
    assert {part.outcome.part for part in parts} == {"server-1"}


def test_bytes_that_posts_share_weigh_once() -> None:
    """Many posts read from one feed stay together, and its bytes are stored once."""
    raw = raw_of_3_mb(1)
    delta = a_delta(*(replace(post, raw_sha256=raw.sha256) for post in posts(50)), raws=(raw,))

    assert [len(part.posts) for part in cut(delta, None)] == [50]


def test_a_delta_without_posts_is_one_part() -> None:
    """What brought nothing is recorded once."""
    delta = a_delta(outcome=FetchOutcome(kind=FetchKind.EMPTY))

    assert list(cut(delta, None)) == [delta]


def test_posts_are_prepared_before_they_are_kept(ledger: Ledger, spool: Spool) -> None:
    """What a preparer adds to a new post stands in the batch; old posts are not prepared again."""
    prepared = []

    def see(post: Post) -> Post:
        prepared.append(post.id)
        return replace(post, media=(Media(url="u", problem="too_large"),))

    (batch,) = run(ledger, spool, a_delta(*posts(2), cursor=None), prepare=see)
    run(ledger, spool, a_delta(*posts(3), cursor=None), prepare=see)

    assert [post.media[0].problem for post in spool.posts(batch)] == ["too_large", "too_large"]
    assert prepared == ["rss:0", "rss:1", "rss:2"]


def test_pictures_are_not_prepared_past_the_deadline(ledger: Ledger, spool: Spool) -> None:
    """A run that is late still keeps every post, and its pictures say why nobody looked at them."""
    post = a_post(media=(Media(url="u"),))

    (batch,) = collect(
        Scripted([a_delta(post)]), [], ledger=ledger, spool=spool, deadline=NOON, prepare=lambda post: post
    )

    assert [media.problem for post in spool.posts(batch) for media in post.media] == ["budget_spent"]


def test_what_is_handed_in_again(ledger: Ledger, spool: Spool) -> None:
    """A post seen before can be passed on again, and is counted as passed."""
    run(ledger, spool, a_delta(a_post(), cursor=None))

    (batch,) = run(ledger, spool, a_delta(a_post(), cursor=None), again=True)

    assert counted(ledger, batch) == {OutcomeKind.PASSED: 1}
    with ledger.reading() as connection:
        assert batches.leaks(connection) == []


def test_a_full_disk_moves_nothing(ledger: Ledger, spool: Spool) -> None:
    """When the spool is full, nothing is recorded, and the next run collects the same posts."""
    raw = Raw.of(Random(1).randbytes(2_000_000), url="u", media_type="", fetched_at=NOON)  # does not compress
    delta = a_delta(replace(a_post(), raw_sha256=raw.sha256), raws=(raw,))

    with pytest.raises(StopRun, match="cannot be written"), full_disk(1_500_000):
        run(ledger, spool, delta)

    with ledger.reading() as connection:
        assert batches.cursor_of(connection, "rss") is None
        assert fetches.looks(connection, since=NOON) == ()
    assert [batch.count for batch in run(ledger, spool, delta)] == [1]


def test_what_came_before_a_failure_is_kept(ledger: Ledger, spool: Spool) -> None:
    """A source that breaks in the middle leaves the deltas before it recorded, with their cursor."""

    def fetch(*_: object) -> Iterator[Delta]:
        yield a_delta(*posts(2), value="1")
        raise RuntimeError("a bug")

    source = Scripted([])
    source.fetch = fetch  # type: ignore[method-assign, assignment]

    with pytest.raises(RuntimeError):
        list(collect(source, [], ledger=ledger, spool=spool, deadline=LATE))

    with ledger.reading() as connection:
        assert batches.cursor_of(connection, "rss") == Cursor(source="rss", value="1")
        assert len(batches.in_spool(connection)) == 1


def test_two_runs_of_a_source_do_not_mix(ledger: Ledger, spool: Spool) -> None:
    """A second run that started while the first was under way stops instead of going back."""
    slow = collect(
        Scripted([a_delta(*posts(1), value="1"), a_delta(*posts(1, 1), value="2")]),
        [],
        ledger=ledger,
        spool=spool,
        deadline=LATE,
    )
    next(slow)
    with ledger.reading() as connection:
        held = batches.cursor_of(connection, "rss")
    run(ledger, spool, a_delta(*posts(1, 1), value="2", cursor=Cursor(source="rss", value="2")))

    with pytest.raises(StopRun, match="another run"):
        next(slow)

    assert held == Cursor(source="rss", value="1")


def test_log_lines_hold_ids_and_numbers(ledger: Ledger, spool: Spool) -> None:
    """A stage's line says how many, never what."""
    with capture_logs() as lines:
        run(ledger, spool, a_delta(a_post(text="林晓月的秘密", author="writer@social.example"), value="secret"))

    (line,) = lines
    assert (line["stage"], line["source"], line["posts"], line["passed"]) == ("sources", "rss", 1, 1)
    assert not any(word in str(line) for word in ("林晓月", "writer", "secret", "social.example"))


CHILD = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event
from monitors.ledger.engine import Ledger, open_engine
from monitors.sources.collect import collect
from monitors.sources.jsonl import JsonlSource
from monitors.sources.spool import Spool

folder, moment, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
engine = open_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
seen = 0

def die(*_):
    global seen
    seen += 1
    if seen == number:
        os.kill(os.getpid(), signal.SIGKILL)

if moment == "rename":
    sys.addaudithook(lambda name, _: die() if name == "os.rename" else None)
if moment == "commit":
    event.listen(engine, "commit", die)
deadline = datetime.max.replace(tzinfo=UTC)
for _ in collect(JsonlSource(folder / "posts.jsonl"), [], ledger=Ledger(engine), spool=Spool(folder / "spool"), deadline=deadline):
    pass
"""


@pytest.mark.parametrize(("moment", "number"), [("rename", 1), ("rename", 3), ("commit", 2)])
def test_killed_and_run_again(sqlite_url: str, tmp_path: Path, moment: str, number: int) -> None:
    """Killed before a rename or a commit and run again, every post is collected exactly once."""
    lines = [json.dumps({"id": number, "text": f"第{number}条"}) for number in range(2500)]
    (tmp_path / "posts.jsonl").write_text("\n".join(lines))
    python = [sys.executable, "-c", CHILD, str(tmp_path)]

    killed = subprocess.run([*python, moment, str(number)], check=False, cwd=Path.cwd(), env=os.environ | _HERE)
    subprocess.run([*python, "never", "0"], check=True, cwd=Path.cwd(), env=os.environ | _HERE)

    assert killed.returncode == -signal.SIGKILL
    ids = _collected_ids(sqlite_url, tmp_path)
    assert sorted(ids, key=lambda post_id: int(post_id.partition(":")[2])) == [f"jsonl:{n}" for n in range(2500)]


_HERE = {"PYTHONPATH": str(Path.cwd())}


def _collected_ids(url: str, folder: Path) -> list[str]:
    from monitors.ledger.engine import open_engine

    engine = open_engine(url)
    spool = Spool(folder / "spool")
    with Ledger(engine).reading() as connection:
        kept = batches.in_spool(connection)
        assert batches.leaks(connection) == []
    engine.dispose()
    return [post.id for batch in kept for post in spool.posts(batch)]
