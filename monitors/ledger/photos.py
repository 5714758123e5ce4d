"""Large fingerprints of reference photos, kept apart: a run opens every profile, and needs these of few."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select

from monitors.codec import from_line, to_line
from monitors.ledger.cipher import Cipher
from monitors.ledger.tables import photo_details
from monitors.records import Fingerprint, PhotoSignal, WatchProfile

LARGE = 8_192
"""Hexadecimal digits: hashes are shorter, the details by which parts of a photo are found take a hundred thousand."""


def put_apart(connection: Connection, cipher: Cipher, profile: WatchProfile) -> WatchProfile:
    """Seal the large fingerprints of a profile's photos and give the profile without them.

    A photo that comes without any keeps what is stored of it; what belongs to photos that are gone goes.
    """
    kept = [photo.id for photo in profile.photos]
    large = [photo for photo in profile.photos if any(map(_is_large, photo.fingerprints))]
    hers = photo_details.c.profile_id == profile.id
    fresh = photo_details.c.photo_id.in_([photo.id for photo in large])
    connection.execute(delete(photo_details).where(hers, fresh | photo_details.c.photo_id.not_in(kept)))
    for photo in large:
        sealed = cipher.seal(profile.id, to_line(_only(photo, large=True)), label=_label(photo.id))
        connection.execute(insert(photo_details).values(profile_id=profile.id, photo_id=photo.id, sealed=sealed))
    return replace(profile, photos=tuple(_only(photo, large=False) for photo in profile.photos))


def whole(connection: Connection, cipher: Cipher, profile: WatchProfile) -> WatchProfile:
    """Give the profile with the large fingerprints of its photos."""
    rows = connection.execute(select(photo_details).where(photo_details.c.profile_id == profile.id)).mappings()
    details = {
        row["photo_id"]: from_line(
            PhotoSignal, cipher.open(profile.id, row["sealed"], label=_label(row["photo_id"]))
        ).fingerprints
        for row in rows
    }
    return replace(profile, photos=tuple(_with(photo, details.get(photo.id, ())) for photo in profile.photos))


def _only(photo: PhotoSignal, *, large: bool) -> PhotoSignal:
    return replace(photo, fingerprints=tuple(one for one in photo.fingerprints if _is_large(one) is large))


def _with(photo: PhotoSignal, more: Iterable[Fingerprint]) -> PhotoSignal:
    return replace(photo, fingerprints=(*photo.fingerprints, *more))


def _is_large(fingerprint: Fingerprint) -> bool:
    return len(fingerprint.bits) > LARGE


def _label(photo_id: str) -> str:
    return f"photo_details:{photo_id}"
