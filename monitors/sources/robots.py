"""robots.txt after RFC 9309: longest rule wins, ``*`` and ``$`` mean what they say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

LARGEST = 512 * 1024
"""RFC 9309 asks crawlers to read at least 500 KiB."""
LONGEST_DELAY = 30.0
"""Seconds; a site that asks for more is asked once a run at most anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What one site lets one crawler read."""

    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    delay: float = 0.0

    def allow(self, path: str) -> bool:
        """Whether the path, with its query, may be read; of two rules as long the kinder one holds."""
        if path == "/robots.txt":
            return True
        plain = _normal(path)
        return _longest(self.allowed, plain) >= _longest(self.refused, plain)


def read_rules(content: bytes, agent: str) -> Rules:
    """Give the rules for a crawler's name, those for everyone where it is not named."""
    groups = list(_groups(content.decode("utf-8", "replace")))
    name = agent.lower()
    ours = [lines for names, lines in groups if name in names] or [lines for names, lines in groups if "*" in names]
    lines = [line for group in ours for line in group]
    return Rules(
        allowed=tuple(_normal(value) for key, value in lines if key == "allow" and value),
        refused=tuple(_normal(value) for key, value in lines if key == "disallow" and value),
        delay=max((_seconds(value) for key, value in lines if key == "crawl-delay"), default=0.0),
    )


def _groups(text: str) -> Iterator[tuple[set[str], list[tuple[str, str]]]]:
    names: set[str] = set()
    lines: list[tuple[str, str]] = []
    for key, value in _lines(text):
        if key == "user-agent":
            if lines:
                yield names, lines
                names, lines = set(), []
            names.add(value.partition("/")[0].strip().lower())
        elif names and key in {"allow", "disallow", "crawl-delay"}:
            lines.append((key, value))
    yield names, lines


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _normal(path: str) -> str:
    # The same path written in two ways is one path: "/%6Cin" and "/lin", "/林" and "/%E6%9E%97".
    return quote(unquote_to_bytes(path), safe="/*$?=&:@!+,;~'()[]-._")


def _longest(patterns: Sequence[str], path: str) -> int:
    return max((len(pattern) for pattern in patterns if _matches(pattern, path)), default=0)


def _matches(pattern: str, path: str) -> bool:
    # By parts and `find`, never by a regular expression made from a stranger's text.
    is_anchored = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for part in others:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not is_anchored or at == len(path) or (bool(others) and path.endswith(others[-1]))


def _seconds(value: str) -> float:
    try:
        return min(max(float(value), 0.0), LONGEST_DELAY)
    except ValueError:
        return 0.0
