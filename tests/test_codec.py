"""Records to JSON and back."""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.codec import from_json, from_line, to_json, to_line
from monitors.errors import BadInputError
from monitors.records import (
    Consent,
    Cursor,
    Exhibit,
    FetchOutcome,
    Hit,
    Match,
    Media,
    Post,
    Raw,
    Rejected,
    Score,
    WatchProfile,
)
from tests.builders import NOON, a_match, a_post, a_profile

RECORDS = (Post, Match, Score, Hit, Media, Raw, Rejected, Cursor, FetchOutcome, Consent, WatchProfile, Exhibit)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=())),  # lone surrogates too: platforms send them
    datetime: st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC)),  # noqa: DTZ001
    float: st.floats(allow_nan=False),
    Mapping[str, str]: st.dictionaries(st.text(), st.text(), max_size=3),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    parts = get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return st.builds(hint, **{name: values(part) for name, part in get_type_hints(hint).items()})
    if get_origin(hint) is UnionType:
        return st.one_of([values(part) for part in parts])
    if get_origin(hint) is tuple and parts[-1] is Ellipsis:
        return st.lists(values(parts[0]), max_size=3).map(tuple)
    return PLAIN[hint] if hint in PLAIN else st.from_type(hint)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_round_trip_is_exact(kind: Any, data: st.DataObject) -> None:
    """A record written as a line and read back is the same record."""
    record = data.draw(values(kind))

    again = from_line(kind, to_line(record))

    assert again == record


@given(values(Post))
def test_a_line_is_one_line(post: Post) -> None:
    """Whatever a post says, its line holds no line end."""
    assert b"\n" not in to_line(post)


def test_chinese_stays_readable() -> None:
    """A line of the spool can be read and searched by a person."""
    assert "林晓月".encode() in to_line(a_post(text="林晓月"))


def test_times_are_written_in_utc() -> None:
    """A time of another zone is the same moment in UTC."""
    eight_hours_east = timezone(timedelta(hours=8))

    written = to_json(Cursor(source="rss", value="1")) | to_json(a_post(fetched_at=NOON.astimezone(eight_hours_east)))

    assert written["fetched_at"] == "2026-03-01T12:00:00+00:00"


def test_a_naive_time_is_refused() -> None:
    """A time without a zone is a mistake of ours and never reaches a file."""
    with pytest.raises(ValueError, match="naive"):
        to_json(a_post(fetched_at=datetime(2026, 3, 1)))  # noqa: DTZ001


def test_an_older_record_takes_the_default() -> None:
    """What an older version did not write yet is what the field says today."""
    written = to_json(a_post())
    del written["lang"]

    assert from_json(Post, written).lang is None


def test_every_field_is_written() -> None:
    """Changing a default later changes no record already stored."""
    assert set(to_json(a_profile())) == set(WatchProfile.__dataclass_fields__)


WRONG: list[tuple[str, object, str, str]] = [
    # changed field, value, the place that is named, the reason
    ("text", None, "text", "string"),
    ("text", 3, "text", "string"),
    ("media", {}, "media", "array"),
    ("media", [{"url": 1}], "media[0].url", "string"),
    ("media", ["x"], "media[0]", "object"),
    ("fetched_at", "yesterday", "fetched_at", "ISO 8601"),
    ("fetched_at", "2026-03-01T12:00:00", "fetched_at", "zone"),
    ("colour", "blue", "colour", "unknown field"),
]


@pytest.mark.parametrize(("field", "value", "place", "reason"), WRONG)
def test_wrong_fields_are_named(field: str, value: object, place: str, reason: str) -> None:
    """A wrong value is told by its place, and the value itself is not repeated."""
    written = to_json(a_post()) | {field: value}

    with pytest.raises(BadInputError, match=reason) as caught:
        from_json(Post, written)

    assert caught.value.field == place


def test_missing_field_is_named() -> None:
    """A record without its id is refused."""
    written = to_json(a_post())
    del written["id"]

    with pytest.raises(BadInputError, match="id: missing"):
        from_json(Post, written)


@pytest.mark.parametrize(
    ("field", "value"), [("score", True), ("score", "1"), ("span", [1]), ("span", [1, True]), ("method", "guess")]
)
def test_wrong_numbers_and_choices_are_refused(field: str, value: object) -> None:
    """A boolean is no number, a span has two ends, a method is one we know."""
    with pytest.raises(BadInputError, match=field):
        from_json(Match, to_json(a_match()) | {field: value})


@pytest.mark.parametrize("line", [b"", b"{", b"[1]", b"\xff\xfe{", json.dumps("x").encode()])
def test_lines_that_are_no_record_are_refused(line: bytes) -> None:
    """A torn or foreign line is bad input, not a crash."""
    with pytest.raises(BadInputError):
        from_line(Post, line)


def test_bytes_must_be_base64() -> None:
    """Bytes that were changed by hand are refused."""
    written = to_json(Raw.of(b"x", url="u", media_type="t", fetched_at=NOON)) | {"content": "%"}

    with pytest.raises(BadInputError, match="content: not base64"):
        from_json(Raw, written)
