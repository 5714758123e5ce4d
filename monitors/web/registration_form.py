"""From what was typed into the registration form to a pending profile, or to every mistake in it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import TypeVar

from starlette.datastructures import FormData

from monitors.errors import BadInputError
from monitors.messages import Say
from monitors.profiles import checks
from monitors.profiles.checks import MistakeError
from monitors.profiles.profile_file import Fingerprinter
from monitors.records import Consent, PhotoSignal, Recipient, Schedule, Scope, WatchProfile
from monitors.web.uploads import Typed

T = TypeVar("T")

BLANK = {"hour": "8", "timezone": "Asia/Shanghai", "neutral": "on", "adult": "unsure"}
LISTS = ("names", "aliases", "handles", "context")
"""Fields with an entry a line."""
BOXES = ("is_me", "consent_names", "consent_image_hashes")
"""Boxes that have to be ticked, each with a sentence of its own."""


@dataclass(slots=True, kw_only=True)
class Filled:
    """A form as it was read: the profile it makes, or the mistakes that keep it from one."""

    typed: Typed
    mistakes: dict[str, list[MistakeError]] = field(default_factory=dict)
    profile: WatchProfile | None = None

    @classmethod
    def blank(cls) -> "Filled":
        """A form nobody has typed into."""
        return cls(typed=Typed(fields=FormData(BLANK), photos=()))

    def blame(self, name: str, mistake: MistakeError) -> None:
        """Note a mistake at its field."""
        self.mistakes.setdefault(name, []).append(mistake)

    def told(self, say: Say) -> dict[str, list[str]]:
        """Give the mistakes in words, by field."""
        return {name: [_tell(name, mistake, say) for mistake in mistakes] for name, mistakes in self.mistakes.items()}


def fill(typed: Typed, fingerprint: Fingerprinter, now: datetime) -> Filled:
    """Read the form; photos are reduced to signals and not kept."""
    filled = Filled(typed=typed)
    names, aliases, handles, context = (_entries(filled, name) for name in LISTS)
    address = _one(filled, "address", checks.address)
    language = _one(filled, "language", checks.spoken_language) or "zh-CN"
    schedule = _schedule(filled)
    if not typed.has("is_me"):
        filled.blame("is_me", MistakeError("missing"))
    draft = WatchProfile(
        id=token_hex(16),
        names=names,
        aliases=aliases,
        handles=handles,
        context=context,
        languages=(language,),
        photos=_photos(filled, fingerprint),
        recipients=(Recipient(address=address, language=language),) if address else (),
        schedule=schedule,
        consents=_consents(typed, now),
        was_minor=typed.text("adult") != "yes",
    )
    for mistake in checks.whole(draft):
        _blame_whole(filled, mistake)
    filled.profile = None if filled.mistakes else draft
    return filled


def _entries(filled: Filled, name: str) -> tuple[str, ...]:
    lines = [line for line in filled.typed.text(name).splitlines() if line.strip()]
    if len(lines) > checks.MOST_ENTRIES:
        filled.blame(name, MistakeError("too_many", most=checks.MOST_ENTRIES))
        return ()
    read = (_checked(filled, name, checks.name, line) for line in lines)
    return tuple(entry for entry in read if entry is not None)


def _one(filled: Filled, name: str, check: Callable[[str], T]) -> T | None:
    typed = filled.typed.text(name)
    if not typed.strip():
        filled.blame(name, MistakeError("missing"))
        return None
    return _checked(filled, name, check, typed)


def _checked(filled: Filled, name: str, check: Callable[[str], T], text: str) -> T | None:
    try:
        return check(text)
    except MistakeError as mistake:
        filled.blame(name, mistake)
        return None


def _schedule(filled: Filled) -> Schedule:
    hour = _one(filled, "hour", _hour)
    timezone = _one(filled, "timezone", checks.timezone)
    neutral = filled.typed.has("neutral")
    if hour is None or timezone is None:
        return Schedule(neutral=neutral)
    return Schedule(hour=hour, timezone=timezone, neutral=neutral)


def _hour(text: str) -> int:
    if not text.isdecimal() or int(text) > 23:
        raise MistakeError("bad_hour")
    return int(text)


def _photos(filled: Filled, fingerprint: Fingerprinter) -> tuple[PhotoSignal, ...]:
    signals = []
    for number, photo in enumerate(filled.typed.photos, 1):
        try:
            fingerprints = fingerprint(photo.content, photo.name)
        except BadInputError as problem:
            filled.blame("photos", MistakeError("bad_photo", problem=problem.reason, photo=photo.name or number))
        else:
            # The name of a file may say what nobody should read: a number is label enough.
            signals.append(PhotoSignal(id=token_hex(8), label=str(number), fingerprints=fingerprints))
    return tuple(signals)


def _consents(typed: Typed, now: datetime) -> tuple[Consent, ...]:
    given = [scope for scope in (Scope.NAMES, Scope.IMAGE_HASHES) if typed.has(f"consent_{scope.value}")]
    return tuple(Consent(scope=scope, given_by="self", authority="self", given_at=now) for scope in given)


def _tell(name: str, mistake: MistakeError, say: Say) -> str:
    if name in BOXES:
        return say(f"web.mistake.{name}")
    if mistake.id == "bad_photo":
        problem, photo = mistake.values["problem"], mistake.values["photo"]
        return say("web.mistake.photo", photo=photo, problem=_photo_problem(str(problem), say))
    return mistake.told(say)


def _photo_problem(problem: str, say: Say) -> str:
    try:
        return say(f"web.photo.{problem}")
    except KeyError:
        return say("web.photo.damaged")


def _blame_whole(filled: Filled, mistake: MistakeError) -> None:
    place = mistake.field.partition("[")[0]
    name = {"recipients": "address", "consents": f"consent_{mistake.values.get('scope', '')}"}.get(place, place)
    if name not in filled.mistakes:
        filled.blame(name, mistake)
