"""Links and their hashes."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.evidence.chain import (
    GENESIS,
    START,
    WITHHELD,
    ChainEnd,
    Observation,
    canonical,
    content_of,
    kept_contents,
    link_of,
    next_link,
)
from monitors.records import Exhibit, Fingerprint
from tests.builders import NOON

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def a_link(end: ChainEnd = START, **changed: Any) -> Exhibit:
    observation = Observation(
        hit_id="h" * 32,
        kind="post",
        content_sha256="c" * 64,
        media_type="application/json",
        url="https://social.example/1",
        captured_at=NOON,
        fingerprints=(Fingerprint(algorithm="pdq", version="1", bits="ff"),),
    )
    return next_link(end, "p" * 32, replace(observation, **changed), actor="shouwang", tools={"b": "1", "a": "2"})


def test_the_first_link_by_hand() -> None:
    """A link's hash can be had with any SHA-256 from the JSON that stands here."""
    written = (
        '{"actor":"shouwang","captured_at":"2026-03-01T12:00:00+00:00","content_sha256":"' + "c" * 64 + '",'
        '"fingerprints":[{"algorithm":"pdq","bits":"ff","quality":null,"version":"1"}],"hit_id":"' + "h" * 32 + '",'
        '"id":"8a77c60c75abeddc0fd4e2805c06cdfd","is_stored":true,"kind":"post","media_type":"application/json",'
        '"previous":"' + "0" * 64 + '","profile_id":"' + "p" * 32 + '","reason":"","sequence":1,'
        '"tools":{"a":"2","b":"1"},"url":"https://social.example/1"}'
    )

    link = a_link()

    assert content_of(link).decode() == written
    assert link.sha256 == sha256(written.encode()).hexdigest()
    assert link.previous == GENESIS


def test_a_link_comes_back() -> None:
    """What is stored of a link gives the link, its hash included."""
    link = a_link(url="https://social.example/\ud800")

    assert link_of(content_of(link)) == link


def test_a_link_follows_another() -> None:
    """The second link holds the hash of the first, so that the first cannot be changed unseen."""
    first = a_link()

    second = a_link(ChainEnd(count=first.sequence, sha256=first.sha256))

    assert (second.sequence, second.previous) == (2, first.sha256)


def test_the_same_content_has_the_same_id() -> None:
    """The id is of profile, hit, kind and content; when it was sealed does not matter."""
    later = ChainEnd(count=7, sha256="f" * 64)

    assert a_link().id == a_link(later, url="other").id
    assert len({a_link().id, a_link(kind="media").id, a_link(hit_id="x").id, a_link(content_sha256="d").id}) == 4


@given(JSON_VALUES)
def test_canonical_means_one_way(value: Any) -> None:
    """Writing, reading and writing again gives the same bytes."""
    written = canonical({"value": value})

    assert canonical(json.loads(written)) == written


def test_keys_have_one_order() -> None:
    """The order in which fields were set does not show."""
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1}) == b'{"a":2,"b":1}'


def test_numbers_that_are_none_are_refused() -> None:
    """What JSON cannot write is an error, not an invention."""
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})


def test_withheld_bytes_are_not_expected() -> None:
    """Bytes are expected on disk where a link says so and none takes it back."""
    kept = a_link(content_sha256="1")
    never = a_link(content_sha256="2", reason="minor")
    taken_back = [a_link(content_sha256="3"), a_link(content_sha256="3", kind=WITHHELD, reason="minor")]

    assert kept_contents([kept, never, *taken_back]) == {"1"}
