"""A hit as a document: what a search store may know of it, and no more."""

import re

from monitors.records import Hit, Score
from search.index import Document

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, as broken exports have it: no text that a store could keep."""


def document_of(hit: Hit, pseudonym: str) -> Document:
    """Give what is searched. ``pseudonym`` stands for the writer: keyed per profile, so that no two can be joined.

    The text keeps its length, so that spans of the hit's matches hold in it.
    """
    first = _first(hit.scores)
    return Document(
        hit_id=hit.id,
        profile_id=hit.profile_id,
        text=_HALF_CHARACTER.sub("\ufffd", hit.post.text),
        source=hit.post.source,
        author=pseudonym,
        method=hit.strongest.method.value,
        match_score=hit.strongest.score,
        categories=tuple(category.value for category in hit.categories),
        probability=first.probability if first else None,
        severity=hit.severity.value,
        stance=first.stance.value if first and first.stance else None,
        muted=_is_muted(hit.scores),
        model=f"{first.model}@{first.revision}" if first else None,
        has_media=bool(hit.post.media),
        lang=hit.post.lang,
        published_at=hit.post.published_at,
        found_at=hit.found_at,
    )


def _first(scores: tuple[Score, ...]) -> Score | None:
    """The surest category found; where none was found, the one that came nearest."""
    return max(scores, key=lambda score: (score.is_found, score.probability), default=None)


def _is_muted(scores: tuple[Score, ...]) -> bool:
    """A hit is muted when everything found in it is: one category that is not keeps it loud."""
    found = [score for score in scores if score.is_found]
    return bool(found) and all(score.muted for score in found)
