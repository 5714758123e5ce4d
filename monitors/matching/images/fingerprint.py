"""From a picture's bytes to the hashes that are stored of it.

The same size rule everywhere (longer side at most 512), because a perceptual hash drifts with the size it is taken at.
The version stored with each hash names what made it, so that hashes that cannot be compared never are.
"""

from typing import Final

import numpy as np
from PIL import Image

from monitors.matching.images.decoder import Picture, PictureError, decode_picture
from monitors.matching.images.pdq import FORMS, SMALLEST_SIDE, Floats, lay, pdq_of
from monitors.records import Fingerprint

SIZE: Final = 512
PDQ: Final = "pdq"
PHASH: Final = "phash"
PDQ_VERSION: Final = f"pdq-2017/{SIZE}"
"""The published algorithm at our size rule; our code agrees with Meta's within a few bits (a test)."""
PHASH_VERSION: Final = f"imagehash-4/{SIZE}"
"""ImageHash's hashes are the same in every release 4 (a test keeps one); reference photos are not kept to hash again."""


def fingerprint(content: bytes, *, name: str = "") -> tuple[Fingerprint, ...]:
    """Hash a picture of a post: one PDQ and one pHash, or raise PictureError with a problem id."""
    return fingerprint_picture(decode_picture(content, name=name, fit=SIZE), name=name)


def fingerprint_reference(content: bytes, *, name: str = "") -> tuple[Fingerprint, ...]:
    """Hash a reference photo: as a post's picture, and PDQ of all eight ways to lay it, so that mirrors are found."""
    return fingerprint_picture(decode_picture(content, name=name, fit=SIZE), name=name, forms=FORMS)


def fingerprint_picture(picture: Picture, *, name: str = "", forms: tuple[str, ...] = ("",)) -> tuple[Fingerprint, ...]:
    """Hash a picture that was decoded already. A form's name follows the algorithm's: ``pdq:mirror``."""
    image = shrink(Image.fromarray(picture.pixels)).convert("L")
    if min(image.size) < SMALLEST_SIDE:
        raise PictureError("too_small", name=name)
    grey: Floats = np.asarray(image, dtype=np.float32)
    return (*(_pdq(grey, form) for form in forms), _phash(image))


def _pdq(grey: Floats, form: str) -> Fingerprint:
    pdq = pdq_of(lay(grey, form))
    algorithm = f"{PDQ}:{form}" if form else PDQ
    return Fingerprint(algorithm=algorithm, version=PDQ_VERSION, bits=pdq.bits, quality=pdq.quality)


def shrink(image: Image.Image, size: int = SIZE) -> Image.Image:
    """Make the longer side ``size`` at most; a smaller picture stays as it is."""
    scale = size / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)


def _phash(image: Image.Image) -> Fingerprint:
    from imagehash import phash

    return Fingerprint(algorithm=PHASH, version=PHASH_VERSION, bits=str(phash(image)))
