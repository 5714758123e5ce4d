"""A post's pictures, reduced to their fingerprints in memory: what matched nobody is never written."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from monitors.errors import SkipPost
from monitors.records import Media, Post

GetMedia = Callable[[Media], bytes]
"""Fetches a picture through the guard, into memory only. Raises SkipPost with the id of what stood in the way."""


def hasher(get_media: GetMedia) -> Callable[[Post], Post]:
    """Give what adds fingerprints to a post's pictures; a picture that cannot be had or read says why."""

    def add_fingerprints(post: Post) -> Post:
        if not post.media:
            return post
        return replace(post, media=tuple(_read(media, get_media) for media in post.media))

    return add_fingerprints


def _read(media: Media, get_media: GetMedia) -> Media:
    from monitors.matching.images.decoder import PictureError
    from monitors.matching.images.fingerprint import fingerprint

    if media.kind != "image":
        return replace(media, problem="not_a_picture")
    try:
        content = get_media(media)
    except SkipPost as reason:
        return replace(media, problem=str(reason))
    known = replace(media, sha256=sha256(content).hexdigest())
    try:
        return replace(known, fingerprints=fingerprint(content))
    except PictureError as error:
        return replace(known, problem=error.problem)
