"""What others than its writer say of a post: how far labels can be trusted, and how well a reader does.

``corpus/readings.tsv`` holds, for every dev post, the label of its writer and those of two readers who knew the
definitions, the text and the target, and neither the writer's label nor each other's.
A label that both readers gave stands in the corpus, whatever the writer meant; posts of which no two of the three said
the same left it. ``?`` stands where a reader could not tell from the text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from monitors.errors import BadInputError
from monitors.records import Category, Stance
from monitors.scoring.corpus import FOLDER
from monitors.scoring.workshop.measures import macro_f1, share

READINGS: Final = FOLDER / "readings.tsv"
_UNTOLD: Final = "?"


class Label(NamedTuple):
    """What a post concerns and on which side its writer stands."""

    categories: frozenset[Category]
    stance: Stance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """One post as its writer and two readers label it; None where a reader could not tell."""

    id: str
    writer: Label
    readers: tuple[Label | None, Label | None]


def read_readings(path: Path = READINGS) -> tuple[Readings, ...]:
    """Every post that was read; a bad line is named."""
    with path.open(encoding="utf-8") as lines:
        return tuple(_to_readings(path, number, line) for number, line in enumerate(lines, start=1) if line[0] != "#")


def agreement(readings: Sequence[Readings]) -> Iterator[str]:
    """A Markdown table: how often two of the three give the same label, and the macro-F1 of one against the other."""
    yield from (
        "| dev posts labelled by | both tell | same categories and stance | macro-F1 |",
        "| --- | --- | --- | --- |",
    )
    columns: dict[str, list[Label | None]] = {
        "writer": [one.writer for one in readings],
        "first reader": [one.readers[0] for one in readings],
        "second reader": [one.readers[1] for one in readings],
    }
    for (name, one), (other_name, other) in combinations(columns.items(), 2):
        pairs = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
        same = share(sum(a == b for a, b in pairs), len(pairs))
        by_category = macro_f1(*(_as_columns([pair[side] for pair in pairs]) for side in (0, 1)))
        yield f"| {name}, {other_name} | {len(pairs)} of {len(readings)} | {same} | {by_category:.3f} |"


def _as_columns(labels: Sequence[Label]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.array([[category in label.categories for category in Category] for label in labels])


def _to_readings(path: Path, number: int, line: str) -> Readings:
    try:
        name, writer, first, second = line.rstrip("\n").split("\t")
        return Readings(id=name, writer=_to_label(writer), readers=(_or_untold(first), _or_untold(second)))
    except ValueError as error:
        raise BadInputError("not a post with three labels", file=path.name, line=number) from error


def _or_untold(code: str) -> Label | None:
    return None if code == _UNTOLD else _to_label(code)


def _to_label(code: str) -> Label:
    """``threat,doxxing/spreads``, ``disclosure``, ``-`` for harmless."""
    categories, _, stance = code.partition("/")
    names = [] if categories == "-" else categories.split(",")
    return Label(frozenset(map(Category, names)), Stance(stance) if stance else None)
