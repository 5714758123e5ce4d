"""JSON Lines, brought in by hand."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO

import pytest

from monitors.errors import BadInputError
from monitors.records import Cursor, Delta, FetchKind, Media
from monitors.sources import jsonl
from monitors.sources.jsonl import JsonlSource
from monitors.sources.lines import LONGEST_LINE
from tests.builders import NOON

LATE = datetime.max.replace(tzinfo=UTC)


def a_file(folder: Path, *lines: object, name: str = "posts.jsonl") -> Path:
    """A file of lines: bytes as they are, anything else as JSON."""
    written = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
    (folder / name).write_bytes(b"\n".join(written) + b"\n")
    return folder / name


def read(origin: Path | IO[bytes], cursor: Cursor | None = None, *, deadline: datetime = LATE) -> list[Delta]:
    """Everything the source gives."""
    return list(JsonlSource(origin).fetch([], cursor, deadline))


def texts(deltas: Sequence[Delta]) -> list[str]:
    """The posts' texts."""
    return [post.text for delta in deltas for post in delta.posts]


def test_a_whole_line(tmp_path: Path) -> None:
    """Every field of a line is in the post; other fields are left alone."""
    line = {
        "id": "a1",
        "text": "林晓月\n第二行",
        "url": "https://s.example/1",
        "author": "w@s.example",
        "author_name": "路人",
        "published_at": "2026-03-01T20:00:00+08:00",
        "lang": "zh",
        "media": ["https://s.example/1.jpg", {"url": "https://s.example/1.mp4", "kind": "video"}],
        "links": ["https://t.example"],
        "labels": ["benign"],
    }

    (delta,) = read(a_file(tmp_path, line))

    (post,), (raw,) = delta.posts, delta.raws
    assert (post.id, post.text, post.url, post.lang) == ("jsonl:a1", "林晓月\n第二行", "https://s.example/1", "zh")
    assert (post.author, post.author_name, post.links) == ("w@s.example", "路人", ("https://t.example",))
    assert post.published_at == NOON
    assert post.media == (Media(url="https://s.example/1.jpg"), Media(url="https://s.example/1.mp4", kind="video"))
    assert json.loads(raw.content) == line
    assert post.raw_sha256 == raw.sha256 == sha256(raw.content).hexdigest()


def test_a_bare_line(tmp_path: Path) -> None:
    """An id and a text are enough; a number is an id."""
    (delta,) = read(a_file(tmp_path, {"id": 7, "text": ""}))

    assert (delta.posts[0].id, delta.posts[0].url, delta.posts[0].published_at) == ("jsonl:7", "", None)


class SteppedClock:
    """A clock that goes on a second each time somebody looks."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        """A second later than before."""
        self.time += timedelta(seconds=1)
        return self.time

    def sleep(self, seconds: float) -> None:
        """Nobody sleeps here."""


BAD = {
    "not JSON": (b"{", "posts.jsonl:1", "not JSON"),
    "not UTF-8": ("{'id': 1, 'text': '守望'}".encode("gbk"), "posts.jsonl:1", "not UTF-8"),
    "not an object": ([1], "posts.jsonl:1", "not an object"),
    "a tower of brackets": (b"[" * 100_000, "posts.jsonl:1", "not JSON"),
    "no id": ({"text": "x"}, "posts.jsonl:1:id", "missing"),
    "an empty id": ({"id": " ", "text": "x"}, "posts.jsonl:1:id", "not a string"),
    "an id that is true": ({"id": True, "text": "x"}, "posts.jsonl:1:id", "not a string"),
    "no text": ({"id": 1}, "posts.jsonl:1:text", "missing"),
    "a text that is a number": ({"id": 1, "text": 5}, "posts.jsonl:1:text", "not a string"),
    "an address that is an array": ({"id": 1, "text": "", "url": []}, "posts.jsonl:1:url", "not a string"),
    "media that is a string": ({"id": 1, "text": "", "media": "x"}, "posts.jsonl:1:media", "not an array"),
    "media without address": ({"id": 1, "text": "", "media": [{}]}, "posts.jsonl:1:url", "missing"),
    "links of numbers": ({"id": 1, "text": "", "links": [1]}, "posts.jsonl:1:links", "not a string"),
    "a time that is none": ({"id": 1, "text": "", "published_at": "soon"}, "posts.jsonl:1:published_at", "not a time"),
    "a time past all time": ({"id": 1, "text": "", "published_at": 1e20}, "posts.jsonl:1:published_at", "not a time"),
}


@pytest.mark.parametrize(("line", "place", "reason"), BAD.values(), ids=BAD.keys())
def test_bad_lines(tmp_path: Path, line: object, place: str, reason: str) -> None:
    """A bad line is set aside with its bytes, place and reason, and the next one is read."""
    (delta,) = read(a_file(tmp_path, line, {"id": 2, "text": "after"}))

    (rejected,) = delta.rejected
    assert (rejected.place, rejected.reason) == (place, reason)
    assert rejected.content == (line if isinstance(line, bytes) else json.dumps(line).encode())
    assert texts([delta]) == ["after"]


TIMES = {
    "with a zone": ("2026-03-01T20:00:00+08:00", NOON),
    "in UTC": ("2026-03-01T12:00:00Z", NOON),
    "without a zone": ("2026-03-01 12:00:00", NOON),
    "seconds": (NOON.timestamp(), NOON),
}


@pytest.mark.parametrize(("written", "moment"), TIMES.values(), ids=TIMES.keys())
def test_times(tmp_path: Path, written: object, moment: datetime) -> None:
    """Times come out in UTC however they are written."""
    (delta,) = read(a_file(tmp_path, {"id": 1, "text": "", "published_at": written}))

    assert delta.posts[0].published_at == moment
    assert delta.posts[0].published_at.utcoffset() == timedelta(0)


def test_a_line_too_long(tmp_path: Path) -> None:
    """A line past the limit is set aside cut, and the line after it is read at its own number."""
    long = b'{"id": 1, "text": "' + b"x" * (3 * LONGEST_LINE) + b'"}'

    (delta,) = read(a_file(tmp_path, long, b"{", {"id": 2, "text": "after"}))

    assert [rejected.place for rejected in delta.rejected] == ["posts.jsonl:1", "posts.jsonl:2"]
    assert delta.rejected[0].reason == "line too long"
    assert len(delta.rejected[0].content) <= LONGEST_LINE + 1
    assert texts([delta]) == ["after"]


def test_blank_lines_and_a_mark(tmp_path: Path) -> None:
    """Blank lines, windows line ends and a byte order mark mean nothing."""
    content = b'\xef\xbb\xbf{"id": 1, "text": "a"}\r\n\r\n  \n{"id": 2, "text": "b"}'
    (tmp_path / "x.jsonl").write_bytes(content)

    assert texts(read(tmp_path / "x.jsonl")) == ["a", "b"]


def test_gzip_by_its_bytes(tmp_path: Path) -> None:
    """A packed file is read whatever its name."""
    path = a_file(tmp_path, {"id": 1, "text": "packed"})
    path.write_bytes(gzip.compress(path.read_bytes()))

    assert texts(read(path)) == ["packed"]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_stream(packed: bool) -> None:
    """Standard input is read the same way; there is no cursor to keep."""
    content = b'{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n'

    deltas = read(io.BytesIO(gzip.compress(content) if packed else content))

    assert texts(deltas) == ["a", "b"]
    assert deltas[-1].cursor is None


def test_a_torn_file(tmp_path: Path) -> None:
    """A packed file that was cut gives the lines before the cut, then says that it is broken."""
    lines = [{"id": number, "text": f"{number}" * 50} for number in range(5000)]
    path = a_file(tmp_path, *lines)
    path.write_bytes(gzip.compress(path.read_bytes())[:-2000])

    deltas = read(path)

    assert texts(deltas) == [line["text"] for line in lines[: len(texts(deltas))]]
    assert len(texts(deltas)) > 1000
    assert (deltas[-1].outcome.kind, deltas[-1].outcome.detail) == (FetchKind.BROKEN, "unreadable_file")


def test_the_same_file_again(tmp_path: Path) -> None:
    """A file that was read gives nothing the second time, also under another name."""
    path = a_file(tmp_path, {"id": 1, "text": "a"})
    (first,) = read(path)

    (again,) = read(path.rename(tmp_path / "other.jsonl"), first.cursor)

    assert (again.posts, again.outcome.kind, again.cursor) == ((), FetchKind.EMPTY, first.cursor)


def test_two_files_in_turn(tmp_path: Path) -> None:
    """Reading another file in between does not forget the first."""
    one, two = a_file(tmp_path, {"id": 1, "text": "a"}), a_file(tmp_path, {"id": 2, "text": "b"}, name="two.jsonl")
    (first,) = read(one)
    (second,) = read(two, first.cursor)

    assert texts([second]) == ["b"]
    assert texts(read(one, second.cursor)) == []


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_deadline_is_resumed(tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file cut off by the deadline goes on at the next line, whose number is right."""
    monkeypatch.setattr(jsonl, "POSTS_A_DELTA", 3)
    path = a_file(tmp_path, *({"id": number, "text": f"{number}"} for number in range(4)), b"{")
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))

    clock = SteppedClock()
    first = list(JsonlSource(path, clock=clock).fetch([], None, clock.now() + timedelta(seconds=5)))
    rest = read(path, first[-1].cursor)

    assert texts(first) == ["0", "1", "2"]
    assert (first[-1].outcome.kind, first[-1].outcome.detail) == (FetchKind.BUDGET_SPENT, "deadline")
    assert texts(rest) == ["3"]
    assert [rejected.place for delta in rest for rejected in delta.rejected] == ["posts.jsonl:5"]


def test_an_empty_file(tmp_path: Path) -> None:
    """A file without lines is empty, not broken."""
    (tmp_path / "x").touch()

    assert [delta.outcome.kind for delta in read(tmp_path / "x")] == [FetchKind.EMPTY]


def test_no_such_file(tmp_path: Path) -> None:
    """A file that is not there is the caller's mistake, and is told at once."""
    with pytest.raises(BadInputError, match=r"nothing\.jsonl: no such file"):
        JsonlSource(tmp_path / "nothing.jsonl")


def test_memory_does_not_grow(tmp_path: Path) -> None:
    """A file of 20 MB is read in less than a third of its size."""
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        for number in range(20_000):
            file.write(json.dumps({"id": number, "text": "x" * 970}).encode() + b"\n")

    tracemalloc.start()
    count = sum(len(delta.posts) for delta in JsonlSource(path).fetch([], None, LATE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 6_000_000


def test_file_names_stay_out_of_posts(tmp_path: Path) -> None:
    """A file may be named after her: its name is in no post and no raw."""
    path = a_file(tmp_path, {"id": 1, "text": "a"}, name="林晓月.jsonl")

    (delta,) = read(path)

    assert "林晓月" not in str((delta.posts, delta.raws, delta.cursor))
