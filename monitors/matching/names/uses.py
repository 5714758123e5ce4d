"""What each pattern stands for, packed: a run holds a million uses."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import ahocorasick_rs
import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.variants.variant import Trait, Variant

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Places of patterns in a channel: arrays of the same length, in the order of the text."""

    patterns: Ints
    starts: Ints
    ends: Ints

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Hits":
        """Give the chosen places."""
        return Hits(patterns=self.patterns[chosen], starts=self.starts[chosen], ends=self.ends[chosen])


class UseWriter:
    """Collects uses; ``read`` gives the automaton that finds them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._traits: dict[Trait, int] = {}
        self._uses = (array("i"), array("i"), array("i"))

    def number_of(self, pattern: str) -> int:
        """Give the number of a pattern, new if need be."""
        return self._numbers.setdefault(pattern, len(self._numbers))

    def add(self, variant: Variant, owner: int) -> None:
        """Add a use of a variant's pattern."""
        patterns, owners, traits = self._uses
        patterns.append(self._numbers.setdefault(variant.pattern, len(self._numbers)))
        owners.append(owner)
        traits.append(self._traits.setdefault(variant.trait, len(self._traits)))

    def read(self) -> "Uses":
        """Give what was collected, closed."""
        patterns, owners, traits = map(np.array, self._uses)
        return Uses(list(self._numbers), list(self._traits), patterns, owners, traits)


class Uses:
    """Finds patterns and says what they stand for. Reading is safe from several threads."""

    def __init__(
        self, patterns: list[str], traits: list[Trait], pattern_of: Ints, owner_of: Ints, trait_of: Ints
    ) -> None:
        self.patterns = len(patterns)
        self._automaton = ahocorasick_rs.AhoCorasick(patterns, store_patterns=False) if patterns else None
        self._traits = traits
        weak = np.array([trait.weak for trait in traits], dtype=bool)[trait_of]
        rules = np.array([trait.rule for trait in traits], dtype=np.int16)[trait_of]
        order = np.lexsort((weak, pattern_of))
        self._owners, self._trait_of = owner_of[order].astype(np.int32), trait_of[order].astype(np.int16)
        self._starts = np.searchsorted(pattern_of[order], np.arange(self.patterns + 1)).astype(np.int32)
        strong = np.bincount(pattern_of[~weak], minlength=self.patterns)[: self.patterns]
        self._strong_ends = (self._starts[:-1] + strong).astype(np.int32)
        self.has_strong = strong > 0
        self.has_weak = self._strong_ends < self._starts[1:]
        self.only_rule = self._only_rules(rules[order])

    def _only_rules(self, rules: NDArray[np.int16]) -> NDArray[np.int16]:
        """Give the rule of each pattern whose uses all share one, -1 for the others."""
        used = self._starts[:-1] < self._starts[1:]
        found = np.full(self.patterns, -1, dtype=np.int16)
        if used.any():
            firsts = self._starts[:-1][used]
            least, most = np.minimum.reduceat(rules, firsts), np.maximum.reduceat(rules, firsts)
            found[used] = np.where(least == most, least, -1)
        return found

    def find(self, text: str) -> Hits:
        """Give every place of every pattern, overlapping ones too."""
        rows = self._automaton.find_matches_as_indexes(text, overlapping=True) if self._automaton else []
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return Hits(patterns=table[:, 0], starts=table[:, 1], ends=table[:, 2])

    def strong(self, pattern: int) -> Iterator[tuple[int, Trait]]:
        """Give the owners of a pattern that stands by itself, each with its trait.

        An owner is an entry, or a group of entries where it is negative (``-1 - group``).
        """
        return self._between(int(self._starts[pattern]), int(self._strong_ends[pattern]))

    def weak(self, pattern: int) -> Iterator[tuple[int, Trait]]:
        """Give the owners of a pattern that needs other evidence beside it."""
        return self._between(int(self._strong_ends[pattern]), int(self._starts[pattern + 1]))

    def _between(self, first: int, last: int) -> Iterator[tuple[int, Trait]]:
        for owner, trait in zip(self._owners[first:last].tolist(), self._trait_of[first:last].tolist(), strict=True):
            yield owner, self._traits[trait]
