"""What every stage of comparing pictures says when it found something."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitors.matching.images.changes import Change
from monitors.records import Method

Region = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of a picture's width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A photo that a picture looks like; ``photo`` is its place among the reference photos."""

    photo: int
    method: Method
    score: float
    change: Change
    distance: int | None = None
    """Bits that differ, of ``bits``; None for a proof by details."""
    bits: int | None = None
    details: int | None = None
    """Details that lie alike; None for hashes."""
    region: Region | None = None
    """Where in the picture the photo lies, if that is known."""


def keep_best(found: Iterable[Found]) -> list[Found]:
    """Keep the strongest of each photo, the strongest photo first."""
    best: dict[int, Found] = {}
    for one in found:
        if one.photo not in best or one.score > best[one.photo].score:
            best[one.photo] = one
    return sorted(best.values(), key=lambda one: (-one.score, one.photo))
