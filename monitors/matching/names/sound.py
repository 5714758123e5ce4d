"""How Chinese letters sound: toneless pinyin, with ``v`` for ü."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from monitors.matching.names.tables import data_lines

# Pairs that many speakers do not tell apart, at the start and at the end of a syllable.
NEAR_STARTS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("r", "l"))
NEAR_ENDS = (("ing", "in"), ("eng", "en"), ("ang", "an"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How one letter is read: ``usual`` by dictionaries, ``heard`` also by writers."""

    usual: tuple[str, ...]
    heard: tuple[str, ...] = ()


SILENT = Readings(usual=())


@cache
def all_readings() -> Mapping[str, Readings]:
    """Give the readings of every letter that has one; about 40 ms the first time."""
    found = {}
    for line in data_lines("readings.txt"):
        usual, _, heard = line[2:].partition("|")
        found[line[0]] = Readings(usual=tuple(usual.split(",")), heard=tuple(heard.split(",")) if heard else ())
    return found


def readings_of(char: str) -> Readings:
    """Give how a letter is read; nothing for one that is not Chinese."""
    return all_readings().get(char, SILENT)


@cache
def syllables() -> frozenset[str]:
    """Give every syllable there is."""
    return frozenset(syllable for readings in all_readings().values() for syllable in readings.usual)


@cache
def near_syllables(syllable: str) -> tuple[str, ...]:
    """Give the syllables that are easily taken for this one."""
    found = {_swap_end(form, ends) for form in (syllable, *_swap_starts(syllable)) for ends in (None, *NEAR_ENDS)}
    found.update(_swap_starts(syllable))
    return tuple(sorted((found & syllables()) - {syllable}))


def _swap_starts(syllable: str) -> list[str]:
    found = []
    for long, short in NEAR_STARTS:
        if syllable.startswith(long):
            found.append(short + syllable.removeprefix(long))
        elif syllable.startswith(short):
            found.append(long + syllable.removeprefix(short))
    return found


def _swap_end(syllable: str, ends: tuple[str, str] | None) -> str:
    if ends and syllable.endswith(ends[0]):
        return syllable.removesuffix(ends[0]) + ends[1]
    if ends and syllable.endswith(ends[1]):
        return syllable.removesuffix(ends[1]) + ends[0]
    return syllable


@cache
def projected_as(syllable: str) -> tuple[str, ...]:
    """Give the first readings of the letters that can also be read as this syllable, itself not among them.

    The text is searched by each letter's first reading, so a name is looked for under these too.
    """
    return tuple(sorted(_projections()[syllable] - {syllable}))


@cache
def _projections() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for char, readings in all_readings().items():
        if not char.encode("gb2312", "ignore"):
            continue  # rare letters are read by nobody who wants to be understood
        for syllable in (*readings.usual[1:], *readings.heard):
            found[syllable].add(readings.usual[0])
    return defaultdict(frozenset, {syllable: frozenset(first) for syllable, first in found.items()})
