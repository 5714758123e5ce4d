"""From a picture's bytes to the hashes that are stored of it.

The same size rule everywhere (longer side at most 512), because a perceptual hash drifts with the size it is taken at.
The version stored with each hash names what made it, so that hashes that cannot be compared never are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from monitors.matching.images.decoder import PictureError, decode_frames
from monitors.matching.images.features import (
    FEATURES,
    FEATURES_VERSION,
    PHOTO_FEATURES,
    Features,
    can_find_features,
    find_features,
    pack_features,
    unpack_features,
)
from monitors.matching.images.pdq import FORMS, SMALLEST_SIDE, Floats, Pdq, lay, pdq_of
from monitors.matching.images.windows import CROPS_VERSION, PARTS_VERSION, hash_crops, hash_parts
from monitors.records import Fingerprint

SIZE: Final = 512
MOMENTS: Final = 8
"""Frames looked at of an animation or a video."""
SAME_MOMENT: Final = 12
"""Bits by which a frame of the same moment differs at most: re-encoding a still costs 2 to 10."""
PDQ: Final = "pdq"
PDQ_CROPS: Final = "pdq-crops"
"""The hashes of a reference photo's usual crops, one after the other (windows.py)."""
PDQ_PARTS: Final = "pdq-parts"
"""The hashes of a picture's usual parts, one after the other."""
PDQ_DIGITS: Final = 64
PHASH: Final = "phash"
PHASH_DIGITS: Final = 16
PDQ_VERSION: Final = f"pdq-2017/{SIZE}"
"""The published algorithm at our size rule; our code agrees with Meta's within a few bits (a test)."""
PHASH_VERSION: Final = f"imagehash-4/{SIZE}"
"""ImageHash's hashes are the same in every release 4 (a test keeps one); reference photos are not kept to hash again."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moment:
    """A picture, or one frame of an animation or a video, at the size that everything is compared at."""

    grey: Floats
    pdq: Pdq


def fingerprint(content: bytes, *, name: str = "") -> tuple[Fingerprint, ...]:
    """Hash a picture of a post: PDQ of the whole, PDQ of its parts, pHash. Raises PictureError with a problem id.

    Of an animation or a video, up to ``MOMENTS`` frames that do not look alike are hashed.
    """
    return fingerprint_moments(read_moments(content, name=name))


def fingerprint_reference(content: bytes, *, name: str = "", with_features: bool = False) -> tuple[Fingerprint, ...]:
    """Hash a reference photo: PDQ of all eight ways to lay it (``pdq:mirror``), PDQ of its crops, pHash.

    With ``with_features`` its local features are added, by which small parts of it are found. A sketch of the photo
    could be drawn back from these: keep them under her key, and only if she agreed. Needs the extra ``images``.
    """
    moments = read_moments(content, name=name)
    hashes = [one for moment in moments for one in _hash_photo(moment)]
    return (*hashes, _features(moments[0])) if with_features else tuple(hashes)


def read_reference(content: bytes, name: str = "") -> tuple[Fingerprint, ...]:
    """Hash a reference photo with all that this installation can keep of it. Raises PictureError with a problem id."""
    return fingerprint_reference(content, name=name, with_features=can_find_features())


def read_moments(content: bytes, *, name: str = "") -> tuple[Moment, ...]:
    """Decode what is compared of a picture. Raises PictureError with a problem id."""
    pictures = decode_frames(content, name=name, fit=SIZE, at_most=MOMENTS, is_grey=True)
    if min(pictures[0].pixels.shape[:2]) < SMALLEST_SIDE:
        raise PictureError("too_small", name=name)
    greys = (np.asarray(picture.pixels, dtype=np.float32) for picture in pictures)
    return _drop_alike([Moment(grey=grey, pdq=pdq_of(grey)) for grey in greys])


def fingerprint_moments(moments: Sequence[Moment]) -> tuple[Fingerprint, ...]:
    """Hash what was decoded already, as ``fingerprint`` does."""
    return tuple(one for moment in moments for one in _hash_picture(moment))


def stored_features(photo: Iterable[Fingerprint]) -> Features | None:
    """Give the features kept with a reference photo, None if there are none that can be compared."""
    kept = (one for one in photo if one.algorithm == FEATURES and one.version == FEATURES_VERSION)
    return next((unpack_features(bytes.fromhex(one.bits)) for one in kept), None)


def _drop_alike(moments: list[Moment]) -> tuple[Moment, ...]:
    """Drop frames that differ from the one kept before them by no more than a re-encoding would."""
    kept = moments[:1]
    for moment in moments[1:]:
        if (int(moment.pdq.bits, 16) ^ int(kept[-1].pdq.bits, 16)).bit_count() > SAME_MOMENT:
            kept.append(moment)
    return tuple(kept)


def _hash_picture(moment: Moment) -> Iterator[Fingerprint]:
    yield _pdq(moment.pdq)
    yield Fingerprint(algorithm=PDQ_PARTS, version=PARTS_VERSION, bits=hash_parts(moment.grey))
    yield _phash(moment.grey)


def _hash_photo(moment: Moment) -> Iterator[Fingerprint]:
    for form in FORMS:
        yield _pdq(pdq_of(lay(moment.grey, form)), form)
    yield Fingerprint(algorithm=PDQ_CROPS, version=CROPS_VERSION, bits=hash_crops(moment.grey))
    yield _phash(moment.grey)


def _features(moment: Moment) -> Fingerprint:
    features = find_features(moment.grey).coarsest(PHOTO_FEATURES)
    return Fingerprint(algorithm=FEATURES, version=FEATURES_VERSION, bits=pack_features(features).hex())


def _pdq(pdq: Pdq, form: str = "") -> Fingerprint:
    algorithm = f"{PDQ}:{form}" if form else PDQ
    return Fingerprint(algorithm=algorithm, version=PDQ_VERSION, bits=pdq.bits, quality=pdq.quality)


def _phash(grey: Floats) -> Fingerprint:
    from imagehash import phash

    return Fingerprint(algorithm=PHASH, version=PHASH_VERSION, bits=str(phash(Image.fromarray(grey.astype(np.uint8)))))
