"""What may stand between the letters of a name, and what it says."""

from monitors.matching.names.kinds import Kind
from monitors.matching.names.place import WIDEST_GAP, Gap, Place

BRACKETS = "()[]{}<>（）【】《》「」『』"
ONE_BREAK, ONE_SPACE, ONE_SIGN = -12.0, -1.5, -0.5


def gap_odds(place: Place, gaps: list[Gap]) -> float | None:
    """Give what the gaps of a Chinese name say, as log-odds; None where they are too wide for a name.

    The same sign between all letters is a wish to hide; a clause that ends within the name is chance.
    """
    if any(len(gap.text) > WIDEST_GAP for gap in gaps):
        return None
    if is_uniform(place, gaps):
        return 0.0 if len(gaps) > 1 or Kind.STOP not in gaps[0].kinds else ONE_BREAK
    return sum(map(_one_gap, gaps))


def is_uniform(place: Place, gaps: list[Gap]) -> bool:
    """Whether the same text stands between all letters."""
    return bool(gaps) and len(gaps) == len(set(place.places)) - 1 and len({gap.text for gap in gaps}) == 1


def _one_gap(gap: Gap) -> float:
    if set(gap.text) <= set(BRACKETS):
        return ONE_SIGN
    if Kind.STOP in gap.kinds:
        return ONE_BREAK
    return ONE_SPACE if set(gap.kinds) == {Kind.SPACE} else ONE_SIGN
