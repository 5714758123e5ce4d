"""What is counted while copies are looked for."""

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from typing_extensions import override

NEAREST: Final = 20_000


@dataclass(slots=True)
class Tally:
    """Hits and tries of one change at one stage."""

    tries: int = 0
    hits: int = 0

    def add(self, *, is_hit: bool) -> None:
        """Count one try."""
        self.tries += 1
        self.hits += is_hit

    def take_in(self, part: "Tally") -> None:
        """Add what was counted elsewhere."""
        self.tries += part.tries
        self.hits += part.hits

    @property
    def share(self) -> float:
        """How many of the tries were hits."""
        return self.hits / self.tries if self.tries else 0.0

    @override
    def __str__(self) -> str:
        low, high = wilson(self.hits, self.tries)
        return f"{self.share:.3f} ({low:.2f} to {high:.2f})"


@dataclass(slots=True)
class Counts:
    """Everything that is counted."""

    quick: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    thorough: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    gate: Tally = field(default_factory=Tally)
    hash_pairs: int = 0
    hash_false: list[tuple[float, str, str]] = field(default_factory=list)
    nearest: list[tuple[int, int, int]] = field(default_factory=list)
    """Minus the distance, the variant, the original: a heap of the nearest pairs that are no copies."""

    proved: int = 0
    """Pairs that are no copies and were put to the proof."""
    proof_false: list[tuple[int, str, str]] = field(default_factory=list)

    def take_in(self, part: "Counts") -> None:
        """Add what was counted elsewhere."""
        for mine, theirs in ((self.quick, part.quick), (self.thorough, part.thorough)):
            for name, tally in theirs.items():
                mine[name].take_in(tally)
        self.gate.take_in(part.gate)
        self.hash_pairs += part.hash_pairs
        self.hash_false += part.hash_false
        self.proved += part.proved
        self.proof_false += part.proof_false
        for near in part.nearest:
            self.remember_near(-near[0], near[1], near[2])

    def remember_near(self, distance: int, variant: int, original: int) -> None:
        """Keep this pair if it is among the nearest."""
        heapq.heappush(self.nearest, (-distance, variant, original))
        if len(self.nearest) > NEAREST:
            heapq.heappop(self.nearest)


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Give the 95 % interval of a share."""
    if not tries:
        return 0.0, 1.0
    z, share = 1.96, hits / tries
    middle = share + z * z / (2 * tries)
    spread = z * float(np.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries)))
    return (middle - spread) / (1 + z * z / tries), (middle + spread) / (1 + z * z / tries)


def summarise(name: str, tallies: Mapping[str, Tally]) -> str:
    """Give the mean and the worst share of a stage in one line."""
    shares = [tally.share for tally in tallies.values()]
    return f"{name}: mean {np.mean(shares):.4f}, worst {min(shares):.3f} over {len(shares)} changes"
