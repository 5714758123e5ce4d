"""The scoring stage: hits in, the same hits with scores and severity out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from monitors.records import Category, Hit, Method, Post, Score
from monitors.scoring.scorer import Reading, Scorer
from monitors.scoring.severity import severity_of
from monitors.scoring.tuning import Shifts

_NOT_BY_NAME = frozenset({Method.PHASH, Method.PDQ, Method.WINDOW, Method.LOCAL, Method.FACE, Method.SUBMITTED})


def judge(hits: Sequence[Hit], scorer: Scorer, shifts: Mapping[str, Shifts] | None = None) -> list[Hit]:
    """Each hit with its scores and severity, in order. Words in a post's pictures are judged like its text.

    ``shifts`` has, by profile, how far verdicts moved its thresholds.

    ``ModelError`` when the model cannot be used: nothing was judged then, and the hits wait as unscored.
    """
    pages = [(number, text) for number, hit in enumerate(hits) for text in _texts_of(hit.post)]
    readings = scorer.score_texts(
        [text for _, text in pages],
        [_forms(hits[number]) for number, _ in pages],
        [(shifts or {}).get(hits[number].profile_id, {}) for number, _ in pages],
    )
    of_hits: list[list[Reading]] = [[] for _ in hits]
    for (number, _), reading in zip(pages, readings, strict=True):
        of_hits[number].append(reading)
    scored = [replace(hit, scores=_strongest(_speaking(of_hit))) for hit, of_hit in zip(hits, of_hits, strict=True)]
    return [replace(hit, severity=severity_of(hit)) for hit in scored]


def _texts_of(post: Post) -> Iterator[str]:
    yield post.text
    yield from (media.words for media in post.media if media.words)


def _speaking(readings: Sequence[Reading]) -> Sequence[Reading]:
    """The texts of a post that say what it is; its own text is the first, those in its pictures follow.

    Who puts a screenshot of her account under his attack has written no account. Who shows the attack under her own
    account has: pictures never take that away.
    """
    own = readings[0]
    does_harm = not _is_account(own) and any(score.is_found and not score.muted for score in own.scores)
    return [reading for reading in readings if not _is_account(reading)] if does_harm else readings


def _is_account(reading: Reading) -> bool:
    return Category.DISCLOSURE in reading.labels


def _strongest(readings: Sequence[Reading]) -> tuple[Score, ...]:
    """Give for each category the score of the text that says it loudest."""
    scores = [score for reading in readings for score in reading.scores]
    loudest: dict[str, Score] = {}
    for score in sorted(scores, key=lambda score: (score.is_found and not score.muted, score.probability)):
        loudest[score.category] = score
    return tuple(loudest[category] for category in dict.fromkeys(score.category for score in scores))


def _forms(hit: Hit) -> list[str]:
    """How she is named in this post, as far as the matches know."""
    by_name = (match for match in hit.matches if match.method not in _NOT_BY_NAME)
    return [form for match in by_name for form in (match.candidate, match.query)]
