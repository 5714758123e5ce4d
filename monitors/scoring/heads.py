"""Heads on an encoder's vectors and a text's spelling: one a category, one for ``abusive``, one for the stance.

Categories compete with each other and with "none of them": what speaks for a rumour speaks against an insult.

Stored as ``heads.npz`` (numbers) and ``heads.json`` (what they mean and where they come from, and the sha256 of all
numbers, those of the examples too); nothing is unpickled.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.encoder import Encoder, ModelError
from monitors.scoring.manifest import file_sha256
from monitors.scoring.ngrams import BITS, Grams
from monitors.scoring.stored_numbers import ADVICE, read_numbers

Floats = NDArray[np.float32]

ABUSIVE: Final = "abusive"
EXAMPLES: Final = "examples.npz"
_MEANING: Final = "heads.json"
_NUMBERS: Final = "heads.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a set of heads belongs to and came from."""

    encoder_id: str
    encoder_revision: str
    labels: tuple[str, ...]
    stances: tuple[str, ...]
    mute_at: float
    """Least probability of a stance other than ``spreads`` at which a post is muted."""
    trained_at: str
    sources: tuple[str, ...]
    arrays_sha256: str = ""
    examples_sha256: str = ""

    @property
    def revision(self) -> str:
        """Twelve hex digits that change with any number or threshold; no score depends on the examples."""
        told = {name: value for name, value in _as_dict(self).items() if name != "examples_sha256"}
        return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """The numbers of the heads: ``k`` labels, ``s`` stances, ``d`` dimensions; ``gram_`` ones have ``k + s`` columns."""

    centre: Floats
    spread: Floats
    weights: Floats
    bias: Floats
    slope: Floats
    offset: Floats
    thresholds: Floats
    stance_weights: Floats
    stance_bias: Floats
    gram_rarity: NDArray[np.float16]
    gram_levels: NDArray[np.int8]
    gram_scales: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heads:
    """Calibrated probabilities from vectors of one encoder, with what the texts' spelling adds (``gram_margins``)."""

    provenance: Provenance
    arrays: Arrays

    @property
    def revision(self) -> str:
        """Twelve hex digits that change with any number or threshold."""
        return self.provenance.revision

    @property
    def thresholds(self) -> dict[str, float]:
        """By label, the least probability at which it is found where no verdict moved it."""
        return dict(zip(self.provenance.labels, map(float, self.arrays.thresholds), strict=True))

    def gram_margins(self, texts: Sequence[str]) -> Floats:
        """What the spelling of prepared texts adds to each margin: labels first, then stances."""
        return self.grams.margins(texts)

    @property
    def grams(self) -> Grams:
        """What the heads know of spelling; columns are labels, then stances."""
        arrays = self.arrays
        return Grams(rarity=arrays.gram_rarity, levels=arrays.gram_levels, scales=arrays.gram_scales)

    def label_probabilities(self, vectors: Floats, grams: Floats | None = None) -> NDArray[np.float64]:
        """One row a vector, one column a label, each between 0 and 1."""
        return sigmoid(self.label_margins(vectors, grams) * self.arrays.slope + self.arrays.offset)

    def label_margins(self, vectors: Floats, grams: Floats | None = None) -> Floats:
        """The same before calibration: log odds of each category against all else, and of ``abusive``."""
        margins: Floats = self._standardised(vectors) @ self.arrays.weights.T + self.arrays.bias
        if grams is not None:
            margins = margins + grams[:, : margins.shape[1]]
        return against_the_rest(margins)

    def stance_probabilities(self, vectors: Floats, grams: Floats | None = None) -> NDArray[np.float64]:
        """One row a vector, one column a stance; rows sum to 1."""
        margins = self._standardised(vectors) @ self.arrays.stance_weights.T + self.arrays.stance_bias
        if grams is not None:
            margins = margins + grams[:, -margins.shape[1] :]
        return softmax(margins)

    def _standardised(self, vectors: Floats) -> Floats:
        scaled: Floats = (vectors - self.arrays.centre) / self.arrays.spread
        return scaled


def against_the_rest(margins: Floats) -> Floats:
    """Log odds of each category against the others and "none", whose margin is 0; the last column stays as it is."""
    kinds = np.concatenate([margins[:, :-1].astype(np.float64), np.zeros((len(margins), 1))], axis=1)
    shares = softmax(kinds)[:, :-1]
    # Beyond these ends a float cannot tell the odds from certainty.
    odds = np.clip(shares, 1e-12, 1 - 1e-12)
    return np.concatenate([np.log(odds) - np.log1p(-odds), margins[:, -1:]], axis=1).astype(np.float32)


def sigmoid(margins: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities of margins, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * margins.astype(np.float64))))


def softmax(margins: NDArray[Any]) -> NDArray[np.float64]:
    """Rows that sum to 1."""
    powers = np.exp(margins.astype(np.float64) - margins.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def save_heads(heads: Heads, folder: Path) -> None:
    """Write both files. The examples are there already: ``heads.json`` vouches for them."""
    arrays = {field.name: getattr(heads.arrays, field.name) for field in fields(Arrays)}
    np.savez_compressed(folder / _NUMBERS, **arrays)
    provenance = replace(
        heads.provenance,
        arrays_sha256=file_sha256(folder / _NUMBERS),
        examples_sha256=file_sha256(folder / EXAMPLES),
    )
    meant = {**_as_dict(provenance), "revision": provenance.revision}
    (folder / _MEANING).write_text(json.dumps(meant, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def load_heads(folder: Path, encoder: Encoder) -> Heads:
    """The heads of a folder for this encoder; ``ModelError`` when they are damaged or were fitted on another."""
    heads = read_heads(folder)
    _check_fit(folder, heads.provenance, heads.arrays, encoder)
    return heads


def read_heads(folder: Path) -> Heads:
    """The heads of a folder, whatever they were fitted on; ``ModelError`` when they are damaged."""
    provenance = read_provenance(folder)
    names = [field.name for field in fields(Arrays)]
    arrays = Arrays(**read_numbers(folder / _NUMBERS, names, sha256=provenance.arrays_sha256))
    return Heads(provenance=provenance, arrays=arrays)


def read_provenance(folder: Path) -> Provenance:
    """What ``heads.json`` says; ``ModelError`` when it is not what was written."""
    path = folder / _MEANING
    try:
        stored = json.loads(path.read_bytes())
        revision = stored.pop("revision")
        provenance = Provenance(**{name: _as_tuple(value) for name, value in stored.items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path}: no heads can be read there ({type(error).__name__})", advice=ADVICE) from error
    if provenance.revision != revision:
        raise ModelError(f"{path}: was changed after it was written", advice=ADVICE)
    return provenance


def _check_fit(folder: Path, provenance: Provenance, arrays: Arrays, encoder: Encoder) -> None:
    if provenance.encoder_revision != encoder.revision:
        raise ModelError(
            f"{folder}: heads were fitted on {provenance.encoder_id} {provenance.encoder_revision},"
            f" not on {encoder.id} {encoder.revision}",
            advice=ADVICE,
        )
    if arrays.weights.shape != (len(provenance.labels), encoder.dimension):
        raise ModelError(f"{folder}: heads have shape {arrays.weights.shape}", advice=ADVICE)
    columns = len(provenance.labels) + len(provenance.stances)
    if arrays.gram_levels.shape != (1 << BITS, columns):
        raise ModelError(f"{folder}: heads' spelling has shape {arrays.gram_levels.shape}", advice=ADVICE)


def _as_dict(provenance: Provenance) -> dict[str, Any]:
    return {field.name: getattr(provenance, field.name) for field in fields(Provenance)}


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
