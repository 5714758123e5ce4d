"""Mastodon's statuses as posts."""

import json
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.sources.json_parts import cut_array
from monitors.sources.statuses import Origin, read_page
from tests.builders import NOON
from tests.sources.golden import FIXTURES, compare, pairs

ORIGIN = Origin(
    source="mastodon", host="social.example", url="https://social.example/api/v1/timelines/tag", fetched_at=NOON
)
PAGE = (FIXTURES / "mastodon" / "hashtag.json").read_bytes()


def a_status(**changed: Any) -> dict[str, Any]:
    """The last status of the golden page, with something else about it."""
    status: dict[str, Any] = json.loads(PAGE)[-1]
    return status | changed


def a_page(*statuses: object) -> bytes:
    """A page of these, newest first."""
    return json.dumps(statuses, ensure_ascii=False).encode()


@pytest.mark.parametrize("recording", pairs("mastodon"))
def test_golden_pairs(recording: Path) -> None:
    """A timeline as it was sent is read as the posts beside it."""
    compare(recording, read_page(recording.read_bytes(), ORIGIN).posts)


def test_everything_is_accounted_for() -> None:
    """Each status of a page is a post, is set aside, or is left out and counted."""
    page = read_page(PAGE, ORIGIN)

    assert (len(page.posts), len(page.rejected), page.left_out) == (3, 1, 2)
    assert page.newest == "117020593741189706"
    assert page.rejected[0].place == "social.example:status"


def test_raws_are_the_statuses_own_bytes() -> None:
    """A post's raw is its status as it stands in the answer, at an address that does not say what was asked for."""
    page = read_page(PAGE, ORIGIN)

    for post, raw in zip(page.posts, page.raws, strict=True):
        assert raw.content in PAGE
        assert post.raw_sha256 == raw.sha256 == sha256(raw.content).hexdigest()
        assert raw.url.startswith(f"{ORIGIN.url}#status=")


def test_ids_are_the_same_on_every_server() -> None:
    """A status seen through another server is the same post, and its id names no writer."""
    page = a_page(a_status())
    elsewhere = Origin(source="mastodon", host="other.example", url="https://other.example/api", fetched_at=NOON)

    here, there = read_page(page, ORIGIN).posts[0], read_page(page, elsewhere).posts[0]

    assert here.id == there.id
    assert "walker" not in here.id


def test_a_writer_has_a_home() -> None:
    """A local writer's name is completed by the server's, a remote one's is whole already."""
    local, remote = a_status(), a_status(account={"acct": "a@far.example"})

    posts = read_page(a_page(remote, local), ORIGIN).posts

    assert [post.author for post in posts] == ["walker@social.example", "a@far.example"]


BROKEN: dict[str, object] = {
    "a number": 5,
    "nothing": None,
    "a string": "x",
    "a list": [],
    "an empty object": {},
    "no content": a_status(content=None),
    "content that is a number": a_status(content=5),
    "no account": a_status(account=None),
    "an account that is a list": a_status(account=[]),
    "a time that is none": a_status(created_at="soon"),
    "no time": a_status(created_at=None),
    "media that is a number": a_status(media_attachments=5),
    "media of strings": a_status(media_attachments=["x"]),
    "a card that is a string": a_status(card="x"),
    "tags of numbers": a_status(tags=[1]),
}


@pytest.mark.parametrize("status", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_status(status: object) -> None:
    """A status that cannot be read is set aside alone, with its bytes."""
    page = read_page(a_page(status, a_status()), ORIGIN)

    assert [json.loads(item.content) for item in page.rejected] == [status]
    assert len(page.posts) == 1


@pytest.mark.parametrize(
    ("statuses", "newest"),
    [
        ([], None),
        ([a_status(id="9"), a_status(id="10")], "10"),
        ([a_status(id="Ab3"), a_status(id="Aa9")], "Ab3"),
        ([5], None),
    ],
    ids=["none", "numbers", "other servers' ids", "unreadable"],
)
def test_where_to_go_on(statuses: list[object], newest: str | None) -> None:
    """The place to go on from is the greatest number, or the first where ids are no numbers."""
    assert read_page(a_page(*statuses), ORIGIN).newest == newest


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[", b"[1", b"[1,", b"[1 2]", b"null", b'{"error":"x"}', b"\xff", b"[" * 100_000, b'["\\ud800'],
)
def test_what_is_no_page(content: bytes) -> None:
    """What is no list is refused, never taken for an empty one."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's own errors are among them
        read_page(content, ORIGIN)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_cutting_any_json(value: object) -> None:
    """Cut out, an item's bytes are its own, and mean what they meant in the array."""
    content = json.dumps([value, 1, value], ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")

    try:
        items = cut_array(content)
    except UnicodeDecodeError:  # half a letter is no UTF-8
        return

    assert [item for item, _ in items] == [value, 1, value]
    assert [json.loads(raw) for _, raw in items] == [value, 1, value]


def test_blanks_take_no_time() -> None:
    """A page of blanks is refused as fast as any."""
    started = perf_counter()

    assert cut_array(b"[" + b" " * 5_000_000 + b"]") == []
    assert perf_counter() - started < 5
