"""What may be kept: pure rules, asked before any byte reaches the disk (design §6.9 and §6.11)."""

import re
from dataclasses import dataclass
from typing import Final

from monitors.records import Category, Fingerprint, Hit, Raw, Severity
from monitors.scoring.severity import is_face_alone

POST: Final = "post"
MEDIA: Final = "media"
RECORD: Final = "record"
"""What the ledger holds of a post whose bytes were not kept for so long: our own statement."""
LOOK: Final = "look"
"""What was seen when a hit's post was looked at again: our own statement."""
ABSENCE: Final = "absence"
"""The answer that says that a post is gone."""
MINOR: Final = "minor"
EMBEDDED_PICTURE: Final = re.compile(rb"data:\s*(image|video)/|%PDF-", re.IGNORECASE)
TEXT_TYPES: Final = re.compile(r"text/|application/([\w.-]+\+)?(json|xml)\b|application/(x-)?ndjson\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Bytes of a hit on their way to be sealed: the post's own, or those of one of its pictures."""

    raw: Raw
    kind: str = POST
    fingerprints: tuple[Fingerprint, ...] = ()
    is_sexual: bool | None = None
    """Whether a classifier or a person found a sexual picture in it; None where nobody looked."""


def is_to_be_sealed(hit: Hit, *, is_asked: bool = False) -> bool:
    """Whether a hit is proved at all: an account of what was suffered is not, unless a person asks, nor a face alone.

    What is alerted always is, whatever else it may concern: every line of a mail cites an exhibit.
    """
    speaks_up = Category.DISCLOSURE in hit.categories and hit.severity is Severity.NONE
    return is_asked or not (speaks_up or is_face_alone(hit.matches))


def reason_to_withhold(hit: Hit, capture: Capture, *, was_minor: bool) -> str:
    """Say why these bytes may not be kept, as an id; empty where they may.

    Minor rule: of somebody who is or was under 18 in a reference photo no picture is kept that is or may be sexual.
    A picture nobody looked at may be; so may any picture of a post that speaks of such pictures.
    """
    if not was_minor or not _may_show(capture):
        return ""
    speaks_of_pictures = Category.SEXUAL_IMAGERY in hit.categories
    return "" if capture.is_sexual is False and not speaks_of_pictures else MINOR


def _may_show(capture: Capture) -> bool:
    """Whether a picture may be in these bytes: text can be read, and holds none unless it embeds one."""
    if capture.kind == MEDIA or not TEXT_TYPES.match(capture.raw.media_type):
        return True
    return EMBEDDED_PICTURE.search(capture.raw.content) is not None
