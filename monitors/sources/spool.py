"""The spool: batches of posts as compressed files, each named by the SHA-256 of its bytes.

A file is JSON Lines under zstd: one line that says what it is, a line for each post, a line for each raw. It is
written beside its place, synced and renamed, so that a file with its name is whole or not there at all.
"""

import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest, sha256
from pathlib import Path
from secrets import token_hex

import zstandard

from monitors.codec import from_line, to_line
from monitors.errors import StopRun
from monitors.records import Batch, Post, Raw

SUFFIX = ".jsonl.zst"
UNFINISHED = ".part"
LEVEL = 3
"""zstd's own default: on the 91,713 posts of ../shared/data/text level 9 saved 7 % and took four times as long (2026-11)."""
READ_BYTES = 1024 * 1024


class Spool:
    """A folder of batches. A batch's ``path`` is its file's name in this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, source: str, posts: Sequence[Post], raws: Iterable[Raw], *, at: datetime) -> Batch:
        """Store posts with the raws they were read from, each once. Raises StopRun when the disk does not take it."""
        wanted = {post.raw_sha256 for post in posts}
        kept = {raw.sha256: raw for raw in raws if raw.sha256 in wanted}
        # The nonce keeps two batches apart that hold the same, such as nothing.
        head = {"source": source, "at": at.isoformat(), "posts": len(posts), "nonce": token_hex(8)}
        lines = [json.dumps(head).encode()]
        lines += [b"P" + to_line(post) for post in posts]
        lines += [b"R" + to_line(raw) for raw in kept.values()]
        return self._store(lines, len(posts))

    def posts(self, batch: Batch) -> Iterator[Post]:
        """Read a batch's posts, a few at a time. Raises StopRun when its bytes are gone or were changed."""
        for line in self._lines(batch):
            if line.startswith(b"P"):
                yield from_line(Post, line[1:])

    def raws(self, batch: Batch, wanted: Collection[str] | None = None) -> dict[str, Raw]:
        """Read a batch's raws by their sha256, all of them or those that are wanted; one may have been forgotten."""
        found = {}
        for line in self._lines(batch):
            if line.startswith(b"R"):
                raw = from_line(Raw, line[1:])
                if wanted is None or raw.sha256 in wanted:
                    found[raw.sha256] = raw
        return found

    def rewrite(self, batch: Batch, *, post_ids: Collection[str], raw_urls: Collection[str]) -> Batch:
        """Store a batch anew without these posts and without raws from these addresses; the old file stays."""
        kept: list[bytes] = []
        count = 0
        for line in self._lines(batch):
            if line.startswith(b"P") and from_line(Post, line[1:]).id in post_ids:
                continue
            if line.startswith(b"R") and from_line(Raw, line[1:]).url in raw_urls:
                continue
            count += line.startswith(b"P")
            kept.append(line)
        return self._store(kept, count)

    def remove(self, name: str) -> None:
        """Delete a file; one that is gone is no error."""
        self._file(name).unlink(missing_ok=True)

    def has(self, batch: Batch) -> bool:
        """Whether the batch's file is there."""
        return self._file(batch.path).exists()

    def files(self) -> Iterator[tuple[str, float]]:
        """Name every file of the folder, unfinished ones too, with the time of its last change."""
        if not self.folder.is_dir():
            return
        for file in sorted(self.folder.iterdir()):
            if file.name.endswith((SUFFIX, UNFINISHED)):
                try:
                    yield file.name, file.stat().st_mtime
                except FileNotFoundError:
                    continue  # finished or removed meanwhile

    def _file(self, name: str) -> Path:
        if Path(name).name != name or not name:
            raise StopRun("a batch's path leads out of the spool", advice="compare the ledger with a backup")
        return self.folder / name

    def _store(self, lines: Iterable[bytes], count: int) -> Batch:
        content = zstandard.ZstdCompressor(level=LEVEL).compress(b"".join(line + b"\n" for line in lines))
        name = sha256(content).hexdigest()
        unfinished = self._file(f"{token_hex(16)}{UNFINISHED}")
        with _told_when_full():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                _write_through(unfinished, content)
                unfinished.rename(self._file(name + SUFFIX))
            except OSError:
                unfinished.unlink(missing_ok=True)
                raise
            _sync_folder(self.folder)
        return Batch(path=name + SUFFIX, count=count, sha256=name)

    def _lines(self, batch: Batch) -> Iterator[bytes]:
        try:
            with self._file(batch.path).open("rb") as file:
                if file_digest(file, "sha256").hexdigest() != batch.sha256:
                    raise StopRun(
                        f"batch {batch.sha256[:12]} was changed on disk",
                        advice="check the disk; restore the spool from a backup, or give up this batch",
                    )
                file.seek(0)
                yield from _split(zstandard.ZstdDecompressor().read_to_iter(file, read_size=READ_BYTES))
        except FileNotFoundError as error:
            raise StopRun(
                f"batch {batch.sha256[:12]} is gone from the spool", advice="restore the spool from a backup"
            ) from error


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    # bytes.splitlines would also cut at a carriage return; JSON escapes line ends, so only ours are here.
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines


def _write_through(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Without this the rename itself may be lost with the power, and the ledger would know a file that never was.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StopRun(
            f"the spool cannot be written ({error.strerror or type(error).__name__})",
            advice="make room on its disk or correct its folder's owner; nothing was recorded, the next run asks again",
        ) from error
