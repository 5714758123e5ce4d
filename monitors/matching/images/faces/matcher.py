"""Whether a face in a picture may be hers. A face alone never accuses anyone: see ``weigh_face``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np

from monitors.matching.images.decoder import decode_picture
from monitors.matching.images.faces.encoder import FaceEncoder
from monitors.matching.images.found import Region
from monitors.matching.images.pdq import Floats
from monitors.matching.images.verdicts import IS_SEXUAL
from monitors.records import Fingerprint, Scope, WatchProfile

FACE: Final = "face"
_SIZE: Final = 640
_MARGIN: Final = 0.005
"""How much closer than the closest impostor a face must be."""


class FaceWeight(StrEnum):
    """What a face that may be hers does to a post."""

    RAISES = "raises"
    REVIEW = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceFound:
    """A face in a picture that may be a profile's."""

    profile_id: str
    likeness: float
    threshold: float
    region: Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What else speaks for a post being about her."""

    has_name: bool = False
    has_context: bool = False
    has_copy: bool = False
    imagery: float = 0.0


def weigh_face(company: Company) -> FaceWeight:
    """Say what a face that may be hers does: it raises a post that something else speaks for, or waits for a person."""
    is_company = company.has_name or company.has_context or company.has_copy or company.imagery >= IS_SEXUAL
    return FaceWeight.RAISES if is_company else FaceWeight.REVIEW


def fingerprint_face(content: bytes, encoder: FaceEncoder, *, name: str = "") -> Fingerprint | None:
    """Give the vector of the largest face in a reference photo, None without a face; for profiles with her consent.

    Raises PictureError with a problem id. A vector is as personal as a photo: it is kept under her key.
    """
    faces = encoder.find_faces(decode_picture(content, name=name, fit=_SIZE))
    if not faces:
        return None
    return Fingerprint(algorithm=FACE, version=encoder.name, bits=faces[0].vector.astype(np.float16).tobytes().hex())


class FaceMatcher:
    """Compares faces with those of profiles that allow ``faces`` at ``now``; nobody else's are looked at.

    Several photos of a person are one: the closest counts. Each profile's threshold lies above the likeness of every
    ``impostor`` (vectors of other people), so that somebody with a common face is not found everywhere.
    """

    def __init__(
        self, profiles: Iterable[WatchProfile], *, now: datetime, encoder: FaceEncoder, impostors: Sequence[Floats] = ()
    ) -> None:
        self._encoder = encoder
        known = {
            profile.id: _vectors(profile, encoder.name) for profile in profiles if profile.allows(Scope.FACES, now)
        }
        self._known = {profile_id: vectors for profile_id, vectors in known.items() if len(vectors)}
        self._thresholds = {
            profile_id: threshold_against(vectors, impostors, floor=encoder.floor)
            for profile_id, vectors in self._known.items()
        }

    @property
    def encoder(self) -> str:
        """The model's name."""
        return self._encoder.name

    def find(self, content: bytes) -> list[FaceFound]:
        """Give the profiles whose face may be in a picture, the most alike first. Raises PictureError."""
        if not self._known:
            return []
        faces = self._encoder.find_faces(decode_picture(content, fit=_SIZE))
        found = [
            FaceFound(
                profile_id=profile_id,
                likeness=round(likeness, 4),
                threshold=self._thresholds[profile_id],
                region=face.region,
            )
            for face in faces
            for profile_id, vectors in self._known.items()
            if (likeness := likeness_of(vectors, face.vector)) >= self._thresholds[profile_id]
        ]
        return sorted(found, key=lambda one: -one.likeness)


def likeness_of(vectors: Floats, face: Floats) -> float:
    """Give how alike a face is to the closest of a person's photos."""
    return float((vectors @ face).max())


def threshold_against(vectors: Floats, impostors: Sequence[Floats], *, floor: float) -> float:
    """Give the likeness from which a face may be this person's: the model's floor, and above every impostor."""
    closest = max((likeness_of(vectors, impostor) for impostor in impostors), default=0.0)
    return round(max(floor, closest + _MARGIN), 4)


def _vectors(profile: WatchProfile, encoder: str) -> Floats:
    rows = [
        np.frombuffer(bytes.fromhex(one.bits), dtype=np.float16).astype(np.float32)
        for photo in profile.photos
        for one in photo.fingerprints
        if one.algorithm == FACE and one.version == encoder
    ]
    return np.stack(rows) if rows else np.zeros((0, 1), dtype=np.float32)
