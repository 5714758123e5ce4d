"""Sealed bytes on disk: one file a content, ``<profile>/<sha256 of the content>``, whole or not there."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from monitors.errors import StopRun
from monitors.ledger.cipher import Cipher, SealBrokenError

UNFINISHED = ".part"


class ExhibitFiles:
    """The folder of every profile's sealed bytes."""

    def __init__(self, folder: Path, cipher: Cipher) -> None:
        self._folder = folder
        self._cipher = cipher

    def store(self, profile_id: str, content: bytes) -> str:
        """Seal bytes and give their sha256; once it returns they survive a power cut. Stored twice, kept once.

        Raises StopRun when the disk does not take them.
        """
        name = sha256(content).hexdigest()
        if not self._holds(profile_id, name):
            sealed = self._cipher.seal(profile_id, content, label=_label(name))
            try:
                _write_whole(self.path(profile_id, name), sealed)
            except OSError as error:
                raise StopRun(
                    f"an exhibit cannot be written ({error.strerror or type(error).__name__})",
                    advice="make room on its disk or correct its folder's owner; the hit waits, the next run seals it",
                ) from error
        return name

    def read(self, profile_id: str, content_sha256: str) -> bytes:
        """Give the bytes back. Raises FileNotFoundError when the file is gone, SealBrokenError when it was changed."""
        content = self._cipher.open(
            profile_id, self.path(profile_id, content_sha256).read_bytes(), label=_label(content_sha256)
        )
        if sha256(content).hexdigest() != content_sha256:
            raise SealBrokenError("sealed bytes are not what they were sealed as")
        return content

    def remove(self, profile_id: str, name: str) -> None:
        """Delete a file; one that is gone is no error."""
        self.path(profile_id, name).unlink(missing_ok=True)

    def names(self, profile_id: str) -> Iterator[str]:
        """Name every file of a profile, unfinished ones too."""
        folder = self._folder / profile_id
        yield from sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ()

    def path(self, profile_id: str, name: str) -> Path:
        """Give where a content lies."""
        return self._folder / profile_id / name

    def _holds(self, profile_id: str, name: str) -> bool:
        try:
            self.read(profile_id, name)
        except (FileNotFoundError, SealBrokenError):
            return False
        return True


def _label(content_sha256: str) -> str:
    return f"exhibit:{content_sha256}"


def _write_whole(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(token_hex(16) + UNFINISHED)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _sync(path.parent)
    # The profile's folder may be new itself.
    _sync(path.parent.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
