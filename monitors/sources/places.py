"""Where timelines go on: what a cursor keeps of each, small however often catching up fails."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from monitors.records import Cursor

MOST_GAPS = 10
MOST_PLACES = 5_000
"""What was not looked at for longest is forgotten first, and is then read like something new."""
NO_TOP = 1 << 80
_TURN = "turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is still to be walked: from ``before`` on, keys between ``floor`` and ``top``, so many pages."""

    before: str
    floor: int
    left: int
    top: int = NO_TOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one timeline goes on."""

    newest: int = 0
    gaps: tuple[Gap, ...] = ()


def few(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """Make one gap of the two oldest while there are too many: what lies between is then read again, and not lost."""
    kept = sorted(gaps, key=lambda gap: gap.floor)
    while len(kept) > MOST_GAPS:
        older, newer, *others = kept
        kept = [replace(newer, floor=older.floor, left=older.left + newer.left), *others]
    return tuple(kept)


def write_cursor(source: str, places: Mapping[str, Place], turn: str) -> Cursor | None:
    """Write places, and whose turn is next, as a cursor; None where there is none."""
    value: dict[str, Any] = {
        key: [place.newest, *map(asdict, place.gaps)] for key, place in list(places.items())[-MOST_PLACES:]
    }
    if turn:
        value[_TURN] = turn
    return Cursor(source=source, value=json.dumps(value)) if value else None


def read_cursor(cursor: Cursor | None) -> tuple[dict[str, Place], str]:
    """Read what ``write_cursor`` wrote."""
    stored: dict[str, Any] = json.loads(cursor.value) if cursor else {}
    turn = str(stored.pop(_TURN, ""))
    places = {
        key: Place(newest=newest, gaps=tuple(Gap(**gap) for gap in gaps)) for key, (newest, *gaps) in stored.items()
    }
    return places, turn
