"""Probabilities from vectors, and files that say what they belong to."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitors.scoring.encoder import ModelError
from monitors.scoring.examples import load_examples, save_examples
from monitors.scoring.heads import Heads, load_heads, save_heads, sigmoid, softmax
from monitors.scoring.onnx_encoder import OnnxEncoder
from tests.scoring.heads_by_hand import EAST, LABELS, NORTH, START, TINY, examples_by_hand, heads_by_hand


def probability(heads: Heads, vector: Any, label: str = "sexual_rumor") -> float:
    return float(heads.label_probabilities(np.array([vector], dtype=np.float32))[0, LABELS.index(label)])


@pytest.mark.parametrize(("east", "expected"), [(0, 0.00005), (0.5, 0.5), (0.6, 0.881), (1, 0.99995)])
def test_probability_follows_the_margin(east: float, expected: float) -> None:
    """By hand: 20 times the way from one half, through a sigmoid."""
    assert probability(heads_by_hand(), east * EAST) == pytest.approx(expected, abs=1e-3)


def test_calibration_bends_the_margin() -> None:
    """Slope and offset are Platt's: a steep head that was too sure of itself becomes modest."""
    half = np.full(len(LABELS), 0.1, dtype=np.float32)

    assert probability(heads_by_hand(slope=half), EAST) == pytest.approx(0.731, abs=1e-3)


def test_vectors_are_standardised_first() -> None:
    """Centre and spread are those of the vectors that the heads were fitted on."""
    heads = heads_by_hand(centre=EAST, spread=np.full(3, 2, dtype=np.float32))

    assert probability(heads, 2 * EAST) == pytest.approx(0.5, abs=1e-4)


def test_stances_sum_to_one() -> None:
    """Four equal stances have a quarter each."""
    rows = heads_by_hand().stance_probabilities(np.stack([EAST, NORTH]))

    assert np.allclose(rows, 0.25)


@given(arrays(np.float32, (3, 4), elements=st.floats(-1e6, 1e6, width=32)))
def test_probabilities_are_probabilities(margins: Any) -> None:
    """No margin overflows; sigmoids lie within 0 and 1, softmax rows sum to 1."""
    assert ((sigmoid(margins) >= 0) & (sigmoid(margins) <= 1)).all()
    assert np.allclose(softmax(margins).sum(axis=1), 1)


def test_saved_heads_are_the_same(tmp_path: Path) -> None:
    """Heads survive the disk, and their revision with them."""
    save_heads(heads_by_hand(), tmp_path)

    heads = load_heads(tmp_path, OnnxEncoder(TINY))

    assert probability(heads, EAST) == probability(heads_by_hand(), EAST)
    assert heads.provenance.labels == LABELS
    assert heads.revision == load_heads(tmp_path, OnnxEncoder(TINY)).revision


def test_revision_changes_with_any_threshold(tmp_path: Path) -> None:
    """A stored score tells which thresholds it was compared with."""
    revisions = set()
    for thresholds in (0.5, 0.6):
        save_heads(heads_by_hand(thresholds=np.full(len(LABELS), thresholds, dtype=np.float32)), tmp_path)
        revisions.add(load_heads(tmp_path, OnnxEncoder(TINY)).revision)

    assert len(revisions) == 2


def test_heads_of_another_encoder_are_refused(tmp_path: Path) -> None:
    """Vectors of another model would give numbers that mean nothing; the message says what to do."""
    save_heads(heads_by_hand(), tmp_path)
    meant = json.loads((tmp_path / "heads.json").read_text()) | {"encoder_revision": "0123456789ab"}
    (tmp_path / "heads.json").write_text(json.dumps(meant))

    with pytest.raises(ModelError, match="fitted on tiny 0123456789ab, not on tiny") as caught:
        load_heads(tmp_path, OnnxEncoder(TINY))

    assert "train_heads" in caught.value.advice


def test_heads_of_another_width_are_refused(tmp_path: Path) -> None:
    """The shape is checked before the first text."""
    save_heads(heads_by_hand(weights=np.zeros((len(LABELS), 4), dtype=np.float32)), tmp_path)

    with pytest.raises(ModelError, match=r"heads have shape \(9, 4\)"):
        load_heads(tmp_path, OnnxEncoder(TINY))


def test_changed_numbers_are_noticed(tmp_path: Path) -> None:
    """heads.json vouches for heads.npz by its sha256."""
    save_heads(heads_by_hand(), tmp_path)
    (tmp_path / "other").mkdir()
    save_heads(heads_by_hand(bias=np.zeros(len(LABELS), dtype=np.float32)), tmp_path / "other")
    (tmp_path / "other" / "heads.npz").rename(tmp_path / "heads.npz")

    with pytest.raises(ModelError, match=r"heads\.npz: is not the file"):
        load_heads(tmp_path, OnnxEncoder(TINY))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"labels": 1}'])
def test_unreadable_heads_are_named(tmp_path: Path, content: str) -> None:
    """Whatever is wrong with the file, the folder is named."""
    (tmp_path / "heads.json").write_text(content)

    with pytest.raises(ModelError, match="no heads can be read there"):
        load_heads(tmp_path, OnnxEncoder(TINY))


def test_nearest_example_of_each_category() -> None:
    """A text in the east is most like the rumour; the nearest account is named too, for whoever asks why not."""
    (nearest,) = examples_by_hand().nearest(np.array([[0.9, 0.3, 0.3]], dtype=np.float32))

    assert nearest == {None: "rumor-1", "sexual_rumor": "rumor-1", "disclosure": "account-1"}


def test_saved_examples_keep_their_neighbours(tmp_path: Path) -> None:
    """One byte a number is enough for the order of neighbours."""
    save_examples(examples_by_hand(), tmp_path)

    nearest = load_examples(tmp_path).nearest(np.stack([EAST, NORTH, START]))

    assert [names[None] for names in nearest] == ["rumor-1", "account-1", "benign-1"]


def test_missing_examples_are_named(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(ModelError, match=r"examples\.npz: cannot be read"):
        load_examples(tmp_path)
