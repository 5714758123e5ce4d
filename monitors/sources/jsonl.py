"""JSON Lines: exports, archives and whatever else somebody can bring into one line a post.

A line is ``{"id", "text"}`` with optional ``url``, ``author``, ``author_name``, ``published_at``, ``lang``, ``links``
(addresses) and ``media`` (addresses, or objects with ``url`` and ``kind``); other fields are left alone. Plain or
gzip, from a file or a stream. A line that cannot be read is set aside with its place; the rest goes on.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from monitors.errors import BadInputError
from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Post, Query, Raw, Rejected
from monitors.sources.lines import Line, read_lines, read_post
from monitors.sources.pace import Clock, SystemClock

NAME = "jsonl"
POSTS_A_DELTA = 1_000
BYTES_A_DELTA = 4 * 1024 * 1024
FILES_REMEMBERED = 100
GZIP = b"\x1f\x8b"

Places = Mapping[str, tuple[int, int]]
"""By a file's sha256: bytes and lines read so far."""


@dataclass(slots=True)
class _Gathered:
    """What the next delta will hold."""

    posts: list[Post] = field(default_factory=list)
    raws: list[Raw] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.posts) + len(self.rejected) >= POSTS_A_DELTA or self.size >= BYTES_A_DELTA

    def delta(self, cursor: Cursor | None) -> Delta:
        return Delta(
            posts=tuple(self.posts),
            raws=tuple(self.raws),
            rejected=tuple(self.rejected),
            cursor=cursor,
            outcome=FetchOutcome(kind=FetchKind.OK),
        )


class JsonlSource:
    """A file of posts, or a stream of them (standard input), brought in by hand.

    The same file again gives nothing new, and one that was cut off by a deadline goes on where it stopped. A stream
    has no place to go on from: what it brings twice is dropped as a duplicate.
    """

    def __init__(self, origin: Path | IO[bytes], *, clock: Clock | None = None) -> None:
        if isinstance(origin, Path) and not origin.is_file():
            raise BadInputError("no such file", file=origin.name)
        self._origin, self._clock = origin, clock or SystemClock()
        self._file = origin.name if isinstance(origin, Path) else "-"

    @property
    def name(self) -> str:
        """All imports are one source."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002 - a file is read whole, whatever is asked
        """Give the lines after the cursor, in the file's own order."""
        places = _read_cursor(cursor)
        key = _sha256_of(self._origin) if isinstance(self._origin, Path) else ""
        offset, number = places.get(key, (0, 0))
        gathered, kind, any_came = _Gathered(), FetchKind.EMPTY, False
        if self._clock.now() >= deadline:
            yield Delta(posts=(), cursor=cursor, outcome=_ended(FetchKind.BUDGET_SPENT))
            return
        try:
            with _opened(self._origin, offset) as stream:
                for line in read_lines(stream, number=number, offset=offset):
                    offset, number, any_came = line.offset, line.number, True
                    self._gather(gathered, line, key)
                    if gathered.is_full:
                        yield gathered.delta(_cursor(places, key, offset, number))
                        gathered = _Gathered()
                        if self._clock.now() >= deadline:
                            kind = FetchKind.BUDGET_SPENT
                            break
        except (OSError, EOFError, zlib.error):
            kind = FetchKind.BROKEN
        after = _cursor(places, key, offset, number)
        if gathered.posts or gathered.rejected:
            yield gathered.delta(after)
        if kind is not FetchKind.EMPTY or not any_came:
            yield Delta(posts=(), cursor=after, outcome=_ended(kind))

    def _gather(self, gathered: _Gathered, line: Line, key: str) -> None:
        gathered.size += len(line.content)
        place = f"{self._file}:{line.number}"
        if line.is_cut:
            gathered.rejected.append(Rejected(content=line.content, place=place, reason="line too long"))
            return
        url = f"{NAME}:{key[:16] or 'stream'}#{line.number}"
        try:
            post, raw = read_post(line.content, source=NAME, url=url, fetched_at=self._clock.now())
        except BadInputError as error:
            where = f"{place}:{error.field}" if error.field else place
            gathered.rejected.append(Rejected(content=line.content, place=where, reason=error.reason))
        else:
            gathered.posts.append(post)
            gathered.raws.append(raw)


def _ended(kind: FetchKind) -> FetchOutcome:
    details = {FetchKind.BUDGET_SPENT: "deadline", FetchKind.BROKEN: "unreadable_file"}
    return FetchOutcome(kind=kind, detail=details.get(kind, ""))


def _read_cursor(cursor: Cursor | None) -> dict[str, tuple[int, int]]:
    if cursor is None:
        return {}
    return {sha256: (offset, number) for sha256, (offset, number) in json.loads(cursor.value).items()}


def _cursor(places: Places, key: str, offset: int, number: int) -> Cursor | None:
    after = {sha256: place for sha256, place in places.items() if sha256 != key}
    if key and offset:
        after[key] = (offset, number)
    kept = dict(list(after.items())[-FILES_REMEMBERED:])
    return Cursor(source=NAME, value=json.dumps(kept)) if kept else None


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(origin: Path | IO[bytes], offset: int) -> Iterator[IO[bytes]]:
    if not isinstance(origin, Path):
        yield _unpacked(origin)
        return
    with origin.open("rb") as file, _unpacked(file) as stream:
        stream.seek(offset)
        yield stream


def _unpacked(stream: IO[bytes]) -> IO[bytes]:
    ahead = stream if isinstance(stream, BufferedReader) else BufferedReader(cast("BufferedReader", stream))
    if ahead.peek(2)[:2] == GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=ahead))
    return ahead
