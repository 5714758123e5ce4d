"""Why a hit is one: every match and score, with what the model asked for and which example of our own it is like."""

from collections.abc import Mapping
from typing import Any

from monitors.codec import to_json
from monitors.records import Hit, Score
from monitors.scoring.corpus import Example, read_corpus
from monitors.scoring.encoder import ModelError
from monitors.scoring.heads import Heads, read_heads
from monitors.scoring.onnx_encoder import SHIPPED
from monitors.settings import Settings

Row = dict[str, Any]


def read_model(settings: Settings) -> Heads | None:
    """Give the heads that score now; None where they are missing or damaged: a hit is explained without them too."""
    folder = SHIPPED if settings.encoder == "shipped" else settings.encoder_heads
    try:
        return None if folder is None else read_heads(folder)
    except ModelError:
        return None


def tell_why(hit: Hit, model: Heads | None) -> Row:
    """Say why a hit is one. ``earlier_scores`` are what earlier models said, the latest of them first."""
    names = {score.nearest for score in (*hit.scores, *hit.earlier_scores) if score.is_found}
    examples = {example.id: example for example in read_corpus() if example.id in names} if names else {}
    return {
        "id": hit.id,
        "profile_id": hit.profile_id,
        "severity": hit.severity.value,
        "matches": [to_json(match) for match in hit.matches],
        "scores": [_tell_score(score, model, examples) for score in hit.scores],
        "earlier_scores": [_tell_score(score, model, examples) for score in hit.earlier_scores],
    }


def _tell_score(score: Score, model: Heads | None, examples: Mapping[str, Example]) -> Row:
    """A score and what it is measured by.

    ``threshold`` is what it had to reach, ``model_threshold`` what it would have had to without any verdict;
    ``mute_at`` is the probability of a side other than ``spreads`` from which a post is muted. Null where it is not
    known: another model scored.
    """
    own = model if model is not None and score.revision.endswith(f"+{model.revision}") else None
    fitted = None if own is None else own.thresholds[score.category]
    example = examples.get(score.nearest or "") if score.is_found else None
    return {
        **to_json(score),
        "model_threshold": fitted,
        "moved_by_verdicts": None if fitted is None else round(score.threshold - fitted, 4),
        "mute_at": own.provenance.mute_at if own and score.muted else None,
        "example": example and {"text": example.text, "rationale": example.rationale},
    }
