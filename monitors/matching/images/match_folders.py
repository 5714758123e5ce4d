"""`shouwang images match`: a folder of photos against a folder of candidates, without profile or ledger."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from monitors.logs import log
from monitors.matching.images.copies import CopySearch
from monitors.matching.images.decoder import PictureError
from monitors.matching.images.features import can_find_features
from monitors.matching.images.fingerprint import Moment, fingerprint_reference, read_moments
from monitors.matching.images.found import Found
from monitors.matching.images.pixels import MAX_BYTES
from monitors.messages import say_in
from monitors.records import Fingerprint

Line = dict[str, object]
OnError = Callable[[PictureError], None]
_SAY: Final = say_in("en")


def match_folders(photos: Path, candidates: Path, *, quick: bool = False, on_error: OnError) -> Iterator[Line]:
    """Give a line for every pair that looks like a copy, candidates in order of their names, best photo first.

    A line: ``{"candidate","photo","method","distance","score","transform"}``; names are paths below the two folders,
    ``distance`` is None for a proof by details. A file that cannot be read is told to ``on_error``, once, and the rest
    goes on. ``quick`` compares hashes only. It never compares faces.
    """
    is_thorough = not quick and _has_extra()
    references = list(_read_photos(photos, with_features=is_thorough, on_error=on_error))
    search = CopySearch([stored for _, stored in references])
    for name, moments in _read_candidates(candidates, on_error):
        for found in search.find(moments, quick=not is_thorough):
            yield _to_line(name, references[found.photo][0], found)


def _has_extra() -> bool:
    if can_find_features():
        return True
    log.warning("extra_missing", extra="images", without="small parts of photos", type="pip install 'shouwang[images]'")
    return False


def _read_photos(
    folder: Path, *, with_features: bool, on_error: OnError
) -> Iterator[tuple[str, tuple[Fingerprint, ...]]]:
    for name, content in _read_files(folder, on_error):
        try:
            yield name, fingerprint_reference(content, name=name, with_features=with_features)
        except PictureError as error:
            on_error(error)


def _read_candidates(folder: Path, on_error: OnError) -> Iterator[tuple[str, tuple[Moment, ...]]]:
    for name, content in _read_files(folder, on_error):
        try:
            yield name, read_moments(content, name=name)
        except PictureError as error:
            on_error(error)


def _read_files(folder: Path, on_error: OnError) -> Iterator[tuple[str, bytes]]:
    """Read no more of each file than the decoder would take, and a byte, so that it can refuse."""
    for path in sorted(_list_files(folder, on_error)):
        try:
            if not path.is_file():  # a pipe would never end
                raise FileNotFoundError
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError:
            on_error(PictureError("unreadable_file", name=_name_of(path, folder)))
        else:
            yield _name_of(path, folder), content


def _list_files(folder: Path, on_error: OnError) -> Iterator[Path]:
    """List what is in a folder and below; a folder that cannot be opened is told, a link to one is not followed."""

    def tell(error: OSError) -> None:
        on_error(PictureError("unreadable_file", name=_name_of(Path(error.filename), folder)))

    for place, folders, files in os.walk(folder, onerror=tell):
        yield from (Path(place, name) for name in files)
        yield from (path for name in folders if (path := Path(place, name)).is_symlink())


def _name_of(path: Path, folder: Path) -> str:
    """Give the name below the folder as text that can be printed, whatever bytes it is made of."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "backslashreplace")


def _to_line(candidate: str, photo: str, found: Found) -> Line:
    return {
        "candidate": candidate,
        "photo": photo,
        "method": found.method.value,
        "distance": found.distance,
        "score": found.score,
        "transform": found.change.describe(_SAY, between=", ") or None,
    }
