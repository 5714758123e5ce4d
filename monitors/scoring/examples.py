"""The project's own examples as vectors: which of them a text is most like."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.records import Category
from monitors.scoring.encoder import unit_rows
from monitors.scoring.heads import EXAMPLES, Floats, read_provenance
from monitors.scoring.stored_numbers import read_numbers

_LEVELS: Final = 127
_AT_ONCE: Final = 256
"""Vectors that are compared with all examples at a time."""

Nearest = Mapping[Category | None, str]
"""The nearest example of each category, and of any kind under ``None``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Vectors of the corpus, ``centre`` taken off: near it every text looks like every other."""

    ids: tuple[str, ...]
    is_of: NDArray[np.bool_]
    """One row an example, one column a category."""
    vectors: Floats
    centre: Floats

    def nearest(self, vectors: Floats) -> list[Nearest]:
        """For each vector the ids of the examples that are most like it."""
        blocks = (vectors[start : start + _AT_ONCE] for start in range(0, len(vectors), _AT_ONCE))
        return [nearest for block in blocks for nearest in self._nearest(block)]

    def _nearest(self, vectors: Floats) -> Iterator[Nearest]:
        likeness = unit_rows(vectors - self.centre) @ self.vectors.T
        columns: dict[Category | None, NDArray[np.bool_]] = {None: np.ones(len(self.ids), dtype=np.bool_)}
        columns |= {category: self.is_of[:, place] for place, category in enumerate(Category)}
        best = {
            kind: np.where(members, likeness, -2).argmax(axis=1) for kind, members in columns.items() if members.any()
        }
        for row in range(len(vectors)):
            yield {kind: self.ids[rows[row]] for kind, rows in best.items()}


def save_examples(examples: Examples, folder: Path) -> None:
    """Write them with one byte a number; the order of neighbours survives it. ``save_heads`` comes after."""
    scale = np.abs(examples.vectors).max(axis=1, keepdims=True) / _LEVELS
    np.savez_compressed(
        folder / EXAMPLES,
        ids=np.array(examples.ids),
        is_of=examples.is_of,
        levels=np.round(examples.vectors / scale).astype(np.int8),
        centre=examples.centre,
    )


def load_examples(folder: Path) -> Examples:
    """The examples of a folder; ``ModelError`` names the file when they are not those its heads came with."""
    names = ("ids", "is_of", "levels", "centre")
    stored = read_numbers(folder / EXAMPLES, names, sha256=read_provenance(folder).examples_sha256)
    return Examples(
        ids=tuple(str(name) for name in stored["ids"]),
        is_of=stored["is_of"],
        vectors=unit_rows(stored["levels"].astype(np.float32)),
        centre=stored["centre"],
    )
