r"""Letters written as escapes: ``%E6%9E%97`` in a link, ``&#26519;`` from a web page, ``\u6797`` from a program.

Only letters of scripts other than Latin, and hard spaces, are undone: what comes out never is an escape itself.
"""

import re

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.kinds import Kind
from monitors.matching.names.tables import Codes, load_tables

_ESCAPE = re.compile(
    r"&#(?P<decimal>\d{3,6});|&#[xX](?P<hex>[0-9a-fA-F]{3,5});|\\u(?P<code>[0-9a-fA-F]{4})"
    r"|(?P<space>&nbsp;|%20)|(?P<bytes>%[eE][0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){2}|%[dD][0-9a-fA-F]%[89abAB][0-9a-fA-F])"
)
_BEGINS = np.array([ord(sign) for sign in "%&\\"], dtype=np.uint32)
_GOES_ON = np.array([ord(sign) for sign in "eEdD#un2"], dtype=np.uint32)


def where_escapes(codes: Codes) -> NDArray[np.intp]:
    """Give the places in code points at which an escape may begin."""
    begins = np.flatnonzero(np.isin(codes[:-1], _BEGINS))
    found: NDArray[np.intp] = begins[np.isin(codes[begins + 1], _GOES_ON)]
    return found


def unescape(text: str) -> tuple[str, list[int]]:
    """Give a text with its escapes undone, and where each of its letters stands in the given one."""
    parts, places, at = list[str](), list[int](), 0
    for found in _ESCAPE.finditer(text):
        if letter := _letter(found):
            parts += [text[at : found.start()], letter]
            places += [*range(at, found.start()), found.start()]
            at = found.end()
    return "".join((*parts, text[at:])), [*places, *range(at, len(text))]


def end_of_letter(text: str, start: int) -> int:
    """Give where the letter that begins at ``start`` ends: after its whole escape, if it is one."""
    found = _ESCAPE.match(text, start) if text[start] in "%&\\" else None
    return found.end() if found and _letter(found) else start + 1


def _letter(found: re.Match[str]) -> str:
    """Give the letter (or space) of an escape; nothing for what is no letter, or a Latin one."""
    if escaped := found["bytes"]:
        letter = bytes.fromhex(escaped.replace("%", "")).decode("utf-8", "replace")
    elif found["space"]:
        return " "
    else:
        letter = chr(int(found["decimal"] or "0") or int(found["hex"] or found["code"] or "0", 16))
    tables = load_tables()
    kind = int(tables.kinds[tables.plain[ord(letter[0])]])
    return letter if len(letter) == 1 and kind >= Kind.HAN and kind not in {Kind.LATIN, Kind.DIGIT} else ""
