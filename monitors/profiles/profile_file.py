"""Reading a profile from a file; docs/howto/profile.example.yaml shows every field."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

import yaml

from monitors.errors import BadInputError
from monitors.profiles import checks
from monitors.profiles.checks import MistakeError
from monitors.profiles.yaml_reader import Read, YamlReader, one_of, whole_number, yes_or_no
from monitors.records import Consent, Fingerprint, PhotoSignal, Recipient, Schedule, Scope, WatchProfile

LARGEST_PHOTO = 50 << 20
Fingerprinter = Callable[[bytes, str], tuple[Fingerprint, ...]]
"""Reduces a picture to its hashes; raises BadInputError for one that cannot be read."""


class BadProfileError(BadInputError):
    """Every mistake of a profile file, each with its file, line and field."""

    def __init__(self, mistakes: list[MistakeError]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: mistake.line or 0))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def read_profile_file(path: Path, fingerprint: Fingerprinter, now: datetime) -> WatchProfile:
    """Read a profile and its reference photos, which are reduced to signals and not kept.

    The profile is pending and has an id nobody had; its consents are given ``now``, and anew when she confirms.
    Raises BadProfileError with every mistake there is.
    """
    reader = YamlReader(file=path.name)
    fields = _ProfileReader(reader=reader, folder=path.parent, fingerprint=fingerprint, now=now).read(_open(path))
    profile = WatchProfile(id=token_hex(16), **{"names": ()} | fields)
    for mistake in checks.whole(profile):
        # A list with a mistake of its own is not blamed a second time for what is missing from it.
        if not reader.has_mistake_in(mistake.field):
            reader.blame(mistake, mistake.field)
    if reader.mistakes:
        raise BadProfileError(reader.mistakes)
    return profile


def _open(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadProfileError([MistakeError("cannot_open", file=str(path), problem=error.strerror or "")]) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProfileReader:
    reader: YamlReader
    folder: Path
    fingerprint: Fingerprinter
    now: datetime

    def read(self, content: bytes) -> dict[str, Any]:
        """Give the fields of a WatchProfile that the file has and that could be read."""
        top = self.reader.compose(content)
        found = self.reader.table(top, "", self._fields())
        found.pop("kind", None)
        is_adult = found.pop("adult_in_all_photos", False)
        return found | {"was_minor": not is_adult}

    def _fields(self) -> dict[str, Read]:
        return {
            "kind": self._one(checks.kind),
            "names": self._list(self._one(checks.name)),
            "aliases": self._list(self._one(checks.name)),
            "handles": self._list(self._one(checks.name)),
            "context": self._list(self._one(checks.name)),
            "others": self._list(self._one(checks.name)),
            "languages": self._list(self._one(checks.language)),
            "recipients": self._list(self._recipient),
            "schedule": self._schedule,
            "adult_in_all_photos": self._one(yes_or_no),
            "photos": self._list(self._photo),
            "consents": self._list(self._consent),
        }

    def _one(self, check: Callable[[str], Any]) -> Read:
        return partial(self.reader.text, check=check)

    def _list(self, read: Read) -> Read:
        return partial(self.reader.entries, read=read)

    def _recipient(self, node: yaml.Node, place: str) -> Recipient | None:
        fields = {
            "address": self._one(checks.address),
            "language": self._one(checks.spoken_language),
            "self": self._one(yes_or_no),
        }
        found = self.reader.table(node, place, fields, needed=("address",))
        is_self = found.pop("self", True)
        return Recipient(**found, is_self=is_self) if "address" in found else None

    def _schedule(self, node: yaml.Node, place: str) -> Schedule:
        fields = {
            "hour": self._one(_hour),
            "timezone": self._one(checks.timezone),
            "neutral": self._one(yes_or_no),
        }
        return Schedule(**self.reader.table(node, place, fields))

    def _consent(self, node: yaml.Node, place: str) -> Consent | None:
        fields = {
            "scope": self._one(one_of(*Scope)),
            "given_by": self._one(checks.note),
            "authority": self._one(one_of(*checks.AUTHORITIES)),
            "document": self._one(checks.note),
            "expires": self._one(self._end_of_day),
        }
        found = self.reader.table(node, place, fields, needed=("scope", "given_by", "authority"))
        if found.keys() < {"scope", "given_by", "authority"}:
            return None
        if found["authority"] != "self" and "document" not in found:
            self.reader.blame(MistakeError("no_document"), place)
        expires_at = found.pop("expires", None)
        return Consent(**found | {"scope": Scope(found["scope"])}, given_at=self.now, expires_at=expires_at)

    def _end_of_day(self, text: str) -> datetime:
        try:
            end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        except (ValueError, OverflowError) as error:
            raise MistakeError("not_a_date") from error
        if end <= self.now:
            raise MistakeError("expired")
        return end

    def _photo(self, node: yaml.Node, place: str) -> PhotoSignal | None:
        fields = {"file": self._one(checks.note), "label": self._one(checks.note)}
        found = self.reader.table(node, place, fields, needed=("file",))
        if "file" not in found:
            return None
        try:
            return self._signal(self.folder / found["file"], found.get("label", ""))
        except MistakeError as mistake:
            self.reader.blame(mistake, f"{place}.file")
            return None

    def _signal(self, path: Path, label: str) -> PhotoSignal:
        try:
            if path.stat().st_size > LARGEST_PHOTO:
                raise MistakeError("photo_too_large", most=LARGEST_PHOTO >> 20)
            content = path.read_bytes()
        except OSError as error:
            raise MistakeError("cannot_open", problem=error.strerror or "") from error
        try:
            hashes = self.fingerprint(content, path.name)
        except BadInputError as error:
            raise MistakeError("bad_photo", problem=error.reason) from error
        return PhotoSignal(id=sha256(content).hexdigest()[:16], label=label, fingerprints=hashes)


def _hour(text: str) -> int:
    hour = whole_number(text)
    if hour > 23:
        raise MistakeError("bad_hour")
    return hour
