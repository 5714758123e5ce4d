"""Looks over the corpus: duplicates, leaks from train to dev, wrong labels, balance.

python -m monitors.scoring.corpus.check
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
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
    """How many posts there are of each category, stance and language, in each split."""
    counts = Counter((kind, name, example.split) for example in examples for kind, name in _facets(example))
    names = sorted({(kind, name) for kind, name, _ in counts})
    return [
        f"{kind:9} {name:18} train {counts[kind, name, 'train']:5}  dev {counts[kind, name, 'dev']:4}  held {counts[kind, name, 'held']:3}"
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
    yield from (f"{family}: family is in more than one split" for family, sides in splits.items() if len(sides) > 1)


def _too_alike(examples: Sequence[Example]) -> Iterator[str]:
    """Pairs that share most of their pieces.

    Two such texts share one of their rarest pieces, as many as the share leaves room for (Bayardo et al., *Scaling Up
    All Pairs Similarity Search*, 2007): only those that do are compared.
    """
    texts = prepare([example.text for example in examples], [example.forms for example in examples])
    pieces = [{text[place : place + 3] for place in range(len(text) - 2)} for text in texts]
    counts = Counter(piece for of_text in pieces for piece in of_text)
    with_piece: dict[str, list[int]] = defaultdict(list)
    for row, of_text in enumerate(pieces):
        rarest = sorted(of_text, key=lambda piece: (counts[piece], piece))
        telling = rarest[: len(rarest) - ceil(_TOO_ALIKE * len(rarest)) + 1]
        for other in sorted({other for piece in telling for other in with_piece[piece]}):
            shared = len(of_text & pieces[other])
            if shared / (len(of_text) + len(pieces[other]) - shared) >= _TOO_ALIKE:
                yield f"{examples[other].id} and {examples[row].id}: nearly the same text"
        for piece in telling:
            with_piece[piece].append(row)


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
