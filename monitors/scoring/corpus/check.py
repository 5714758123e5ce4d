"""Looks over the corpus: duplicates, leaks from train to dev, wrong labels, balance.

python -m monitors.scoring.corpus.check
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from monitors.records import Category
from monitors.scoring.corpus import Example, read_corpus
from monitors.scoring.masking import prepare

ALERTING: Final = frozenset(Category) - {Category.DISCLOSURE}
_TOO_ALIKE: Final = 0.6
"""Share of three-letter pieces that two posts may have in common, names taken out."""
_LEAST: Final = 3
"""Fewer posts of a category on either side measure nothing."""


def main() -> None:
    """Print every fault and the balance; exit 1 when there is a fault."""
    examples = read_corpus()
    faults = list(faults_of(examples))
    sys.stdout.writelines(f"{line}\n" for line in (*balance(examples), *faults))
    sys.exit(1 if faults else 0)


def faults_of(examples: Sequence[Example]) -> Iterator[str]:
    """Every fault in one line each, with the ids concerned."""
    for example in examples:
        yield from (f"{example.id}: {fault}" for fault in _label_faults(example))
    yield from _repeated_ids(examples)
    yield from _split_families(examples)
    yield from _too_alike(examples)
    yield from _imbalance(examples)


def balance(examples: Sequence[Example]) -> list[str]:
    """How many posts there are of each category, stance and language, in train and dev."""
    counts = Counter((kind, name, example.split) for example in examples for kind, name in _facets(example))
    names = sorted({(kind, name) for kind, name, _ in counts})
    return [
        f"{kind:9} {name:18} train {counts[kind, name, 'train']:4}  dev {counts[kind, name, 'dev']:4}"
        for kind, name in names
    ]


def _facets(example: Example) -> Iterator[tuple[str, str]]:
    for name in example.categories or ("benign",):
        yield "category", str(name)
    yield "stance", str(example.stance)
    yield "lang", example.lang


def _label_faults(example: Example) -> Iterator[str]:
    is_alerting = bool(set(example.categories) & ALERTING)
    if is_alerting != (example.stance is not None):
        yield "a stance goes with an alerting category and with nothing else"
    if example.target is not None and example.target not in example.text:
        yield "the target does not stand in the text"
    if not (example.text.strip() and example.rationale and example.family):
        yield "text, rationale and family must be given"


def _repeated_ids(examples: Iterable[Example]) -> Iterator[str]:
    counts = Counter(example.id for example in examples)
    yield from (f"{name}: id is used {count} times" for name, count in counts.items() if count > 1)


def _split_families(examples: Iterable[Example]) -> Iterator[str]:
    splits: dict[str, set[str]] = {}
    for example in examples:
        splits.setdefault(example.family, set()).add(example.split)
    yield from (f"{family}: family is in train and dev" for family, sides in splits.items() if len(sides) > 1)


def _too_alike(examples: Sequence[Example]) -> Iterator[str]:
    texts = prepare([example.text for example in examples], [example.forms for example in examples])
    pieces = [{text[place : place + 3] for place in range(len(text) - 2)} for text in texts]
    for (first, one), (second, other) in combinations(zip(examples, pieces, strict=True), 2):
        shared = len(one & other)
        if shared and shared / len(one | other) >= _TOO_ALIKE:
            yield f"{first.id} and {second.id}: nearly the same text"


def _imbalance(examples: Sequence[Example]) -> Iterator[str]:
    counts = Counter((category, example.split) for example in examples for category in example.categories)
    for category in Category:
        for split in ("train", "dev"):
            if counts[category, split] < _LEAST:
                yield f"{category}: {counts[category, split]} posts in {split}"
    harmful = sum(example.spreads for example in examples)
    if harmful > len(examples) - harmful:
        yield f"{harmful} harmful posts, {len(examples) - harmful} counter-examples: at least as many are needed"


if __name__ == "__main__":
    main()
