"""The scoring stage: hits in, the same hits with scores and severity out."""

from collections.abc import Sequence
from dataclasses import replace

from monitors.records import Hit
from monitors.scoring.scorer import Scorer
from monitors.scoring.severity import severity_of


def judge(hits: Sequence[Hit], scorer: Scorer) -> list[Hit]:
    """Each hit with its scores and severity, in order.

    ``ModelError`` when the model cannot be used: nothing was judged then, and the hits wait as unscored.
    """
    readings = scorer.score_texts([hit.post.text for hit in hits], [_forms(hit) for hit in hits])
    scored = [replace(hit, scores=reading.scores) for hit, reading in zip(hits, readings, strict=True)]
    return [replace(hit, severity=severity_of(hit)) for hit in scored]


def _forms(hit: Hit) -> list[str]:
    """How she is named in this text, as far as the matches know."""
    return [form for match in hit.matches if match.span for form in (match.candidate, match.query)]
