"""What of a hit is sealed: the bytes its post was read from, and its pictures as they are at this moment."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from monitors.codec import to_json
from monitors.errors import SkipPost
from monitors.evidence.chain import canonical
from monitors.evidence.gate import MEDIA, RECORD, Capture
from monitors.matching.images.verdicts import MAY_BE_SEXUAL
from monitors.pictures import GetMedia
from monitors.records import Hit, Media, Raw


def captures_of(hit: Hit, raws: Mapping[str, Raw], get_media: GetMedia, now: datetime) -> list[Capture]:
    """Give a capture of the post and of each picture that can still be had."""
    post = raws.get(hit.post.raw_sha256)
    return [*([Capture(raw=post)] if post else []), *_pictures(hit, get_media, now)]


def record_of(hit: Hit, now: datetime) -> Capture:
    """Give the post as the ledger holds it, for when the bytes it was read from are past their time."""
    said = canonical(to_json(hit.post))
    return Capture(raw=Raw.of(said, url=hit.post.url, media_type="application/json", fetched_at=now), kind=RECORD)


def _pictures(hit: Hit, get_media: GetMedia, now: datetime) -> Iterator[Capture]:
    for media in hit.post.media:
        try:
            content = get_media(media)
        except SkipPost:  # its fingerprints and when they were taken stand in the hit
            continue
        raw = Raw.of(content, url=media.url, media_type="application/octet-stream", fetched_at=now)
        yield Capture(raw=raw, kind=MEDIA, fingerprints=media.fingerprints, is_sexual=_may_be_sexual(media, raw))


def _may_be_sexual(media: Media, raw: Raw) -> bool | None:
    """Say what was seen of these very bytes; None where nobody looked, or the picture was changed since."""
    return None if media.imagery is None or media.sha256 != raw.sha256 else media.imagery >= MAY_BE_SEXUAL
