"""Her photos among the pictures of posts: every stored hash of a post against every hash of every profile."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from monitors.matching.images.bank import Bank, Found
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.matching.matcher import Matcher
from monitors.messages import say_in
from monitors.records import Match, Media, PhotoSignal, Post, Scope, WatchProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """A reference photo and whose it is; ``number`` is what she knows it by, from 1."""

    profile: WatchProfile
    photo: PhotoSignal
    number: int


class PhotoMatcher(Matcher):
    """Finds copies of reference photos by the hashes stored with a post; it never sees a picture.

    Only profiles that allow ``image_hashes`` at ``now`` take part. A match with a score of ``ALERT_SCORE`` or more
    speaks for itself, one below asks a person to look. A pHash is a second opinion: it never reaches that score.
    """

    def __init__(self, profiles: Iterable[WatchProfile], *, now: datetime) -> None:
        self._references = [
            _Reference(profile=profile, photo=photo, number=number)
            for profile in profiles
            if profile.allows(Scope.IMAGE_HASHES, now)
            for number, photo in enumerate(profile.photos, start=1)
        ]
        self._bank = Bank([reference.photo.fingerprints for reference in self._references])

    @override
    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        """Give, for each post in order, the best match of every picture with every photo, strongest first."""
        return [sorted(self._match_post(post), key=lambda match: -match.score) for post in posts]

    def _match_post(self, post: Post) -> Iterator[Match]:
        for media in post.media:
            for found in self._bank.find(media.fingerprints):
                yield _to_match(post, media, self._references[found.photo], found)


def _to_match(post: Post, media: Media, reference: _Reference, found: Found) -> Match:
    return Match(
        post_id=post.id,
        profile_id=reference.profile.id,
        method=found.method,
        score=found.score,
        query=reference.photo.id,
        candidate=media.sha256 or media.url,
        reason=_say_why(reference, found),
    )


def _say_why(reference: _Reference, found: Found) -> str:
    say = say_in(next(iter(reference.profile.languages), ""))
    sentence = "images.almost_same" if found.score >= ALERT_SCORE else "images.similar"
    numbers = {"photo": reference.number, "distance": found.distance, "bits": found.bits}
    change = found.change.describe(say, between=say("images.between"))
    return say(f"{sentence}_changed", change=change, **numbers) if change else say(sentence, **numbers)
