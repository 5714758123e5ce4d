"""What a changed profile would find, before it is changed: new, lost or same, post by post."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from monitors.matching.found import hits_in
from monitors.matching.matcher import Matcher
from monitors.matching.names.match_lines import EPOCH, TextLine
from monitors.records import Hit, Match, Post

POSTS_AT_ONCE = 512


class Change(StrEnum):
    """What a change of a profile does to one post."""

    NEW = "new"
    LOST = "lost"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A post that the profile finds now or would find: the strongest match of what would be, else of what is."""

    change: Change
    match: Match

    def as_line(self) -> dict[str, object]:
        """Give the line of ``shouwang match`` with ``change`` added; a picture has no span."""
        match = self.match
        return {
            "post_id": match.post_id,
            "profile_id": match.profile_id,
            "method": match.method.value,
            "score": match.score,
            "span": list(match.span) if match.span else None,
            "reason": match.reason,
            "change": self.change.value,
        }


def try_out(before: Sequence[Matcher], after: Sequence[Matcher], posts: Iterable[Post]) -> Iterator[Tried]:
    """Compare what the matchers of one profile find before and after a change, a few posts at a time.

    Posts that neither finds are left out. Nothing is fetched or written.
    """
    rest = iter(posts)
    while chunk := list(islice(rest, POSTS_AT_ONCE)):
        was, will = (_by_post(chunk, matchers) for matchers in (before, after))
        for post in chunk:
            found = will.get(id(post)) or was.get(id(post))
            if found:
                yield Tried(change=_change(id(post) in was, id(post) in will), match=found.strongest)


def as_post(line: TextLine) -> Post:
    """Give the post of a line that holds an id and a text alone."""
    return Post(id=line.id, url="", text=line.text, fetched_at=EPOCH, raw_sha256="")


def _by_post(posts: Sequence[Post], matchers: Sequence[Matcher]) -> dict[int, Hit]:
    # By object: given files may use one id for several posts.
    return {id(hit.post): hit for hit in hits_in(posts, matchers, EPOCH)}


def _change(was: bool, will: bool) -> Change:
    if was and will:
        return Change.SAME
    return Change.NEW if will else Change.LOST
