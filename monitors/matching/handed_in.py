"""A post that she or a helper handed in is hers: that somebody says so is the match."""

from collections.abc import Sequence

from typing_extensions import override

from monitors.matching.matcher import Matcher
from monitors.messages import say_in
from monitors.records import Match, Method, Post


class HandedIn(Matcher):
    """Matches every post for one profile; ``note`` is what whoever handed it in said of it."""

    def __init__(self, profile_id: str, note: str = "", *, language: str = "zh-CN") -> None:
        self._profile_id, self._note = profile_id, note
        self._reason = say_in(language)("cli.handed_in")

    @override
    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        """Match every post, surely."""
        return [[self._match(post)] for post in posts]

    def _match(self, post: Post) -> Match:
        return Match(
            post_id=post.id,
            profile_id=self._profile_id,
            method=Method.SUBMITTED,
            score=1.0,
            query="",
            candidate=self._note,
            reason=self._reason,
        )
