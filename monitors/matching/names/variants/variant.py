"""One way of writing a name."""

from dataclasses import dataclass

from monitors.records import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A pattern to look for. ``query`` is the name, alias or handle as she gave it.

    ``strength`` is the log-odds that the pattern, found where it may stand, means her when nothing else speaks.
    """

    pattern: str
    query: str
    method: Method
    strength: float
