"""JSON from strangers: read without surprises, and cut into items with their own bytes as they arrived."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BLANK = re.compile(r"[ \t\r\n]*")


def read_json(content: bytes) -> Any:
    """Give the value. Raises ValueError for what is no JSON in UTF-8, or nested too deeply."""
    try:
        return json.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def cut_array(content: bytes, *path: str) -> list[tuple[Any, bytes]]:
    """Give each item of the array at a path of keys with its own bytes. Raises ValueError where there is no array."""
    text = content.decode("utf-8")
    at = _blank(text, 0)
    for key in path:
        at = _value_of(text, at, key)
    items: list[tuple[Any, bytes]] = []
    at = _skip(text, at, "[")
    if text[at : at + 1] == "]":
        return items
    while True:
        item, end = _decode(text, at)
        items.append((item, text[at:end].encode()))
        end = _blank(text, end)
        if text[end : end + 1] == "]":
            return items
        at = _skip(text, end, ",")


def mapping(value: Any) -> Mapping[str, Any]:
    """Give a value that is an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> Sequence[Any]:
    """Give a value that is an array, or an empty one."""
    return value if isinstance(value, list) else ()


def plain(value: Any) -> str:
    """Give text or a number as text, without halves of letters that no encoding can hold; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _value_of(text: str, at: int, key: str) -> int:
    at = _skip(text, at, "{")
    while text[at : at + 1] != "}":
        name, at = _decode(text, at)
        at = _skip(text, at, ":")
        if name == key:
            return at
        _, at = _decode(text, at)
        at = _blank(text, at)
        if text[at : at + 1] == ",":
            at = _blank(text, at + 1)
    raise ValueError("no such key")


def _decode(text: str, at: int) -> tuple[Any, int]:
    try:
        value, end = json.JSONDecoder().raw_decode(text, at)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value, end


def _skip(text: str, at: int, letter: str) -> int:
    at = _blank(text, at)
    if text[at : at + 1] != letter:
        raise ValueError(f"no {letter} in its place")
    return _blank(text, at + 1)


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
