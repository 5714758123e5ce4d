"""The project's own posts about invented people: what the heads learn from, and what a score points to as its reason."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from monitors.errors import BadInputError
from monitors.records import Category, Stance

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One invented post. ``family`` names the situation it was written for; a family is never split."""

    id: str
    text: str
    lang: str
    target: str | None
    categories: tuple[Category, ...]
    """Empty: benign."""
    stance: Stance | None
    family: str
    split: Literal["train", "dev", "held"]
    """``held``: nothing is ever learned or chosen on it."""
    rationale: str

    @property
    def part(self) -> str:
        """The file it is in."""
        return self.id.rpartition("-")[0]

    @property
    def forms(self) -> tuple[str, ...]:
        """What to mask."""
        return (self.target,) if self.target else ()

    @property
    def spreads(self) -> bool:
        """Whether the writer does the harm."""
        return self.stance is Stance.SPREADS


def read_corpus(folder: Path = FOLDER) -> tuple[Example, ...]:
    """Every example, file by file in the order of their names; a bad line is named."""
    return tuple(example for path in sorted(folder.glob("*.jsonl")) for example in _read_part(path))


def _read_part(path: Path) -> Iterator[Example]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _to_example(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise BadInputError(f"not an example ({type(error).__name__})", file=path.name, line=number) from error


def _to_example(fields: dict[str, object]) -> Example:
    categories = fields.pop("categories")
    stance = fields.pop("stance")
    if fields["split"] not in {"train", "dev", "held"} or not isinstance(categories, list):
        raise ValueError
    return Example(
        categories=tuple(Category(name) for name in categories),
        stance=None if stance is None else Stance(str(stance)),
        **fields,  # type: ignore[arg-type]  # JSON's own types; the checker looks at the values
    )
