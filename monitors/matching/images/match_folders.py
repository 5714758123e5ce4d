"""`shouwang images match`: a folder of photos against a folder of candidates, without profile or ledger."""

from collections.abc import Callable, Iterator
from pathlib import Path

from monitors.matching.images.bank import Bank
from monitors.matching.images.decoder import PictureError
from monitors.matching.images.fingerprint import fingerprint, fingerprint_reference
from monitors.matching.images.pixels import MAX_BYTES
from monitors.messages import say_in
from monitors.records import Fingerprint

Line = dict[str, object]
OnError = Callable[[PictureError], None]
_SAY = say_in("en")
_Hash = Callable[..., tuple[Fingerprint, ...]]


def match_folders(photos: Path, candidates: Path, *, on_error: OnError) -> Iterator[Line]:
    """Give a line for every pair that looks like a copy, candidates in order of their names, best photo first.

    A line: ``{"candidate","photo","method","distance","score","transform"}``; names are paths below the two folders.
    A file that cannot be read is told to ``on_error``, once, and the rest goes on. It never compares faces.
    """
    references = list(_hash_folder(photos, fingerprint_reference, on_error))
    bank = Bank([hashes for _, hashes in references])
    for name, hashes in _hash_folder(candidates, fingerprint, on_error):
        for found in bank.find(hashes):
            yield {
                "candidate": name,
                "photo": references[found.photo][0],
                "method": found.method.value,
                "distance": found.distance,
                "score": found.score,
                "transform": found.change.describe(_SAY, between=", ") or None,
            }


def _hash_folder(folder: Path, hashing: _Hash, on_error: OnError) -> Iterator[tuple[str, tuple[Fingerprint, ...]]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        try:
            yield name, hashing(_read_bytes(path), name=name)
        except PictureError as error:
            on_error(error)


def _read_bytes(path: Path) -> bytes:
    """Read no more than the decoder would take, and a byte, so that it can refuse."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError("unreadable_file", name=path.name) from error
