"""Heads for the tiny encoder whose probabilities can be checked by eye.

``east`` in a text speaks for a sexual rumour, ``north`` for an account of a harm, ``south`` (unknown to the tiny
encoder, and so the start token alone) for nothing. Every other label is far away.
"""

from pathlib import Path
from typing import Any

import numpy as np

from monitors.records import Category, Stance
from monitors.scoring.examples import Examples, save_examples
from monitors.scoring.heads import ABUSIVE, Arrays, Heads, Provenance, save_heads
from monitors.scoring.ngrams import no_grams
from monitors.scoring.onnx_encoder import OnnxEncoder
from monitors.scoring.scorer import Scorer

TINY = Path(__file__).parent / "tiny"
LABELS = (*(category.value for category in Category), ABUSIVE)
EAST, NORTH, START = np.eye(3, dtype=np.float32)
NEVER, STEEP = -20.0, 20.0


def heads_by_hand(*, stance_bias: tuple[float, ...] = (0, 0, 0, 0), mute_at: float = 0.9, **changed: Any) -> Heads:
    """Margin 20 × (coordinate - ½): .5 at one half, nearly sure at either end."""
    weights = np.zeros((len(LABELS), 3), dtype=np.float32)
    weights[LABELS.index("sexual_rumor")] = STEEP * EAST
    weights[LABELS.index("disclosure")] = STEEP * NORTH
    bias = np.full(len(LABELS), NEVER, dtype=np.float32)
    bias[[LABELS.index("sexual_rumor"), LABELS.index("disclosure")]] = -STEEP / 2
    ones = np.ones(len(LABELS), dtype=np.float32)
    grams = no_grams(len(LABELS) + len(Stance))
    numbers: dict[str, Any] = {
        "centre": np.zeros(3, dtype=np.float32),
        "spread": np.ones(3, dtype=np.float32),
        "weights": weights,
        "bias": bias,
        "slope": ones,
        "offset": 0 * ones,
        "thresholds": 0.5 * ones,
        "stance_weights": np.zeros((len(Stance), 3), dtype=np.float32),
        "stance_bias": np.array(stance_bias, dtype=np.float32),
        "gram_rarity": grams.rarity,
        "gram_levels": grams.levels,
        "gram_scales": grams.scales,
    }
    provenance = Provenance(
        encoder_id="tiny",
        encoder_revision=OnnxEncoder(TINY).revision,
        labels=LABELS,
        stances=tuple(stance.value for stance in Stance),
        mute_at=mute_at,
        trained_at="2026-11-23T00:00:00+00:00",
        sources=("by hand",),
    )
    return Heads(provenance=provenance, arrays=Arrays(**numbers | changed))


def examples_by_hand() -> Examples:
    """One rumour in the east, one account in the north, one benign example at the start."""
    is_of = np.zeros((3, len(Category)), dtype=np.bool_)
    is_of[0, list(Category).index(Category.SEXUAL_RUMOR)] = True
    is_of[1, list(Category).index(Category.DISCLOSURE)] = True
    return Examples(
        ids=("rumor-1", "account-1", "benign-1"),
        is_of=is_of,
        vectors=np.stack([EAST, NORTH, START]),
        centre=np.zeros(3, dtype=np.float32),
    )


def scorer_by_hand(**changed: Any) -> Scorer:
    """A scorer of the three."""
    return Scorer(OnnxEncoder(TINY, threads=1), heads_by_hand(**changed), examples_by_hand())


def save_by_hand(folder: Path, **changed: Any) -> None:
    """Heads and examples of a folder."""
    save_examples(examples_by_hand(), folder)
    save_heads(heads_by_hand(**changed), folder)
