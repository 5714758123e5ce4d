"""Faces of strangers are kept nowhere: what a picture keeps is that a face may be somebody's, readable with the key only.

A picture is compared in memory while its bytes are there. The mark that stays with it is a keyed hash of the profile
and the picture: it names nobody, and no two pictures of one person have the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from typing_extensions import override

from monitors.matching.images.decoder import PictureError
from monitors.matching.images.faces.matcher import Company, FaceMatcher, FaceWeight, weigh_face
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.matching.matcher import Matcher
from monitors.messages import say_in
from monitors.records import Fingerprint, Match, Media, Method, Post, Scope, WatchProfile

FACE_OF: Final = "face-of"
RAISED_SCORE: Final = ALERT_SCORE
ALONE_SCORE: Final = 0.5
Mac = Callable[[str], str]
"""Gives a keyed hash of a text."""
Seek = Callable[[bytes], tuple[Fingerprint, ...]]


def marker(faces: FaceMatcher, mac: Mac) -> Seek:
    """Give what marks a picture with the profiles whose face may be in it. A picture that cannot be read has none."""

    def mark(content: bytes) -> tuple[Fingerprint, ...]:
        try:
            found = faces.find(content)
        except PictureError:
            return ()
        place = sha256(content).hexdigest()
        best = {one.profile_id: one for one in reversed(found)}
        return tuple(
            Fingerprint(
                algorithm=FACE_OF,
                version=faces.encoder,
                bits=mac(_text(profile_id, place)),
                quality=_percent(one.likeness),
            )
            for profile_id, one in sorted(best.items())
        )

    return mark


class FaceMarks(Matcher):
    """Reads the marks that pictures carry, for profiles that allow ``faces`` at ``now``.

    The score is that of something that speaks for itself only where a context term or a sexual picture speaks for it
    as well; beside a name or a copy the severity rule raises it, and alone it waits for a person.
    """

    def __init__(self, profiles: Iterable[WatchProfile], *, now: datetime, mac: Mac) -> None:
        self._profiles = [profile for profile in profiles if profile.allows(Scope.FACES, now)]
        self._mac = mac

    @override
    def match(self, posts: Sequence[Post]) -> list[list[Match]]:
        """Give, for each post in order, a match for each picture and profile that a mark brings together."""
        return [list(self._match_post(post)) for post in posts]

    def _match_post(self, post: Post) -> Iterator[Match]:
        for media in post.media:
            for mark in media.fingerprints:
                if mark.algorithm == FACE_OF:
                    yield from self._read(post, media, mark)

    def _read(self, post: Post, media: Media, mark: Fingerprint) -> Iterator[Match]:
        for profile in self._profiles:
            if mark.bits == self._mac(_text(profile.id, media.sha256 or "")):
                weight = weigh_face(Company(has_context=_has_context(profile, post), imagery=media.imagery or 0.0))
                say = say_in(next(iter(profile.languages), ""))
                yield Match(
                    post_id=post.id,
                    profile_id=profile.id,
                    method=Method.FACE,
                    score=RAISED_SCORE if weight is FaceWeight.RAISES else ALONE_SCORE,
                    query="",
                    candidate=media.sha256 or media.url,
                    reason=say("images.face", percent=mark.quality),
                )


def _has_context(profile: WatchProfile, post: Post) -> bool:
    said = "\n".join([post.text, *(media.words for media in post.media)]).casefold()
    return any(term.casefold() in said for term in profile.context)


def _text(profile_id: str, place: str) -> str:
    return f"{profile_id} {place}"


def _percent(likeness: float) -> int:
    return round(100 * likeness)
