from collections.abc import Sequence
from datetime import UTC, datetime

from monitors.matching.found import hits_in, outcomes_of
from monitors.records import Match, Method, OutcomeKind, Post
from tests.builders import NOON, a_match, a_post


class SaysFor:
    """Matches the posts it was told of."""

    def __init__(self, *matches: Match) -> None:
        self._matches = matches

    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        return [[match for match in self._matches if match.post_id == post.id] for post in posts]


def test_matches_of_one_person_make_one_hit() -> None:
    """A name and a photo in one post are one hit with both matches, the strongest first."""
    posts = [a_post(id="rss:1"), a_post(id="rss:2")]
    name = SaysFor(a_match(post_id="rss:2", score=0.6))
    photo = SaysFor(a_match(post_id="rss:2", score=0.9, method=Method.PDQ, span=None))

    (hit,) = hits_in(posts, [name, photo], NOON)

    assert hit.post == posts[1]
    assert [match.score for match in hit.matches] == [0.9, 0.6]


def test_a_post_about_two_people_is_two_hits() -> None:
    """Each profile gets its own hit; neither sees the other's match."""
    hers, theirs = a_match(profile_id="a"), a_match(profile_id="b")

    hits = hits_in([a_post()], [SaysFor(hers, theirs)], NOON)

    assert [(hit.profile_id, hit.matches) for hit in hits] == [("a", (hers,)), ("b", (theirs,))]


def test_the_same_find_has_the_same_id() -> None:
    """A hit found twice, at any time, is the same hit."""
    later = datetime(2027, 1, 1, tzinfo=UTC)

    first, second = (hits_in([a_post()], [SaysFor(a_match())], moment)[0] for moment in (NOON, later))

    assert first.id == second.id


def test_every_post_is_counted_once() -> None:
    """Posts in equal passed plus unmatched plus duplicate, also where one post has two hits."""
    posts = [a_post(id=f"rss:{number}") for number in range(3)]
    matcher = SaysFor(
        a_match(post_id="rss:0", profile_id="a"), a_match(post_id="rss:0", profile_id="b"), a_match(post_id="rss:1")
    )
    hits = hits_in(posts, [matcher], NOON)

    counts = outcomes_of(posts, hits, ours={hits[0].id})

    assert counts == {OutcomeKind.PASSED: 1, OutcomeKind.DUPLICATE: 1, OutcomeKind.UNMATCHED: 1}
