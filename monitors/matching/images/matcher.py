"""Her photos among the pictures of posts: by the hashes stored with a post, or thoroughly where the bytes are at hand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from monitors.matching.images.bank import Bank
from monitors.matching.images.copies import CopySearch
from monitors.matching.images.fingerprint import read_moments
from monitors.matching.images.found import Found
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.matching.matcher import Matcher
from monitors.messages import say_in
from monitors.records import Fingerprint, Match, Media, Method, PhotoSignal, Post, Scope, WatchProfile

Stored = Sequence[Fingerprint]
"""What is stored of one picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """A reference photo and whose it is; ``number`` is what she knows it by, from 1."""

    profile: WatchProfile
    photo: PhotoSignal
    number: int

    def match(self, post: Post, media: Media, found: Found) -> Match:
        return Match(
            post_id=post.id,
            profile_id=self.profile.id,
            method=found.method,
            score=found.score,
            query=self.photo.id,
            candidate=media.sha256 or media.url,
            reason=self._say_why(found),
        )

    def _say_why(self, found: Found) -> str:
        say = say_in(next(iter(self.profile.languages), ""))
        change = found.change.describe(say, between=say("images.between"))
        sentence = _sentence_of(found) + ("_changed" if change else "")
        numbers = {"photo": self.number, "distance": found.distance, "bits": found.bits, "details": found.details}
        return say(sentence, change=change, **numbers)


def _sentence_of(found: Found) -> str:
    is_certain = found.score >= ALERT_SCORE
    if found.method is Method.LOCAL:
        return "images.details" if is_certain else "images.few_details"
    return "images.almost_same" if is_certain else "images.similar"


def _references(profiles: Iterable[WatchProfile], now: datetime) -> list[_Reference]:
    """Give the photos of those profiles that allow them to be compared at this moment."""
    return [
        _Reference(profile=profile, photo=photo, number=number)
        for profile in profiles
        if profile.allows(Scope.IMAGE_HASHES, now)
        for number, photo in enumerate(profile.photos, start=1)
    ]


class PhotoMatcher(Matcher):
    """Finds copies of reference photos by the hashes stored with a post; it never sees a picture.

    Only profiles that allow ``image_hashes`` at ``now`` take part. A match with a score of ``ALERT_SCORE`` or more
    speaks for itself, one below asks a person to look. A pHash is a second opinion: it never reaches that score.

    ``not_hers`` gives, by profile, what is stored of pictures she said are not of her: a picture that is at least as
    close to one of these as to a photo of hers is not matched for her again. Nobody else's matches change.
    """

    def __init__(
        self, profiles: Iterable[WatchProfile], *, now: datetime, not_hers: Mapping[str, Sequence[Stored]] | None = None
    ) -> None:
        self._references = _references(profiles, now)
        self._bank = Bank([reference.photo.fingerprints for reference in self._references])
        self._not_hers = {profile_id: Bank(pictures) for profile_id, pictures in (not_hers or {}).items()}

    @override
    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        """Give, for each post in order, the best match of every picture with every photo, strongest first."""
        return [sorted(self._match_post(post), key=lambda match: -match.score) for post in posts]

    def _match_post(self, post: Post) -> Iterator[Match]:
        for media in post.media:
            for found in self._bank.find(media.fingerprints):
                reference = self._references[found.photo]
                if not self._is_known_stranger(reference.profile.id, media.fingerprints, found):
                    yield reference.match(post, media, found)

    def _is_known_stranger(self, profile_id: str, picture: Stored, found: Found) -> bool:
        bank = self._not_hers.get(profile_id)
        if bank is None:
            return False
        closest = max((one.score for one in bank.find(picture) if one.method is Method.PDQ), default=0.0)
        return closest >= max(found.score, ALERT_SCORE)


class CopyMatcher:
    """Finds copies in a picture whose bytes are at hand, small parts of a photo too.

    For pictures that were submitted, or belong to a post that already names her. It finds all that ``PhotoMatcher``
    finds; parts of a photo need its features (``fingerprint_reference(with_features=True)``) and the extra ``images``.
    """

    def __init__(self, profiles: Iterable[WatchProfile], *, now: datetime) -> None:
        self._references = _references(profiles, now)
        self._search = CopySearch([reference.photo.fingerprints for reference in self._references])

    def match_picture(self, post: Post, media: Media, content: bytes) -> list[Match]:
        """Give the best match with every photo, strongest first. Raises PictureError with a problem id."""
        moments = read_moments(content)
        return [self._references[found.photo].match(post, media, found) for found in self._search.find(moments)]
