"""The closer look: in pictures of posts that already speak of somebody, small parts of her photos are looked for.

Details of strangers' pictures are kept nowhere, so a picture is fetched again for this, mostly out of memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from monitors.errors import SkipPost
from monitors.pictures import GetMedia
from monitors.records import Hit, Match, Media, Method, WatchProfile

if TYPE_CHECKING:
    from monitors.matching.images.matcher import CopyMatcher

Open = Callable[[str], WatchProfile | None]
"""Gives a profile with everything that is stored of its photos."""


def look_closer(hits: Sequence[Hit], open_profile: Open, get_media: GetMedia, now: datetime) -> list[Hit]:
    """Give the hits with every partial copy of her photos in their pictures; what cannot be had or read changes none.

    Needs the extra ``images``; without it the hits are given as they are.
    """
    from monitors.matching.images.features import can_find_features

    if not can_find_features():
        return list(hits)
    matchers = {hit.profile_id: _matcher(open_profile(hit.profile_id), now) for hit in hits if _pictures_of(hit)}
    return [_look(hit, matchers.get(hit.profile_id), get_media) for hit in hits]


def _matcher(profile: WatchProfile | None, now: datetime) -> "CopyMatcher | None":
    from monitors.matching.images.matcher import CopyMatcher

    return CopyMatcher([profile], now=now) if profile and profile.photos else None


def _pictures_of(hit: Hit) -> list[Media]:
    """Give the pictures that were read and are not proved to be copies already."""
    from monitors.matching.images.verdicts import ALERT_SCORE

    proved = {match.candidate for match in hit.matches if match.span is None and match.score >= ALERT_SCORE}
    return [media for media in hit.post.media if media.sha256 and not media.problem and media.sha256 not in proved]


def _look(hit: Hit, matcher: "CopyMatcher | None", get_media: GetMedia) -> Hit:
    if matcher is None:
        return hit
    more = tuple(match for media in _pictures_of(hit) for match in _find(hit, media, matcher, get_media))
    return replace(hit, matches=tuple(sorted((*hit.matches, *more), key=lambda match: -match.score)))


def _find(hit: Hit, media: Media, matcher: "CopyMatcher", get_media: GetMedia) -> Iterator[Match]:
    from monitors.matching.images.decoder import PictureError

    try:
        content = get_media(media)
        if sha256(content).hexdigest() == media.sha256:
            found = matcher.match_picture(hit.post, media, content)
            yield from (match for match in found if match.method is Method.LOCAL)
    except (SkipPost, PictureError):  # its hashes were compared all the same
        return
