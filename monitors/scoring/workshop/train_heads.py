"""Fits the shipped heads on the vectors of the encoder that will run them.

    python -m monitors.scoring.workshop.train_heads [--model NAME_OR_FOLDER --prefix P] [--to FOLDER]

Categories and stance come from the project's own corpus (train families); the public sets give ``abusive`` and
posts that are none of the categories. Dev families are never fitted on: ``evaluate`` measures on them.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.records import Category, Stance
from monitors.scoring.corpus import Example, read_corpus
from monitors.scoring.encoder import Encoder, unit_rows
from monitors.scoring.examples import Examples, save_examples
from monitors.scoring.heads import ABUSIVE, Arrays, Floats, Heads, Provenance, save_heads, softmax
from monitors.scoring.masking import prepare
from monitors.scoring.onnx_encoder import SHIPPED, OnnxEncoder
from monitors.scoring.workshop.fitting import Fitted, Task, best_threshold, fit, mute_threshold
from monitors.scoring.workshop.public_data import LEARNED, PublicPost, read_public
from monitors.scoring.workshop.vectors import CachedEncoder

# A public post says less about our categories than one written for them, and there are ten times as many.
_PUBLIC_WEIGHT: Final = 0.1
# Chosen among .3, 1, 3, 10 by macro-F1 out of fold (2026-11-23); the optimum is flat from 1 to 10.
_STRENGTH: Final = 3.0
_FALSE_ALARMS: Final = 0.003
"""Share of harmless public posts that one category may let through."""
_MUTED_SPREADS: Final = 0.02
"""Share of posts that do spread which may be muted (design §4)."""
_ABUSIVE_CATEGORIES: Final = frozenset({Category.INSULT, Category.THREAT, Category.SEXUAL_HARASSMENT})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """Everything the heads are fitted on: own examples first, public posts after them."""

    own: tuple[Example, ...]
    public: tuple[PublicPost, ...]
    vectors: Floats
    """Standardised."""
    families: NDArray[np.str_]

    @property
    def is_own(self) -> NDArray[np.bool_]:
        """One flag a row."""
        return np.arange(len(self.own) + len(self.public)) < len(self.own)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and write heads and examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a sentence-transformers name or folder instead of the shipped encoder")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--to", type=Path, default=SHIPPED)
    options = parser.parse_args(arguments)
    heads = train(CachedEncoder(_encoder(options.model, options.prefix)), options.to)
    sys.stdout.write(f"{options.to}: heads {heads.revision}, muting at {heads.provenance.mute_at:.3f}\n")


def train(encoder: Encoder, to: Path) -> Heads:
    """Fit heads for this encoder and write them, with the examples' vectors, into a folder."""
    own = read_corpus()
    learned = tuple(example for example in own if example.split == "train")
    public = tuple(post for name, rows in LEARNED.items() for post in read_public(name, "train", at_most=rows))
    raw = np.vstack([encode_own(encoder, learned), encode_public(encoder)])
    centre, spread = raw.mean(axis=0), _spread(raw)
    material = Material(
        own=learned,
        public=public,
        vectors=(raw - centre) / spread,
        families=np.array([example.family for example in learned] + [post.id for post in public]),
    )
    heads = _fit_all(material, encoder, centre, spread)
    to.mkdir(parents=True, exist_ok=True)
    save_heads(heads, to)
    save_examples(_examples(own, encode_own(encoder, own), centre), to)
    return heads


def encode_own(encoder: Encoder, examples: Sequence[Example]) -> Floats:
    """Vectors of examples with their targets masked."""
    return encoder.encode(prepare([example.text for example in examples], [example.forms for example in examples]))


def encode_public(encoder: Encoder) -> Floats:
    """Vectors of what is learned from the public sets, set by set so that each is cached."""
    sets = [read_public(name, "train", at_most=rows) for name, rows in LEARNED.items()]
    return np.vstack([encoder.encode(prepare([post.text for post in posts])) for posts in sets])


def _encoder(model: str | None, prefix: str) -> Encoder:
    if model is None:
        return OnnxEncoder(SHIPPED)
    from monitors.scoring.st_encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model, prefix=prefix)


def _spread(raw: Floats) -> Floats:
    """Deviation of each dimension; the root makes the strength mean the same for any dimension."""
    spread: Floats = ((raw.std(axis=0) + 1e-6) * np.sqrt(raw.shape[1])).astype(np.float32)
    return spread


def _fit_all(material: Material, encoder: Encoder, centre: Floats, spread: Floats) -> Heads:
    names = [*Category, ABUSIVE]
    fitted = [_fit_label(material, name) for name in names]
    stance_weights, stance_bias, mute_at = _fit_stance(material)
    arrays = Arrays(
        centre=centre,
        spread=spread,
        weights=np.stack([head.weights for head, _ in fitted]),
        bias=np.array([head.bias for head, _ in fitted], dtype=np.float32),
        slope=np.array([head.slope for head, _ in fitted], dtype=np.float32),
        offset=np.array([head.offset for head, _ in fitted], dtype=np.float32),
        thresholds=np.array([threshold for _, threshold in fitted], dtype=np.float32),
        stance_weights=stance_weights,
        stance_bias=stance_bias,
    )
    provenance = Provenance(
        encoder_id=encoder.id,
        encoder_revision=encoder.revision,
        labels=tuple(str(name) for name in names),
        stances=tuple(stance.value for stance in Stance),
        mute_at=mute_at,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        sources=("monitors/scoring/corpus (train families)", *(f"{name} (train, {n})" for name, n in LEARNED.items())),
    )
    return Heads(provenance=provenance, arrays=arrays)


def _fit_label(material: Material, name: str) -> tuple[Fitted, float]:
    """A head and its threshold."""
    answers = _answers(material, name)
    known = np.array([answer is not None for answer in answers])
    is_own = material.is_own[known]
    task = Task(
        vectors=material.vectors[known],
        labels=np.array([bool(answer) for answer in answers])[known],
        weights=np.where(is_own | (name == ABUSIVE), 1.0, _PUBLIC_WEIGHT),
        families=material.families[known],
    )
    judged = is_own if name != ABUSIVE else ~is_own
    head = fit(task, strength=_STRENGTH, calibrate_on=judged)
    probabilities = head.unseen_probabilities
    harmless = probabilities[~is_own & ~task.labels] if name != ABUSIVE else np.zeros(0)
    threshold = best_threshold(
        probabilities[judged], task.labels[judged], harmless=harmless, false_alarms=_FALSE_ALARMS
    )
    return head, threshold


def _answers(material: Material, name: str) -> list[bool | None]:
    """Yes, no, or None where a row says nothing about this label."""
    if name == ABUSIVE:
        return [is_abusive(example) for example in material.own] + [post.abusive for post in material.public]
    category = Category(name)
    own: list[bool | None] = [category in example.categories for example in material.own]
    return own + [None if category in post.maybe else False for post in material.public]


def is_abusive(example: Example) -> bool | None:
    """Whether an example is abusive as the public sets mean it; None where they would not say."""
    if example.spreads and set(example.categories) & _ABUSIVE_CATEGORIES:
        return True
    return None if example.categories else False


def _fit_stance(material: Material) -> tuple[Floats, Floats, float]:
    """Weights and bias a stance, and the threshold of muting."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    rows = [row for row, example in enumerate(material.own) if example.stance]
    sides = np.array([list(Stance).index(material.own[row].stance or Stance.SPREADS) for row in rows])
    vectors, families = material.vectors[rows], material.families[rows]
    model = LogisticRegression(C=_STRENGTH, max_iter=2000, class_weight="balanced")
    folds = GroupKFold(5, shuffle=True, random_state=0)
    margins = cross_val_predict(model, vectors, sides, groups=families, cv=folds, method="decision_function")
    spreads = list(Stance).index(Stance.SPREADS)
    mute_at = mute_threshold(1 - softmax(margins)[:, spreads], sides == spreads, at_most=_MUTED_SPREADS)
    model.fit(vectors, sides)
    return model.coef_.astype(np.float32), model.intercept_.astype(np.float32), mute_at


def _examples(own: Sequence[Example], raw: Floats, centre: Floats) -> Examples:
    return Examples(
        ids=tuple(example.id for example in own),
        is_of=np.array([[category in example.categories for category in Category] for example in own]),
        vectors=unit_rows(raw - centre),
        centre=centre,
    )


if __name__ == "__main__":
    main()
