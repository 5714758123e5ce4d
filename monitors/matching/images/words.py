"""Names in the words of a picture: screenshots are read, and matched like any text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from typing_extensions import override

from monitors.matching.matcher import Matcher
from monitors.messages import say_in
from monitors.records import Match, Media, Post, WatchProfile


class WordsInPictures(Matcher):
    """Lets another matcher read the words that were found in posts' pictures; its reasons say where they stood.

    The post's own text goes behind the words of each picture, so that a school named there counts for a name in the
    picture; only what lies in the picture is given. A match has no span: that is for the post's text.
    """

    def __init__(self, matcher: Matcher, profiles: Iterable[WatchProfile]) -> None:
        self._matcher = matcher
        self._languages: Mapping[str, str] = {profile.id: next(iter(profile.languages), "") for profile in profiles}

    @override
    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        """Give, for each post in order, every match in the words of its pictures, strongest first."""
        pages = [(number, media) for number, post in enumerate(posts) for media in post.media if media.words]
        found = self._matcher.match([_page(posts[number], media) for number, media in pages])
        matches: list[list[Match]] = [[] for _ in posts]
        for (number, media), of_page in zip(pages, found, strict=True):
            matches[number] += self._say_where(of_page, media)
        return [sorted(of_post, key=lambda match: -match.score) for of_post in matches]

    def _say_where(self, found: Sequence[Match], media: Media) -> Iterator[Match]:
        for match in found:
            if match.span is not None and match.span[1] <= len(media.words):
                say = say_in(self._languages.get(match.profile_id, ""))
                yield replace(match, span=None, reason=say("images.in_words", reason=match.reason))


def _page(post: Post, media: Media) -> Post:
    return replace(post, text=f"{media.words}\n{post.text}", media=())
