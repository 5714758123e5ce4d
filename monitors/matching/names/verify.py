"""What speaks for and against a candidate: its surroundings, and what lies between its letters."""

from itertools import pairwise

from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch
from monitors.matching.names.shelf import Candidate

WHOLE_TOKENS = (Kind.LATIN, Kind.DIGIT, Kind.CYRILLIC, Kind.GREEK, Kind.ARABIC)
"""Scripts whose names stand between spaces: a name never is a part of a longer token."""
WIDEST_GAP = 8
"""Code points that may stand between two letters of a name; more is not the same name any more."""


def evidence_for(candidate: Candidate, batch: Batch) -> float | None:
    """Give the log-odds that this place means her; None where the name cannot stand."""
    if not _has_whole_tokens(candidate, batch) or not _has_narrow_gaps(candidate):
        return None
    return candidate.variant.strength


def _has_whole_tokens(candidate: Candidate, batch: Batch) -> bool:
    first, last = candidate.places[0], candidate.places[-1]
    before = batch.kinds[first - 1] if first else Kind.WALL
    return not (
        (batch.kinds[first] in WHOLE_TOKENS and before in WHOLE_TOKENS)
        or (batch.kinds[last] in WHOLE_TOKENS and batch.kinds[last + 1] in WHOLE_TOKENS)
    )


def _has_narrow_gaps(candidate: Candidate) -> bool:
    places = candidate.places
    return all(after - before <= WIDEST_GAP for before, after in pairwise(places))
