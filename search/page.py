"""What a search asks and how its answer is cut into pages, for every store alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitors.errors import BadInputError
from search.index import MOST, Document, Found, Search
from search.words import phrases_of, spans_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: documents follow in the order of ``found_at``, then ``hit_id``, both falling."""

    found_at: int
    """Microseconds since 1970."""
    hit_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search as a store needs it. ``phrases`` of words as ``search.words`` folds them; None can meet nothing."""

    phrases: tuple[tuple[str, ...], ...] | None
    limit: int
    after: Place | None


def question_of(search: Search) -> Question:
    """Read a search. Raises BadInputError for an ``after`` that no page gave."""
    phrases = tuple(phrases_of(search.words))
    return Question(
        phrases=None if search.words.strip() and not phrases else phrases,
        limit=min(max(search.limit, 0), MOST),
        after=_read_place(search.after) if search.after else None,
    )


def page_of(question: Question, documents: Sequence[Document], total: int) -> Found:
    """Give the page, of up to one document more than the limit: that one tells that there is a next page."""
    shown = tuple(documents[: question.limit])
    more = len(documents) > question.limit > 0
    phrases = question.phrases or ()
    return Found(
        documents=shown,
        highlights=tuple(spans_of(document.text, phrases) if phrases else () for document in shown),
        total=total,
        next=_write_place(shown[-1]) if more else None,
    )


def microseconds_of(moment: datetime) -> int:
    """Give a time as whole microseconds since 1970, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds: int) -> datetime:
    """Give the time of ``microseconds_of`` back."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _write_place(document: Document) -> str:
    return f"{microseconds_of(document.found_at)}~{document.hit_id}"


def _read_place(after: str) -> Place:
    found_at, separator, hit_id = after.partition("~")
    try:
        place = Place(found_at=microseconds_of(moment_of(int(found_at))), hit_id=hit_id)
    except (ValueError, OverflowError):
        place = None
    if not (place and separator and hit_id):
        raise BadInputError("not the next page of a search", field="after")
    return place
