"""How fetches ended, told part by part."""

from datetime import timedelta

from monitors.ledger import fetches
from monitors.ledger.engine import Ledger
from monitors.ledger.fetches import Look
from monitors.records import FetchKind, FetchOutcome
from tests.builders import NOON

HOUR = timedelta(hours=1)


def polled(ledger: Ledger, *polls: tuple[str, FetchKind, int], source: str = "rss") -> None:
    """Polls an hour apart, each of one part."""
    with ledger.writing() as connection:
        for number, (part, kind, posts) in enumerate(polls):
            fetches.record(connection, source, FetchOutcome(kind=kind, part=part), posts=posts, at=NOON + number * HOUR)


def test_never_asked(ledger: Ledger) -> None:
    """Of a source nobody asked there is nothing to tell."""
    with ledger.reading() as connection:
        assert fetches.looks(connection, since=NOON) == ()


def test_the_last_look_counts(ledger: Ledger) -> None:
    """Each part is told by its last fetch, with when it last went well and the blind polls since."""
    polled(
        ledger,
        ("feed-1", FetchKind.OK, 3),
        ("feed-2", FetchKind.OK, 1),
        ("feed-1", FetchKind.UNREACHABLE, 0),
        ("feed-1", FetchKind.BROKEN, 0),
        ("feed-2", FetchKind.EMPTY, 0),
    )

    with ledger.reading() as connection:
        one, two = fetches.looks(connection, since=NOON)

    assert one == Look(
        source="rss",
        part="feed-1",
        kind=FetchKind.BROKEN,
        detail="",
        at=NOON + 3 * HOUR,
        retry_at=None,
        well_at=NOON,
        blind=2,
        posts=3,
    )
    assert (two.kind, two.blind, two.well_at, two.posts) == (FetchKind.EMPTY, 0, NOON + 4 * HOUR, 1)


def test_never_well(ledger: Ledger) -> None:
    """A part that never went well has no such moment, and all its polls were blind."""
    polled(ledger, ("", FetchKind.LOGIN_NEEDED, 0), ("", FetchKind.LOGIN_NEEDED, 0))

    with ledger.reading() as connection:
        (look,) = fetches.looks(connection, since=NOON)

    assert (look.well_at, look.blind) == (None, 2)


def test_only_what_was_asked_since(ledger: Ledger) -> None:
    """A part nobody asked since then is not named; of the others only newer posts count, but all blind polls."""
    polled(
        ledger,
        ("gone", FetchKind.OK, 5),
        ("here", FetchKind.OK, 2),
        ("here", FetchKind.LIMITED, 0),
        ("here", FetchKind.LIMITED, 1),
    )

    with ledger.reading() as connection:
        (look,) = fetches.looks(connection, since=NOON + 3 * HOUR)

    assert (look.part, look.posts, look.blind, look.well_at) == ("here", 1, 2, NOON + HOUR)


def test_sources_are_told_apart(ledger: Ledger) -> None:
    """The same part's name in two sources is two parts."""
    polled(ledger, ("", FetchKind.OK, 1))
    polled(ledger, ("", FetchKind.BROKEN, 0), source="mastodon")

    with ledger.reading() as connection:
        looks = fetches.looks(connection, since=NOON)

    assert [(look.source, look.kind) for look in looks] == [("mastodon", FetchKind.BROKEN), ("rss", FetchKind.OK)]


def test_when_to_come_again_is_kept(ledger: Ledger) -> None:
    """A limit keeps the moment after which the host may be asked."""
    outcome = FetchOutcome(kind=FetchKind.LIMITED, detail="http_429", retry_at=NOON + HOUR)
    with ledger.writing() as connection:
        fetches.record(connection, "rss", outcome, posts=0, at=NOON)

        (look,) = fetches.looks(connection, since=NOON)

    assert (look.detail, look.retry_at) == ("http_429", NOON + HOUR)


def test_posts_of_each_day(ledger: Ledger) -> None:
    """What a source received is summed up day by day, for the days on which it was asked."""
    ok = FetchOutcome(kind=FetchKind.OK)
    with ledger.writing() as connection:
        for hours, posts in ((0, 3), (1, 4), (24, 5), (72, 0)):
            fetches.record(connection, "rss", ok, posts=posts, at=NOON + hours * HOUR)

    with ledger.reading() as connection:
        assert fetches.daily(connection, since=NOON, until=NOON + 96 * HOUR) == {"rss": (7, 5, 0)}
        assert fetches.daily(connection, since=NOON, until=NOON + HOUR) == {"rss": (3,)}
        assert fetches.received(connection, since=NOON + HOUR) == {"rss": 9}
