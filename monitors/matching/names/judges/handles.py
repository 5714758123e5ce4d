"""Accounts: as they are registered, or with other signs between their letters."""

import re

from monitors.matching.names.place import Place
from monitors.matching.names.variants.spell import Entry

HANDLE, HANDLE_OTHERWISE = 6.9, 2.0
"""A handle as it is, and with other signs between its letters."""
_GOES_ON = re.compile(r"[a-zA-Z\d_]|[.\-][a-zA-Z\d]")
_COMES_FROM = re.compile(r"[a-zA-Z\d_]$|[^\W_][.\-]$")
"""What is part of the same account after and before a handle."""


def judge_handle(place: Place, entry: Entry, text: str) -> float | None:
    """Give the log-odds that a handle stands here; None where it is part of a longer one."""
    start, end = place.span
    signs = _closing_signs(entry.plain)
    far = end + len(signs)
    if text[end:far] != signs or _GOES_ON.match(text, far) or _COMES_FROM.search(text[max(start - 2, 0) : start]):
        return None
    if place.written + signs == entry.plain.lstrip("@"):
        return HANDLE
    return HANDLE_OTHERWISE if _parts_as(place, entry.plain.lstrip("@")) else None


def _closing_signs(handle: str) -> str:
    """Give the signs after the last letter of a handle."""
    return handle[len(handle.rstrip("_.-")) :]


def _parts_as(place: Place, handle: str) -> bool:
    """Whether a handle is written apart only where it has a sign itself, or between all letters."""
    gaps, letters, signs = place.gaps(), 0, set[int]()
    for letter in handle:
        letters += letter.isalnum()
        if not letter.isalnum():
            signs.add(letters)
    return len(gaps) == len(place.places) - 1 or {gap.at for gap in gaps} <= signs
