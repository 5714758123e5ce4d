"""Measures the shipped scorer and prints the text section of docs/evaluation.md.

    python -m monitors.scoring.workshop.evaluate [--to FILE]

Own corpus: dev families, which neither encoder nor heads have learned from; since thresholds are chosen on them, each
half of the families is measured with those of the other half. Public sets: dev splits, or sets for measuring only.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.records import Category, Score
from monitors.scoring.corpus import Example, read_corpus
from monitors.scoring.encoder import Encoder
from monitors.scoring.examples import load_examples
from monitors.scoring.heads import load_heads
from monitors.scoring.onnx_encoder import SHIPPED, OnnxEncoder
from monitors.scoring.scorer import Reading, Scorer, scorer_of
from monitors.scoring.workshop.fitting import f1
from monitors.scoring.workshop.material import gather
from monitors.scoring.workshop.public_data import read_public
from monitors.scoring.workshop.train_heads import CALIBRATED, calibrated, split_of
from monitors.scoring.workshop.vectors import CachedEncoder

_ALERTING: Final = tuple(category for category in Category if category is not Category.DISCLOSURE)
# Enough to see one false alarm in a hundred to within half a hundredth, in minutes.
_HARMLESS: Final = {"zh_news_titles": ("dev", 2000), "weibo_ner_person": ("train", None), "wnut17_person": ("dev", 500)}
_ABUSIVE: Final = {"cold": 1000, "swsr": None, "edos": 1000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One category on the dev families."""

    name: str
    posts: int
    precision: float
    recall: float
    f1: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the fragment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path)
    options = parser.parse_args(arguments)
    fragment = report(CachedEncoder(OnnxEncoder(SHIPPED)), SHIPPED)
    if options.to:
        options.to.write_text(fragment, encoding="utf-8")
    else:
        sys.stdout.write(fragment)


def report(encoder: Encoder, folder: Path) -> str:
    """The whole fragment, as Markdown."""
    scorer = scorer_of(encoder, folder)
    dev, readings = measure_in_halves(encoder, folder)
    lines = [f"Model {scorer.model}, revision {scorer.revision}; {len(dev)} posts of dev families.", ""]
    lines += _category_table(dev, readings)
    lines += ["", *_sides(dev, readings), "", *_harmless_table(dev, readings, scorer), "", *_abusive_table(scorer)]
    return "\n".join([*lines, ""])


def measure_in_halves(encoder: Encoder, folder: Path) -> tuple[list[Example], list[Reading]]:
    """Dev examples with their readings, each half calibrated on the other."""
    halves = in_halves(split_of(read_corpus(), "dev"))
    heads, examples = load_heads(folder, encoder), load_examples(folder)
    measured: list[Example] = []
    readings: list[Reading] = []
    for half, other in (halves, halves[::-1]):
        chosen = calibrated(heads, gather(encoder, other, CALIBRATED, split="dev"))
        scorer = Scorer(encoder, chosen, examples)
        measured += half
        readings += scorer.score_texts([example.text for example in half], [example.forms for example in half])
    return measured, readings


def in_halves(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Families dealt out in turn within each kind, so that both halves have some of everything."""
    kinds = sorted({(example.categories, str(example.stance), example.lang, example.family) for example in examples})
    first = {family for place, (*_, family) in enumerate(kinds) if place % 2}
    return (
        [example for example in examples if example.family in first],
        [example for example in examples if example.family not in first],
    )


def _category_table(dev: Sequence[Example], readings: Sequence[Reading]) -> list[str]:
    rows = [_row(category, dev, readings) for category in Category]
    mean = sum(row.f1 for row in rows) / len(rows)
    return [
        "| category | posts | precision | recall | F1 |",
        "| --- | --- | --- | --- | --- |",
        *(f"| {row.name} | {row.posts} | {row.precision:.2f} | {row.recall:.2f} | {row.f1:.2f} |" for row in rows),
        f"| **mean** | {len(dev)} | | | **{mean:.3f}** |",
    ]


def _row(category: Category, dev: Sequence[Example], readings: Sequence[Reading]) -> Row:
    is_so = np.array([category in example.categories for example in dev])
    is_found = np.array([category in reading.labels for reading in readings])
    both = int((is_so & is_found).sum())
    return Row(
        name=category.value,
        posts=int(is_so.sum()),
        precision=both / max(int(is_found.sum()), 1),
        recall=both / max(int(is_so.sum()), 1),
        f1=f1(is_so, is_found),
    )


def _sides(dev: Sequence[Example], readings: Sequence[Reading]) -> list[str]:
    spreads = [reading for example, reading in zip(dev, readings, strict=True) if example.spreads]
    others = [reading for example, reading in zip(dev, readings, strict=True) if example.stance and not example.spreads]
    right = [
        reading.stance is example.stance
        for example, reading in zip(dev, readings, strict=True)
        if example.stance and reading.stance
    ]
    missed = sum(not _alerts(reading) for reading in spreads)
    muted = sum(bool(_found(reading)) and not _alerts(reading) for reading in spreads)
    return [
        f"- posts that spread: {len(spreads)}; muted {_share(muted, len(spreads))}; not alerted {_share(missed, len(spreads))}",
        f"- posts that deny, report or support: {len(others)}; still alerting {_share(sum(map(_alerts, others)), len(others))}",
        f"- stance right, where both have one: {_share(sum(right), len(right))}",
    ]


def _harmless_table(dev: Sequence[Example], readings: Sequence[Reading], scorer: Scorer) -> list[str]:
    def of(kind: str) -> list[Reading]:
        pairs = zip(dev, readings, strict=True)
        return [
            reading for example, reading in pairs if [c.value for c in example.categories] == ([kind] if kind else [])
        ]

    groups = {"own dev, benign": of(""), "own dev, disclosure": of("disclosure")}
    for name, (split, rows) in _HARMLESS.items():
        groups[name] = scorer.score_texts([post.text for post in read_public(name, split, at_most=rows)])
    return [
        "| harmless posts | posts | false alarms |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {len(group)} | {_share(sum(map(_alerts, group)), len(group))} |"
            for name, group in groups.items()
        ),
    ]


def _abusive_table(scorer: Scorer) -> list[str]:
    lines = ["| `abusive` on | posts | macro-F1 |", "| --- | --- | --- |"]
    threshold = scorer.abusive_threshold
    for name, rows in _ABUSIVE.items():
        posts = [post for post in read_public(name, "dev", at_most=rows) if post.abusive is not None]
        readings = scorer.score_texts([post.text for post in posts])
        found = np.array([(reading.abusive or 0) >= threshold for reading in readings])
        lines.append(
            f"| {name} dev | {len(posts)} | {_macro_f1(np.array([bool(post.abusive) for post in posts]), found):.3f} |"
        )
    return lines


def _found(reading: Reading) -> list[Score]:
    labels = set(reading.labels)
    return [score for score in reading.scores if score.category in labels and score.category in _ALERTING]


def _alerts(reading: Reading) -> bool:
    return any(not score.muted for score in _found(reading))


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / max(whole, 1):.1%})"


def _macro_f1(labels: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    return (f1(labels, found) + f1(~labels, ~found)) / 2


if __name__ == "__main__":
    main()
