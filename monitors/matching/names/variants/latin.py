"""How a name in Latin letters is written: order, initials, one part only, one letter wrong."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitors.matching.names.variants.variant import Rule, Variant, variant
from monitors.records import Method

LATIN_TITLES = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "doctor",
    "coach",
    "teacher",
    "nurse",
    "officer",
    "sir",
    "madam",
    "sr",
    "sra",
    "srta",
    "señor",
    "señora",
    "frau",
    "herr",
    "mme",
]
SHORTEST_ANCHOR = 3
"""Letters of a part of a name beside which the other part may be misspelt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatinName:
    """The parts of a name in bare letters, in the order given; ``initials`` also those within a hyphened part."""

    parts: tuple[str, ...]
    initials: tuple[str, ...]


def part_latin(bare: str) -> LatinName:
    """Part a name without accents, its spaces and signs kept."""
    pieces = [piece for piece in re.split(r"[\s,]+", bare) if re.search(r"\w", piece)]
    parts = tuple(re.sub(r"[\W_]", "", piece) for piece in pieces)
    initials = tuple(part[0] for piece in pieces for part in re.split(r"[\-‐–.]", piece) if part)
    return LatinName(parts=parts, initials=initials)


def spell_latin(name: LatinName) -> Iterator[Variant]:
    """Give every way to write a name of several parts; one of a single part is only itself."""
    parts = name.parts
    if len(parts) < 2:
        return
    yield from _orders(parts)
    yield from _shortened(name)
    yield from _single_parts(parts)


def _orders(parts: Sequence[str]) -> Iterator[Variant]:
    turned = {"".join((*parts[at:], *parts[:at])) for at in range(1, len(parts))} - {"".join(parts)}
    for form in sorted(turned):
        yield variant(form, Rule.LATIN_TURNED, Method.LATIN, 1.0)


def _shortened(name: LatinName) -> Iterator[Variant]:
    parts = name.parts
    first, last = parts[0], parts[-1]
    letters = "".join(name.initials)
    yield variant(letters, Rule.INITIALS, Method.INITIALS, 2.0, weak=True)
    yield variant(letters[:-1] + last, Rule.LATIN, Method.LATIN, 2.0, weak=True)
    yield variant(first + last[0], Rule.LATIN, Method.LATIN, 3.0, weak=True)
    if len(parts) > 2:
        yield variant(first + last, Rule.LATIN, Method.LATIN, 1.0)
        yield variant(last + first, Rule.LATIN_TURNED, Method.LATIN, 2.0)
        middle = "".join(part[0] for part in parts[1:-1])
        yield variant(first + middle + last, Rule.LATIN, Method.LATIN, 0.5)
        yield variant(last + first + middle, Rule.LATIN_TURNED, Method.LATIN, 1.0)
        yield variant("".join(parts[:-1]), Rule.LATIN, Method.LATIN, 3.0, weak=True)
    if len(parts) > 3:
        yield variant(first + parts[-2] + last, Rule.LATIN, Method.LATIN, 1.0)
        yield variant(parts[-2] + last + first, Rule.LATIN_TURNED, Method.LATIN, 1.5)
    if letters[0] + last != letters[:-1] + last:
        yield variant(letters[0] + last, Rule.LATIN, Method.LATIN, 2.5, weak=True)


def _single_parts(parts: Sequence[str]) -> Iterator[Variant]:
    first, last = parts[0], parts[-1]
    yield variant(first, Rule.LATIN, Method.GIVEN_NAME, 2.0, weak=True)
    yield variant(last, Rule.LATIN, Method.LATIN, 3.5, weak=True)
    for title in LATIN_TITLES:
        yield variant(title + last, Rule.LATIN, Method.TITLED, 2.0, weak=True)
    for anchor in dict.fromkeys((first, last, "".join(parts[:-1]), "".join(parts[1:]))):
        if len(anchor) >= SHORTEST_ANCHOR:
            yield variant(anchor, Rule.ANCHOR, Method.LATIN, 1.0)
