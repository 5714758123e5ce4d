"""Scoring stored hits again once another model is installed; their old scores stay with them.

The ledger is written last and every step may be repeated: what failed on the way is done again by the next call.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from monitors.captures import captures_of, record_of
from monitors.evidence.gate import POST, Capture, is_to_be_sealed
from monitors.evidence.seal import seal_hit
from monitors.ledger import batches
from monitors.ledger import hits as stored
from monitors.parts import Parts
from monitors.records import Batch, Hit, Stage
from monitors.scoring.judge import judge
from search.build import document_of

AT_A_TIME = 256
STAGES = (Stage.EVIDENCE, Stage.INDEX)
"""What waits for a search store that is down is due for mail, and goes first: it asks nothing of that store."""


def rescore(parts: Parts) -> int:
    """Score every stored hit again that another model scored; give how many there were."""
    return sum(_rescore_stage(parts, stage) for stage in STAGES)


def count_outdated(parts: Parts) -> int:
    """Count the stored hits that another model scored."""
    return sum(1 for stage in STAGES for _ in _outdated(parts, stage))


def _rescore_stage(parts: Parts, stage: Stage) -> int:
    # Ids first: hits may be many, and no view of the ledger stays open while the model works.
    ids = list(_outdated(parts, stage))
    for start in range(0, len(ids), AT_A_TIME):
        _rescore_some(parts, ids[start : start + AT_A_TIME], stage)
    return len(ids)


def _outdated(parts: Parts, stage: Stage) -> Iterator[str]:
    """Give the ids of hits with scores of another revision; one in which there was nothing to read has none."""
    revision = parts.scorer().revision
    with parts.ledger.reading() as ledger:
        for hit in stored.iter_all(ledger, parts.vault, stage=stage):
            if any(score.revision != revision for score in hit.scores):
                yield hit.id


def _rescore_some(parts: Parts, ids: Sequence[str], stage: Stage) -> None:
    with parts.ledger.reading() as ledger:
        old = stored.of_ids(ledger, parts.vault, ids)
    new = [
        replace(hit, earlier_scores=(*before.scores, *before.earlier_scores))
        for before, hit in zip(old, judge(old, parts.scorer(), parts.shifts(old)), strict=True)
    ]
    if stage is Stage.INDEX:
        parts.index().put([document_of(hit, parts.pseudonym(hit)) for hit in new])
    pairs = zip(old, new, strict=True)
    _seal(parts, [hit for before, hit in pairs if is_to_be_sealed(hit) and not is_to_be_sealed(before)])
    with parts.ledger.writing() as ledger:
        stored.replace(ledger, parts.vault, new)


def _seal(parts: Parts, found: Sequence[Hit]) -> None:
    """Prove what was left unsealed as long as the old model took it for an account of a harm."""
    with parts.ledger.reading() as ledger:
        kept = batches.keeping(ledger, [hit.id for hit in found])
    for hit in found:
        seal_hit(parts.sealer, hit, _captures(parts, hit, kept.get(hit.id)))


def _captures(parts: Parts, hit: Hit, batch: Batch | None) -> list[Capture]:
    now = parts.clock.now()
    raws = parts.spool.raws(batch, {hit.post.raw_sha256}) if batch is not None and parts.spool.has(batch) else {}
    captures = captures_of(hit, raws, parts.get_media, now)
    has_post = any(capture.kind == POST for capture in captures)
    return captures if has_post else [record_of(hit, now), *captures]
