"""From a picture's bytes to the hashes that are stored of it.

The same size rule everywhere (longer side at most 512), because a perceptual hash drifts with the size it is taken at.
The version stored with each hash names what made it, so that hashes that cannot be compared never are.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image

from monitors.matching.images.decoder import PictureError, decode_frames
from monitors.matching.images.pdq import FORMS, SMALLEST_SIDE, Floats, lay, pdq_of
from monitors.matching.images.windows import CROPS_VERSION, PARTS_VERSION, hash_crops, hash_parts
from monitors.records import Fingerprint

_Hashing = Callable[[Floats], tuple[Fingerprint, ...]]

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


def fingerprint(content: bytes, *, name: str = "") -> tuple[Fingerprint, ...]:
    """Hash a picture of a post: PDQ of the whole, PDQ of its parts, pHash. Raises PictureError with a problem id.

    Of an animation or a video, up to ``MOMENTS`` frames that do not look alike are hashed.
    """
    return _fingerprint(content, name, _hash_picture)


def fingerprint_reference(content: bytes, *, name: str = "") -> tuple[Fingerprint, ...]:
    """Hash a reference photo: PDQ of all eight ways to lay it (``pdq:mirror``), PDQ of its crops, pHash."""
    return _fingerprint(content, name, _hash_photo)


def _fingerprint(content: bytes, name: str, hashing: _Hashing) -> tuple[Fingerprint, ...]:
    pictures = decode_frames(content, name=name, fit=SIZE, at_most=MOMENTS, is_grey=True)
    if min(pictures[0].pixels.shape[:2]) < SMALLEST_SIDE:
        raise PictureError("too_small", name=name)
    hashed = _drop_alike([hashing(np.asarray(picture.pixels, dtype=np.float32)) for picture in pictures])
    return tuple(one for hashes in hashed for one in hashes)


def _drop_alike(frames: list[tuple[Fingerprint, ...]]) -> list[tuple[Fingerprint, ...]]:
    """Drop frames that differ from the one kept before them by no more than a re-encoding would."""
    kept = frames[:1]
    for frame in frames[1:]:
        if (int(frame[0].bits, 16) ^ int(kept[-1][0].bits, 16)).bit_count() > SAME_MOMENT:
            kept.append(frame)
    return kept


def _hash_picture(grey: Floats) -> tuple[Fingerprint, ...]:
    parts = Fingerprint(algorithm=PDQ_PARTS, version=PARTS_VERSION, bits=hash_parts(grey))
    return _pdq(grey, ""), parts, _phash(grey)


def _hash_photo(grey: Floats) -> tuple[Fingerprint, ...]:
    crops = Fingerprint(algorithm=PDQ_CROPS, version=CROPS_VERSION, bits=hash_crops(grey))
    return (*(_pdq(grey, form) for form in FORMS), crops, _phash(grey))


def _pdq(grey: Floats, form: str) -> Fingerprint:
    pdq = pdq_of(lay(grey, form))
    algorithm = f"{PDQ}:{form}" if form else PDQ
    return Fingerprint(algorithm=algorithm, version=PDQ_VERSION, bits=pdq.bits, quality=pdq.quality)


def _phash(grey: Floats) -> Fingerprint:
    from imagehash import phash

    return Fingerprint(algorithm=PHASH, version=PHASH_VERSION, bits=str(phash(Image.fromarray(grey.astype(np.uint8)))))
