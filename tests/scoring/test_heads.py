"""Probabilities from vectors, and files that say what they belong to."""

import re
from collections.abc import Callable
from dataclasses import replace
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
from monitors.scoring.manifest import file_sha256
from monitors.scoring.onnx_encoder import OnnxEncoder
from monitors.scoring.scorer import scorer_of
from monitors.scoring.stored_numbers import read_numbers
from tests.scoring.heads_by_hand import (
    EAST,
    LABELS,
    NORTH,
    START,
    TINY,
    examples_by_hand,
    heads_by_hand,
    save_by_hand,
)


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
    save_by_hand(tmp_path)

    heads = load_heads(tmp_path, OnnxEncoder(TINY))

    assert probability(heads, EAST) == probability(heads_by_hand(), EAST)
    assert heads.provenance.labels == LABELS
    assert heads.revision == load_heads(tmp_path, OnnxEncoder(TINY)).revision


def test_revision_changes_with_any_threshold(tmp_path: Path) -> None:
    """A stored score tells which thresholds it was compared with."""
    revisions = set()
    for thresholds in (0.5, 0.6):
        save_by_hand(tmp_path, thresholds=np.full(len(LABELS), thresholds, dtype=np.float32))
        revisions.add(load_heads(tmp_path, OnnxEncoder(TINY)).revision)

    assert len(revisions) == 2


def test_heads_of_another_encoder_are_refused(tmp_path: Path) -> None:
    """Vectors of another model would give numbers that mean nothing; the message says what to do."""
    heads = heads_by_hand()
    save_examples(examples_by_hand(), tmp_path)
    save_heads(replace(heads, provenance=replace(heads.provenance, encoder_revision="0123456789ab")), tmp_path)

    with pytest.raises(ModelError, match="fitted on tiny 0123456789ab, not on tiny") as caught:
        load_heads(tmp_path, OnnxEncoder(TINY))

    assert "train_heads" in caught.value.advice


def test_heads_of_another_width_are_refused(tmp_path: Path) -> None:
    """The shape is checked before the first text."""
    save_by_hand(tmp_path, weights=np.zeros((len(LABELS), 4), dtype=np.float32))

    with pytest.raises(ModelError, match=r"heads have shape \(9, 4\)"):
        load_heads(tmp_path, OnnxEncoder(TINY))


def test_changed_numbers_are_noticed(tmp_path: Path) -> None:
    """heads.json vouches for heads.npz by its sha256."""
    save_by_hand(tmp_path)
    (tmp_path / "other").mkdir()
    save_by_hand(tmp_path / "other", bias=np.zeros(len(LABELS), dtype=np.float32))
    (tmp_path / "other" / "heads.npz").rename(tmp_path / "heads.npz")

    with pytest.raises(ModelError, match=r"heads\.npz: is not the file"):
        load_heads(tmp_path, OnnxEncoder(TINY))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"labels": 1}'])
def test_unreadable_heads_are_named(tmp_path: Path, content: str) -> None:
    """Whatever is wrong with the file, the folder is named."""
    (tmp_path / "heads.json").write_text(content)

    with pytest.raises(ModelError, match="no heads can be read there"):
        load_heads(tmp_path, OnnxEncoder(TINY))


def test_changed_meaning_is_noticed(tmp_path: Path) -> None:
    """heads.json vouches for itself by its revision: one changed digit would mute other posts."""
    save_by_hand(tmp_path)
    meant = tmp_path / "heads.json"
    meant.write_text(meant.read_text().replace('"mute_at": 0.9', '"mute_at": 0.1'))

    with pytest.raises(ModelError, match=r"heads\.json: was changed"):
        load_heads(tmp_path, OnnxEncoder(TINY))


def test_revision_does_not_hang_on_the_examples(tmp_path: Path) -> None:
    """Other examples change no score, so that nothing is scored again for them."""
    save_by_hand(tmp_path)
    before = load_heads(tmp_path, OnnxEncoder(TINY))

    save_examples(replace(examples_by_hand(), ids=("rumor-2", "account-2", "benign-2")), tmp_path)
    save_heads(before, tmp_path)

    after = load_heads(tmp_path, OnnxEncoder(TINY))
    assert after.provenance.examples_sha256 != before.provenance.examples_sha256
    assert after.revision == before.revision


def emptied(_: bytes) -> bytes:
    return b""


def cut_short(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("damage", [emptied, cut_short, flipped])
@pytest.mark.parametrize("name", ["heads.npz", "examples.npz", "heads.json"])
def test_damaged_file_is_named(tmp_path: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    """Posts then wait as unscored, as with any model that cannot be used; nothing ends in a traceback."""
    save_by_hand(tmp_path)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))

    with pytest.raises(ModelError, match=re.escape(name)):
        scorer_of(OnnxEncoder(TINY), tmp_path)


@pytest.mark.parametrize("name", ["heads.npz", "examples.npz"])
@pytest.mark.parametrize("damage", [emptied, cut_short, flipped])
def test_file_that_was_damaged_before_it_was_hashed_is_named(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    """The sha256 of rubbish is right, and still no number comes out of it."""
    path = tmp_path / name
    save_by_hand(tmp_path)
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(ModelError, match=re.escape(name)):
        read_numbers(path, ["weights", "levels"], sha256=file_sha256(path))


def test_examples_with_every_sign_turned_are_refused(tmp_path: Path) -> None:
    """A whole and readable file of other numbers is not the one that the heads came with."""
    save_by_hand(tmp_path)
    save_examples(replace(examples_by_hand(), vectors=-examples_by_hand().vectors), tmp_path)

    with pytest.raises(ModelError, match=r"examples\.npz: is not the file"):
        load_examples(tmp_path)


def test_examples_of_another_width_are_refused(tmp_path: Path) -> None:
    """Vouched for, but of another encoder: said before the first text."""
    wide = replace(examples_by_hand(), vectors=np.eye(3, 5, dtype=np.float32), centre=np.zeros(5, dtype=np.float32))
    save_examples(wide, tmp_path)
    save_heads(heads_by_hand(), tmp_path)

    with pytest.raises(ModelError, match="vectors of 3 numbers"):
        scorer_of(OnnxEncoder(TINY), tmp_path)


def test_nearest_example_of_each_category() -> None:
    """A text in the east is most like the rumour; the nearest account is named too, for whoever asks why not."""
    (nearest,) = examples_by_hand().nearest(np.array([[0.9, 0.3, 0.3]], dtype=np.float32))

    assert nearest == {None: "rumor-1", "sexual_rumor": "rumor-1", "disclosure": "account-1"}


def test_saved_examples_keep_their_neighbours(tmp_path: Path) -> None:
    """One byte a number is enough for the order of neighbours."""
    save_by_hand(tmp_path)

    nearest = load_examples(tmp_path).nearest(np.stack([EAST, NORTH, START]))

    assert [names[None] for names in nearest] == ["rumor-1", "account-1", "benign-1"]


def test_missing_examples_are_named(tmp_path: Path) -> None:
    """The file is named."""
    save_by_hand(tmp_path)
    (tmp_path / "examples.npz").unlink()

    with pytest.raises(ModelError, match=r"examples\.npz: cannot be read"):
        load_examples(tmp_path)
