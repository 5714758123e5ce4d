"""From matches to hits: a post and everything that says it is about one person."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from monitors.matching.matcher import Matcher
from monitors.records import Hit, Match, OutcomeKind, Post, hit_id


def hits_in(posts: Sequence[Post], matchers: Sequence[Matcher], now: datetime) -> list[Hit]:
    """Give a hit for each post and profile that any matcher brought together, in the order of the posts."""
    found = [matcher.match(posts) for matcher in matchers]
    hits = []
    for post, *matches in zip(posts, *found, strict=True):
        for profile_id, hers in _by_profile(matches):
            hits.append(
                Hit(id=hit_id(profile_id, post.id), profile_id=profile_id, post=post, matches=hers, found_at=now)
            )
    return hits


def outcomes_of(posts: Sequence[Post], hits: Sequence[Hit], ours: Collection[str]) -> Counter[OutcomeKind]:
    """Count each post once: passed where one of its hits is of this batch, duplicate where all were known before."""
    by_post: dict[str, list[bool]] = {}
    for hit in hits:
        by_post.setdefault(hit.post.id, []).append(hit.id in ours)
    return Counter(_outcome(by_post.get(post.id, [])) for post in posts)


def _outcome(is_ours: list[bool]) -> OutcomeKind:
    if not is_ours:
        return OutcomeKind.UNMATCHED
    return OutcomeKind.PASSED if any(is_ours) else OutcomeKind.DUPLICATE


def _by_profile(matches: Sequence[Sequence[Match]]) -> Iterator[tuple[str, tuple[Match, ...]]]:
    hers: dict[str, list[Match]] = {}
    for match in (match for of_matcher in matches for match in of_matcher):
        hers.setdefault(match.profile_id, []).append(match)
    for profile_id, of_profile in hers.items():
        yield profile_id, tuple(sorted(of_profile, key=lambda match: -match.score))
