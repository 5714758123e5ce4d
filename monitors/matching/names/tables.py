"""Tables over all code points, loaded once from ``data/`` (made by ``workshop/codepoints.py``)."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.kinds import Kind

CODES = 0x110000
WALL = 0x10FFFF
"""Stands between two posts of a batch; a noncharacter, so no text keeps it."""

PARTS = (Kind.IGNORED, Kind.MARK, Kind.JAMO)
"""What is not seen once composed: a code point that becomes several becomes none of these, to stay what it became."""
CONSONANTS = {0x1100 + number: letter for number, letter in enumerate("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")}

Codes = NDArray[np.uint32]
Places = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What each code point becomes. ``expansions`` holds the few that become several."""

    plain: Codes
    bare: Codes
    kinds: NDArray[np.uint8]
    counts: NDArray[np.uint8]
    """How many code points the plain form has; 0 for one that is not seen or only part of a letter."""
    expansions: dict[int, Codes]


def read_data(name: str) -> str:
    """Give the text of a file of ``data/``."""
    return (files("monitors.matching.names") / "data" / name).read_text(encoding="utf-8")


def data_lines(name: str) -> list[str]:
    """Give the lines of a file of ``data/`` without its comments."""
    return [line for line in read_data(name).split("\n") if line and not line.startswith("# ")]


@cache
def load_tables() -> Tables:
    """Give the tables; about 20 ms the first time."""
    kinds = _load_kinds()
    plain, bare = np.arange(CODES, dtype=np.uint32), np.arange(CODES, dtype=np.uint32)
    counts = np.ones(CODES, dtype=np.uint8)
    counts[kinds == Kind.IGNORED] = 0
    counts[(kinds == Kind.MARK) | (kinds == Kind.JAMO)] = 0  # what stays of them once composed
    counts[WALL] = 1
    expansions: dict[int, Codes] = {}
    for line in data_lines("codepoints.txt"):
        code_text, form, stripped = line.split("\t")
        code = int(code_text, 16)
        form = "".join(char for char in form.translate(CONSONANTS) if len(form) == 1 or kinds[ord(char)] not in PARTS)
        bare[code] = ord((stripped or form)[0])
        if len(form) == 1:
            plain[code] = ord(form)
        else:
            expansions[code] = np.array([ord(char) for char in form], dtype=np.uint32)
            counts[code] = len(form)
    return Tables(plain=plain, bare=bare, kinds=kinds, counts=counts, expansions=expansions)


def _load_kinds() -> NDArray[np.uint8]:
    kinds = np.zeros(CODES, dtype=np.uint8)
    for line in data_lines("kinds.txt"):
        first, last, name = line.split(" ")
        kinds[int(first, 16) : int(last, 16) + 1] = Kind[name]
    kinds[WALL] = Kind.WALL
    return kinds
