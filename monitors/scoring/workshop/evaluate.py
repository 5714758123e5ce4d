"""Measures the shipped scorer and prints the text section of docs/evaluation.md.

    python -m monitors.scoring.workshop.evaluate [--to FILE]

Own corpus: dev families, which neither encoder nor heads have learned from; since thresholds are chosen on them, each
half of the families is measured with those of the other half. Held posts, of writers that nothing was learned from or
chosen on, are measured with the thresholds that ship. Public sets: dev splits, or sets for measuring only.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.records import Category
from monitors.scoring.corpus import Example, read_corpus
from monitors.scoring.encoder import Encoder
from monitors.scoring.examples import load_examples
from monitors.scoring.heads import load_heads
from monitors.scoring.onnx_encoder import SHIPPED, OnnxEncoder
from monitors.scoring.scorer import Scorer, scorer_of
from monitors.scoring.stance import NEVER_MUTED
from monitors.scoring.workshop.evasion import WAYS, rewrite
from monitors.scoring.workshop.fitting import f1
from monitors.scoring.workshop.material import gather
from monitors.scoring.workshop.measures import (
    Judged,
    alerts,
    calibration_error,
    interval,
    macro_f1,
    share,
)
from monitors.scoring.workshop.public_data import PublicPost, absent, data_folder, read_public
from monitors.scoring.workshop.readers import agreement, read_readings
from monitors.scoring.workshop.train_heads import CALIBRATED, calibrated, split_of
from monitors.scoring.workshop.vectors import CachedEncoder

# Enough to see one false alarm in a hundred to within half a hundredth, in minutes.
_HARMLESS: Final = {"zh_news_titles": ("dev", 2000), "weibo_ner_person": ("train", None), "wnut17_person": ("dev", 500)}
_ABUSIVE: Final = {"cold": 1000, "swsr": None, "edos": 1000}
_LARGE: Final = frozenset({"zh-Hans", "zh-Hant", "en"})
_FIRST_WRITERS: Final = frozenset("abcde")
"""Those before the corpus grew fivefold on 2026-11-23: figures of before are of their posts."""
_LISTED: Final = 12
"""Ids of false alarms named a set."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the fragment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path)
    options = parser.parse_args(arguments)
    if missing := absent([*_HARMLESS, *_ABUSIVE]):
        sys.stdout.write(f"{data_folder()} lacks {', '.join(missing)}: left out (SHOUWANG_DATA says where sets are)\n")
    fragment = report(CachedEncoder(OnnxEncoder(SHIPPED)), SHIPPED)
    if options.to:
        options.to.write_text(fragment, encoding="utf-8")
    else:
        sys.stdout.write(fragment)


def report(encoder: Encoder, folder: Path) -> str:
    """The whole fragment, as Markdown."""
    scorer = scorer_of(encoder, folder)
    scorers = in_turn(encoder, folder)
    dev = Judged(examples=(), readings=())
    for half, by_half in scorers:
        dev = _together(dev, _judge(by_half, half))
    lines = [f"Model {scorer.model}, revision {scorer.revision}; {len(dev)} posts of dev families.", ""]
    parts = (
        agreement(read_readings()),
        _categories(dev),
        _languages(dev),
        _sides(dev),
        _writers(dev, _judge(scorer, split_of(read_corpus(), "held"))),
        _harmless(dev, scorer),
        _evasions(scorers),
        _abusive(scorer),
    )
    for part in parts:
        lines += [*part, ""]
    return "\n".join(lines)


def in_turn(encoder: Encoder, folder: Path) -> list[tuple[list[Example], Scorer]]:
    """Each half of the dev families with a scorer whose thresholds were chosen on the other."""
    halves = in_halves(split_of(read_corpus(), "dev"))
    heads, examples = load_heads(folder, encoder), load_examples(folder)
    return [
        (half, Scorer(encoder, calibrated(heads, gather(encoder, other, CALIBRATED, split="dev")), examples))
        for half, other in (halves, halves[::-1])
    ]


def in_halves(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Families dealt out in turn within each kind, so that both halves have some of everything."""
    kinds = sorted({(example.categories, str(example.stance), example.lang, example.family) for example in examples})
    first = {family for place, (*_, family) in enumerate(kinds) if place % 2}
    return (
        [example for example in examples if example.family in first],
        [example for example in examples if example.family not in first],
    )


def _judge(scorer: Scorer, examples: Sequence[Example]) -> Judged:
    readings = scorer.score_texts([example.text for example in examples], [example.forms for example in examples])
    return Judged(examples=tuple(examples), readings=tuple(readings))


def _together(one: Judged, other: Judged) -> Judged:
    return Judged(examples=one.examples + other.examples, readings=one.readings + other.readings)


def _categories(dev: Judged) -> Iterator[str]:
    yield from ("| category | posts | precision | recall | F1 |", "| --- | --- | --- | --- | --- |")
    wanted, found = dev.wanted, dev.found
    for place, category in enumerate(Category):
        both = int((wanted[:, place] & found[:, place]).sum())
        posts, said = int(wanted[:, place].sum()), int(found[:, place].sum())
        value = f1(wanted[:, place], found[:, place])
        yield f"| {category.value} | {posts} | {both / max(said, 1):.2f} | {both / max(posts, 1):.2f} | {value:.2f} |"
    yield f"| **mean** {_with_interval(dev)} | {len(dev)} | | | |"
    yield ""
    yield f"Calibration error over all categories (ten bins): {calibration_error(dev):.3f}."


def _languages(dev: Judged) -> Iterator[str]:
    yield from ("| language | posts | macro-F1 [95 %] | spreading posts told |", "| --- | --- | --- | --- |")
    languages = sorted({example.lang for example in dev.examples})
    for name in languages:
        yield _language_row(name, dev.where([example.lang == name for example in dev.examples]))
    small = dev.where([example.lang not in _LARGE for example in dev.examples])
    if len(small):
        yield _language_row("**small ones together**", small)


def _language_row(name: str, part: Judged) -> str:
    spreading = part.where([example.spreads for example in part.examples])
    told = share(sum(map(alerts, spreading.readings)), len(spreading))
    return f"| {name} | {len(part)} | {_with_interval(part)} | {told} |"


def _with_interval(part: Judged) -> str:
    low, high = interval(part)
    return f"{macro_f1(part.wanted, part.found):.3f} [{low:.2f}–{high:.2f}]"


def _sides(dev: Judged) -> Iterator[str]:
    spreading = dev.where([example.spreads for example in dev.examples])
    others = dev.where([example.stance is not None and not example.spreads for example in dev.examples])
    may_be_muted = others.where([not set(example.categories) & NEVER_MUTED for example in others.examples])
    both = [
        reading.stance is example.stance
        for example, reading in zip(dev.examples, dev.readings, strict=True)
        if example.stance and reading.stance
    ]
    muted = sum(any(score.muted for score in reading.scores) and not alerts(reading) for reading in spreading.readings)
    yield f"- posts that spread: {len(spreading)}; told {_told(spreading)}; muted {share(muted, len(spreading))}"
    yield f"- posts that deny, report or support: {len(others)}; still alerting {_told(others)}"
    yield f"- of these, without threat, doxxing or imagery, which are never muted: {len(may_be_muted)}; still alerting {_told(may_be_muted)}"
    yield f"- stance right, where both have one: {share(sum(both), len(both))}"


def _told(part: Judged) -> str:
    return share(sum(map(alerts, part.readings)), len(part))


def _writers(dev: Judged, held: Judged) -> Iterator[str]:
    """Writer by writer: dev posts, and posts by those of whom nothing was learned."""
    yield "| posts by | posts | macro-F1 [95 %] | spreading told | other sides alerting | harmless alerting | accounts alerting |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    writers = [_writer(example) for example in dev.examples]
    for writer in sorted(set(writers)):
        yield _writer_row(writer, dev.where([name == writer for name in writers]))
    yield _writer_row("**a to e, the first**", dev.where([name in _FIRST_WRITERS for name in writers]))
    for part in sorted({example.part for example in held.examples}):
        yield _writer_row(f"{part}, held", held.where([example.part == part for example in held.examples]))
    if len(held):
        yield _writer_row("**all held**", held)


def _writer(example: Example) -> str:
    return example.part.rpartition("_")[2]


def _writer_row(name: str, part: Judged) -> str:
    sides = (
        [example.spreads for example in part.examples],
        [example.stance is not None and not example.spreads for example in part.examples],
        [not example.categories for example in part.examples],
        [example.categories == (Category.DISCLOSURE,) for example in part.examples],
    )
    told = " | ".join(_told(part.where(side)) for side in sides)
    return f"| {name} | {len(part)} | {_with_interval(part)} | {told} |"


def _harmless(dev: Judged, scorer: Scorer) -> Iterator[str]:
    yield from ("| harmless posts | posts | false alarms | which |", "| --- | --- | --- | --- |")
    own = {"own dev, benign": (), "own dev, disclosure": (Category.DISCLOSURE,)}
    for name, categories in own.items():
        part = dev.where([example.categories == categories for example in dev.examples])
        wrong = [example.id for example, reading in zip(part.examples, part.readings, strict=True) if alerts(reading)]
        yield f"| {name} | {len(part)} | {share(len(wrong), len(part))} | {_listed(wrong)} |"
    for name, (split, rows) in _HARMLESS.items():
        posts = read_public(name, split, at_most=rows)
        if not posts:
            continue
        readings = scorer.score_texts([post.text for post in posts])
        wrong = [post.id for post, reading in zip(posts, readings, strict=True) if alerts(reading)]
        yield f"| {name} | {len(posts)} | {share(len(wrong), len(posts))} | {_listed(wrong)} |"


def _listed(ids: Sequence[str]) -> str:
    return " ".join(ids[:_LISTED]) + (f" and {len(ids) - _LISTED} more" if len(ids) > _LISTED else "")


def _evasions(scorers: Sequence[tuple[list[Example], Scorer]]) -> Iterator[str]:
    """How many spreading Chinese posts are still told when they are written to slip through."""
    yield from ("| written | spreading zh posts told | loss of recall |", "| --- | --- | --- |")
    plain = 0
    for way in ("plain", *WAYS):
        told, posts = 0, 0
        for half, scorer in scorers:
            kept = [example for example in half if example.spreads and example.lang == "zh-Hans"]
            texts = [example.text for example in kept]
            texts = texts if way == "plain" else [_rewritten(example, way) for example in kept]
            told += sum(map(alerts, scorer.score_texts(texts, [example.forms for example in kept])))
            posts += len(kept)
        plain = plain or told
        yield f"| {way} | {share(told, posts)} | {1 - told / max(plain, 1):.1%} |"


def _rewritten(example: Example, way: str) -> str:
    """The text with everything but its target rewritten: who she is was found before."""
    if example.target is None:
        return rewrite([example.text], way)[0]
    return example.target.join(rewrite(example.text.split(example.target), way))


def _abusive(scorer: Scorer) -> Iterator[str]:
    yield from ("| `abusive` on | posts | macro-F1 | char TF-IDF + LR |", "| --- | --- | --- | --- |")
    for name, rows in _ABUSIVE.items():
        posts = [post for post in read_public(name, "dev", at_most=rows) if post.abusive is not None]
        if not posts:
            continue
        readings = scorer.score_texts([post.text for post in posts])
        found = np.array([(reading.abusive or 0) >= scorer.abusive_threshold for reading in readings])
        labels = np.array([bool(post.abusive) for post in posts])
        yield f"| {name} dev | {len(posts)} | {_two_sided(labels, found):.3f} | {_floor(name, posts, labels):.3f} |"


def _floor(name: str, posts: Sequence[PublicPost], labels: NDArray[np.bool_]) -> float:
    """The usual baseline, trained on the whole train split of the same set."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    learned = [post for post in read_public(name, "train") if post.abusive is not None]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True, max_features=200_000)
    rows = vectorizer.fit_transform([post.text for post in learned])
    model = LogisticRegression(C=5, class_weight="balanced", solver="liblinear")
    model.fit(rows, [bool(post.abusive) for post in learned])
    return _two_sided(labels, model.predict(vectorizer.transform([post.text for post in posts])))


def _two_sided(labels: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    return (f1(labels, found) + f1(~labels, ~found)) / 2


if __name__ == "__main__":
    main()
