"""The operator's face model, wired: opened once, given her photos and the pictures of posts. Unset, no face is looked at."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from monitors.errors import BadInputError
from monitors.records import Fingerprint, PhotoSignal, Scope, WatchProfile
from monitors.settings import Settings

if TYPE_CHECKING:
    from monitors.matching.images.faces.encoder import FaceEncoder
    from monitors.matching.images.pdq import Floats

DLIB = "dlib"
Mac = Callable[[str], str]
Seek = Callable[[bytes], tuple[Fingerprint, ...]]


def open_encoder(settings: Settings) -> "FaceEncoder | None":
    """Open the model that the operator named; None where none is named. Raises StopRun, or BadInputError for a setting.

    A model without a named licence is not opened: nobody may compare faces without having asked what is allowed.
    """
    if not settings.face_model:
        return None
    if not settings.face_model_licence:
        raise BadInputError("name the licence of the face model", field="SHOUWANG_FACE_MODEL_LICENCE")
    if settings.face_model == DLIB:
        from monitors.matching.images.faces.dlib_encoder import DlibEncoder, locate_models

        return DlibEncoder(settings.face_model_folder or locate_models() or Path())
    return _open_onnx(settings)


def photo_reader(encoder: "FaceEncoder | None") -> Callable[[bytes, str], tuple[Fingerprint, ...]]:
    """Give what reads a reference photo, with the vector of the face in it where a model is named."""
    from monitors.matching.images.fingerprint import read_reference

    def read(content: bytes, name: str) -> tuple[Fingerprint, ...]:
        from monitors.matching.images.faces.matcher import fingerprint_face

        hashes = read_reference(content, name)
        face = fingerprint_face(content, encoder, name=name) if encoder else None
        return (*hashes, face) if face else hashes

    return read


def keep_allowed(draft: WatchProfile) -> WatchProfile:
    """Give a draft without the vectors of faces, unless it holds a consent to faces of its own."""
    from monitors.matching.images.faces.matcher import FACE

    if any(consent.scope is Scope.FACES for consent in draft.consents):
        return draft

    def strip(photo: PhotoSignal) -> PhotoSignal:
        return replace(photo, fingerprints=tuple(one for one in photo.fingerprints if one.algorithm != FACE))

    return replace(draft, photos=tuple(map(strip, draft.photos)))


def seeker(
    profiles: Iterable[WatchProfile], settings: Settings, encoder: "FaceEncoder | None", mac: Mac, now: datetime
) -> Seek | None:
    """Give what marks pictures with the faces they may show; None where no model is named or nobody allows it."""
    from monitors.matching.images.faces.marks import marker
    from monitors.matching.images.faces.matcher import FaceMatcher

    allowing = [profile for profile in profiles if profile.allows(Scope.FACES, now)]
    if encoder is None or not allowing:
        return None
    impostors = _impostors(settings.face_impostors, encoder)  # type: ignore[arg-type] # by identity
    return marker(FaceMatcher(allowing, now=now, encoder=encoder, impostors=impostors), mac)


def _open_onnx(settings: Settings) -> "FaceEncoder":
    from monitors.matching.images.faces.onnx_encoder import OnnxEncoder, yunet

    if settings.face_detector is None:
        raise BadInputError("is needed with an ONNX face model", field="SHOUWANG_FACE_DETECTOR")
    return OnnxEncoder(Path(settings.face_model), yunet(settings.face_detector), floor=settings.face_likeness)


@cache
def _impostors(folder: Path | None, encoder: "FaceEncoder") -> "tuple[Floats, ...]":
    """Encode the faces of other people that the operator put into a folder: each profile's threshold lies above them."""
    from monitors.matching.images.decoder import PictureError, decode_picture

    vectors = []
    for path in sorted(folder.iterdir()) if folder else ():
        try:
            vectors += [face.vector for face in encoder.find_faces(decode_picture(path.read_bytes(), fit=640))]
        except (PictureError, OSError):
            continue
    return tuple(vectors)
