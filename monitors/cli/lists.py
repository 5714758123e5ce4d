"""Lists of PDQ hashes: hers for platforms and hash banks, theirs to be watched for. No picture changes hands."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from monitors import app
from monitors.cli.actions import find_profile, look_back
from monitors.cli.words import say
from monitors.errors import BadInputError
from monitors.ledger import audit, profiles
from monitors.matching.images.exchange import read_signals, write_stopncii, write_threatexchange
from monitors.profiles.profile_file import LARGEST_PHOTO
from monitors.records import Scope

THREATEXCHANGE, STOPNCII = "threatexchange", "stopncii"
Row = dict[str, object]


def export_hashes(profile_id: str, kind: str) -> str:
    """Give a profile's hashes as a list of that kind; that it was made stands in her audit log."""
    with app.opened() as parts:
        profile, now = find_profile(parts, profile_id), parts.clock.now()
        if kind not in {THREATEXCHANGE, STOPNCII}:
            raise BadInputError(f"{THREATEXCHANGE} {STOPNCII}", field="--format")
        with parts.ledger.writing() as ledger:
            audit.note(ledger, profile_id, "hashes_exported", actor="operator", at=now)
        return write_stopncii(profile.photos, now=now) if kind == STOPNCII else write_threatexchange(profile.photos)


def import_hashes(file: Path, profile_id: str, on_error: Callable[[BadInputError], None]) -> Row:
    """Watch for the hashes of a list as well, and look for them in what is still stored.

    Raises BadInputError for a file that cannot be opened, and for a profile without consent to hashes of pictures.
    """
    with app.opened() as parts:
        profile, now = find_profile(parts, profile_id), parts.clock.now()
        if not profile.allows(Scope.IMAGE_HASHES, now):
            raise BadInputError(say("cli.images.not_allowed"), field=profile_id)
        read = read_signals(_read(file), name=file.name, on_error=on_error)
        known = {photo.id for photo in profile.photos}
        new = tuple(photo for photo in read if photo.id not in known)
        if new:
            with parts.ledger.writing() as ledger:
                profiles.put(ledger, parts.vault, replace(profile, photos=(*profile.photos, *new)), now)
                audit.note(ledger, profile_id, "hashes_imported", actor="operator", at=now)
        return {"profile_id": profile_id, "new": len(new), "known": len(read) - len(new), "found": look_back(parts)}


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_PHOTO + 1)
    except OSError as error:
        raise BadInputError(error.strerror or "cannot be opened", file=str(file)) from error
    if len(content) > LARGEST_PHOTO:
        raise BadInputError("too large", file=str(file))
    return content.decode("utf-8", "replace")
