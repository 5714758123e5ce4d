"""Accounts: as they are registered, or with other signs between their letters."""

from monitors.matching.names.place import Place
from monitors.matching.names.variants.spell import Entry

HANDLE, HANDLE_OTHERWISE = 6.9, 2.0
"""A handle as it is, and with other signs between its letters."""


def judge_handle(place: Place, entry: Entry, text: str) -> float | None:
    """Give the log-odds that a handle stands here; None where it is part of a longer one."""
    start, end = place.span
    if text[start - 1 : start].isalnum() and text[start - 1].isascii():
        return None
    if text[start - 1 : start] == "_" or (
        text[start - 1 : start] in {".", "-"} and text[start - 2 : start - 1].isalnum()
    ):
        return None
    rest = text[end : end + 2]
    if (rest[:1].isascii() and rest[:1].isalnum()) or rest[:1] == "_":
        return None
    if rest[:1] in {".", "-"} and rest[1:].isascii() and rest[1:].isalnum():
        return None
    if place.written == entry.plain.lstrip("@"):
        return HANDLE
    return HANDLE_OTHERWISE if _parts_as(place, entry.plain.lstrip("@")) else None


def _parts_as(place: Place, handle: str) -> bool:
    """Whether a handle is written apart only where it has a sign itself, or between all letters."""
    gaps, letters, signs = place.gaps(), 0, set[int]()
    for letter in handle:
        letters += letter.isalnum()
        if not letter.isalnum():
            signs.add(letters)
    return len(gaps) == len(place.places) - 1 or {gap.at for gap in gaps} <= signs
