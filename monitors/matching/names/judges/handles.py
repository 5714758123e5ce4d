"""Accounts: as they are registered, or with other signs between their letters."""

import re

from monitors.matching.names.place import Place
from monitors.matching.names.variants.spell import Entry

HANDLE, HANDLE_OTHERWISE = 6.9, 2.0
"""A handle as it is, and with other signs between its letters."""
REACH = 12
_GOES_ON = re.compile(r"[a-zA-Z\d_]|[.\-][a-zA-Z\d]")
_COMES_FROM = re.compile(r"[a-zA-Z\d_]$|[^\W_][.\-]$")
"""What is part of the same account after and before a handle."""
_PLATFORM = re.compile(
    r"(?<![a-z\d])(?:qq|q|vx|wx|v|weixin|wechat|wb|ig|ins|insta|snap|sc|tg|telegram|tt|dy|xhs|id|uid|fb|line|kakao|x|twitter|tel)$",
    re.IGNORECASE,
)
"""What stands before an account without a space: QQ283746551, vxlin_0312."""
SHORTEST_NUMBER = 6
"""Digits from which a number may be written in groups."""


def judge_handle(place: Place, entry: Entry, text: str) -> float | None:
    """Give the log-odds that a handle stands here; None where it is part of a longer one."""
    start, end = place.span
    signs = _closing_signs(entry.plain)
    far = end + len(signs)
    before = text[max(start - REACH, 0) : start]
    is_part = _COMES_FROM.search(before) and not _PLATFORM.search(before)
    if text[end:far] != signs or _GOES_ON.match(text, far) or is_part:
        return None
    if place.written + signs == entry.plain.lstrip("@"):
        return HANDLE
    return HANDLE_OTHERWISE if _parts_as(place, entry.plain.lstrip("@")) else None


def _closing_signs(handle: str) -> str:
    """Give the signs after the last letter of a handle."""
    return handle[len(handle.rstrip("_.-")) :]


def _parts_as(place: Place, handle: str) -> bool:
    """Whether a handle has a sign only where it has one itself, no space; or all letters stand apart, or it is a number."""
    gaps, letters, signs = place.gaps(), 0, set[int]()
    for letter in handle:
        letters += letter.isalnum()
        if not letter.isalnum():
            signs.add(letters)
    if len(gaps) == len(place.places) - 1 or (handle.isdigit() and letters >= SHORTEST_NUMBER):
        return True
    return all(gap.at in signs and not gap.text.isspace() for gap in gaps)
