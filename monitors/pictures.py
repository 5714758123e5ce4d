"""A post's pictures, reduced in memory to what can be compared: what matched nobody is never written."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256

from monitors.errors import SkipPost
from monitors.matching.images.verdicts import MAY_BE_SEXUAL
from monitors.records import Fingerprint, Media, Post, WatchProfile

GetMedia = Callable[[Media], bytes]
"""Fetches a picture through the guard, into memory only. Raises SkipPost with the id of what stood in the way."""
Seek = Callable[[bytes], tuple[Fingerprint, ...]]
Read = Callable[[Media, bytes], Media]
"""Adds to a picture what its bytes tell. Raises PictureError."""


def are_of_use(profiles: Iterable[WatchProfile]) -> bool:
    """Whether posts' pictures are fetched at all: somebody has photos, or a name could be read in them."""
    from monitors.matching.images.contents import can_read_words

    return can_read_words() or any(profile.photos for profile in profiles)


SEEN = frozenset({"image", "video"})
"""Kinds that can be looked at; of a video its key frames are."""
OF_A_STREAM = "of_a_stream"
"""The problem of everybody's pictures: they are fetched only where the words of their post found somebody."""


def hasher(get_media: GetMedia, seek_faces: Seek | None = None) -> Callable[[Post], Post]:
    """Give what adds fingerprints, words and how sexual it may be to a post's pictures; what cannot be read says why.

    ``seek_faces`` adds the marks of profiles whose face may be in a picture.
    """
    read = _reader(seek_faces or (lambda _content: ()))

    def add_fingerprints(post: Post) -> Post:
        if not post.media:
            return post
        return replace(post, media=tuple(_prepare(media, get_media, read) for media in post.media))

    return add_fingerprints


def _reader(seek_faces: Seek) -> Read:
    from monitors.matching.images.contents import contents_reader
    from monitors.matching.images.fingerprint import fingerprint

    look = contents_reader()

    def read(media: Media, content: bytes) -> Media:
        hashed = replace(media, fingerprints=(*fingerprint(content), *seek_faces(content)))
        seen = look(content)
        return replace(hashed, words=seen.words, imagery=seen.imagery)

    return read


def _prepare(media: Media, get_media: GetMedia, read: Read) -> Media:
    from monitors.matching.images.decoder import PictureError

    if media.problem == OF_A_STREAM:
        return media
    if media.kind not in SEEN:
        return replace(media, problem="not_a_picture")
    try:
        content = get_media(media)
    except SkipPost as reason:
        return replace(media, problem=str(reason))
    known = replace(media, sha256=sha256(content).hexdigest())
    try:
        return _with_doubt(read(known, content))
    except PictureError as error:
        return replace(known, problem=error.problem)


def _with_doubt(media: Media) -> Media:
    """Of a video one frame was looked at: what that shows is true of it, what it does not show is not ruled out."""
    is_ruled_out = media.kind == "video" and media.imagery is not None and media.imagery < MAY_BE_SEXUAL
    return replace(media, imagery=None) if is_ruled_out else media
