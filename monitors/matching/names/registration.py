"""Which names can be watched: asked once at registration, so that matching never meets a name it cannot bound."""

from monitors.errors import BadInputError
from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import read_batch
from monitors.records import WatchProfile

LONGEST = 80
"""Code points of a name, alias, handle or context term."""
MOST = dict.fromkeys(("names", "aliases", "handles", "context"), 100)
"""Entries of each list; these bounds are those of a profile file (profiles/checks.py)."""
FEWEST_LETTERS = {"names": 2, "aliases": 2, "handles": 2, "context": 2}
"""Letters that an entry needs; one alone stands in every other post."""


def check_profile(profile: WatchProfile) -> list[BadInputError]:
    """Give one error for each entry that cannot be watched; its ``field`` says which, such as ``aliases[2]``."""
    lists = {key: getattr(profile, key) for key in MOST}
    problems = [
        BadInputError(f"more than {MOST[key]} entries", field=key)
        for key, entries in lists.items()
        if len(entries) > MOST[key]
    ]
    if not any(lists[key] for key in ("names", "aliases", "handles")):
        problems.append(BadInputError("at least one name, alias or handle is needed", field="names"))
    for key, entries in lists.items():
        for at, entry in enumerate(entries):
            if reason := _fault(entry, FEWEST_LETTERS[key]):
                problems.append(BadInputError(reason, field=f"{key}[{at}]"))
    return problems


def _fault(entry: str, fewest: int) -> str:
    if not entry.strip():
        return "is empty"
    if len(entry) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if any("\ud800" <= char <= "\udfff" for char in entry):
        return "holds half a character (an unpaired surrogate)"
    letters = int((read_batch([entry]).kinds >= Kind.HAN).sum())
    if not letters:
        return "holds no letter"
    if letters < fewest:
        return "is one letter, which stands in nearly every post; add the surname or a context term"
    return ""
