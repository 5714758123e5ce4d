"""What each pattern stands for, packed: a run holds a million uses."""

from array import array
from dataclasses import dataclass
from itertools import chain

import ahocorasick_rs
import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.variants.variant import Trait, Variant
from monitors.records import Method

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Places of patterns in a channel: arrays of the same length, in the order of the text."""

    patterns: Ints
    starts: Ints
    ends: Ints

    def where(self, chosen: Flags) -> "Hits":
        """Give the chosen places."""
        return Hits(patterns=self.patterns[chosen], starts=self.starts[chosen], ends=self.ends[chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """What hits stand for: ``rows`` says of which hit; an owner is an entry, or a group (``-1 - group``)."""

    rows: Ints
    owners: Ints
    traits: Ints

    def where(self, chosen: Flags) -> "Expanded":
        """Give the chosen ones."""
        return Expanded(rows=self.rows[chosen], owners=self.owners[chosen], traits=self.traits[chosen])


MOST_SYLLABLES = 8
WIDE = "utf-16-be"
"""How Chinese is searched: two bytes a letter are scanned in two thirds of the time of UTF-8's three (2026-11)."""
FIRST_LOW, LAST_LOW = 0xDC00, 0xDFFF
"""UTF-16: the second half of a letter that takes two."""
_NUMBER_OF = {method: number for number, method in enumerate(Method)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Traits as columns, so that thousands of uses are asked at once."""

    all: tuple[Trait, ...]
    rules: NDArray[np.int16]
    methods: NDArray[np.int16]
    """The place of each method in ``Method``."""
    costs: NDArray[np.float64]
    weak: Flags
    layouts: NDArray[np.uint8]

    @classmethod
    def of(cls, traits: tuple[Trait, ...]) -> "Traits":
        """Give the columns of traits."""
        layouts = np.zeros((len(traits), MOST_SYLLABLES), dtype=np.uint8)
        for at, trait in enumerate(traits):
            layouts[at, : len(trait.layout)] = trait.layout
        return cls(
            all=traits,
            rules=np.array([trait.rule for trait in traits], dtype=np.int16),
            methods=np.array([_NUMBER_OF[trait.method] for trait in traits], dtype=np.int16),
            costs=np.array([trait.cost for trait in traits], dtype=np.float64),
            weak=np.array([trait.weak for trait in traits], dtype=bool),
            layouts=layouts,
        )

    def are(self, method: Method) -> Flags:
        """Say which traits are of a method."""
        found: Flags = self.methods == _NUMBER_OF[method]
        return found


class UseWriter:
    """Collects uses; ``read`` gives the automaton that finds them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._traits: dict[Trait, int] = {}
        self._uses = (array("i"), array("i"), array("i"))

    def number_of(self, pattern: str) -> int:
        """Give the number of a pattern, new if need be."""
        return self._numbers.setdefault(pattern, len(self._numbers))

    def add(self, variant: Variant, owner: int) -> int:
        """Add a use of a variant's pattern, and give the pattern's number."""
        patterns, owners, traits = self._uses
        number = self._numbers.setdefault(variant.pattern, len(self._numbers))
        patterns.append(number)
        owners.append(owner)
        traits.append(self._traits.setdefault(variant.trait, len(self._traits)))
        return number

    def patterns(self) -> list[str]:
        """Give every pattern once."""
        return list(self._numbers)

    def read(self) -> "Uses":
        """Give what was collected; nothing can be added any more."""
        patterns, owners, traits = (np.array(column, dtype=np.int32) for column in self._uses)
        encoding = "ascii" if all(map(str.isascii, self._numbers)) else WIDE
        encoded = [pattern.encode(encoding) for pattern in self._numbers]
        self._numbers.clear()  # before the automaton is built, which takes most of the memory
        return Uses(encoded, tuple(self._traits), patterns, owners, traits, encoding=encoding)


class Uses:
    """Finds patterns and says what they stand for. Reading is safe from several threads."""

    def __init__(
        self,
        patterns: list[bytes],
        traits: tuple[Trait, ...],
        pattern_of: NDArray[np.int32],
        owner_of: NDArray[np.int32],
        trait_of: NDArray[np.int32],
        *,
        encoding: str,
    ) -> None:
        self._encoding = encoding
        self.patterns, self.traits = len(patterns), Traits.of(traits)
        self._automaton = ahocorasick_rs.BytesAhoCorasick(patterns) if patterns else None
        weak = self.traits.weak[trait_of]
        order = np.lexsort((weak, pattern_of))
        self._owners, self._trait_of = owner_of[order], trait_of[order]
        self._starts = np.searchsorted(pattern_of[order], np.arange(self.patterns + 1)).astype(np.int32)
        strong = np.bincount(pattern_of[~weak], minlength=self.patterns)[: self.patterns]
        self._strong_ends = (self._starts[:-1] + strong).astype(np.int32)

    def find(self, text: str) -> Hits:
        """Give every place of every pattern, overlapping ones too."""
        encoded = text.encode(self._encoding, "replace")
        rows = self._automaton.find_matches_as_indexes(encoded, overlapping=True) if self._automaton else []
        table = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=3 * len(rows)).reshape(-1, 3)
        if self._encoding == WIDE:
            table = _in_letters(table, encoded, len(text))
        return Hits(patterns=table[:, 0], starts=table[:, 1], ends=table[:, 2])

    def strong(self, patterns: Ints) -> Expanded:
        """Give what patterns stand for by themselves."""
        return self._expand(self._starts[:-1][patterns], self._strong_ends[patterns])

    def weak(self, patterns: Ints) -> Expanded:
        """Give what patterns stand for beside other evidence."""
        return self._expand(self._strong_ends[patterns], self._starts[1:][patterns])

    def _expand(self, firsts: NDArray[np.int32], lasts: NDArray[np.int32]) -> Expanded:
        rows, at = spread(firsts.astype(np.int64), lasts.astype(np.int64))
        return Expanded(rows=rows, owners=self._owners[at].astype(np.int64), traits=self._trait_of[at].astype(np.int64))


def _in_letters(table: Ints, encoded: bytes, letters: int) -> Ints:
    """Give hits in two bytes a letter as places of letters, without those that begin within one."""
    table = table[table[:, 1] % 2 == 0]
    table[:, 1:] //= 2
    if len(encoded) > 2 * letters:  # some letters take four bytes
        units = np.frombuffer(encoded, dtype=">u2")
        before = np.concatenate(([0], np.cumsum((units >= FIRST_LOW) & (units <= LAST_LOW))))
        table[:, 1:] -= before[table[:, 1:]]
    return table


def spread(firsts: Ints, lasts: Ints) -> tuple[Ints, Ints]:
    """Give every number of the ranges ``[first, last)`` one after the other, each with the number of its range."""
    counts = lasts - firsts
    rows = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    return rows, np.arange(int(counts.sum())) - np.repeat(ends - counts, counts) + np.repeat(firsts, counts)
