"""What a profile may say: each check takes what somebody typed and gives it cleaned, or raises a Mistake.

The file reader and the registration page use the same ones.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from monitors.errors import BadInputError
from monitors.messages import LANGUAGES, Say, say_in
from monitors.records import Scope, WatchProfile

LONGEST_NAME = 80
LONGEST_NOTE = 500
MOST_ENTRIES = 100
"""Names, aliases or handles of one person: more is a mistake, or somebody watching a crowd."""
AUTHORITIES = ("self", "guardian", "representative")


class MistakeError(BadInputError):
    """One mistake in what was typed; its text is the catalogue's ``profiles.input.<id>``."""

    def __init__(
        self, mistake_id: str, *, file: str = "", line: int | None = None, field: str = "", **values: object
    ) -> None:
        super().__init__(_text(say_in("en"), mistake_id, values), file=file, line=line, field=field)
        self.id, self.values = mistake_id, values

    def at(self, file: str, line: int | None, field: str) -> "MistakeError":
        """Give the same mistake with its place."""
        return MistakeError(self.id, file=file, line=line, field=field, **self.values)

    def told(self, say: Say) -> str:
        """Give the text in another language, without the place."""
        return _text(say, self.id, self.values)


def _text(say: Say, mistake_id: str, values: dict[str, object]) -> str:
    return say(f"profiles.input.{mistake_id}", number=None, **values)


def name(text: str) -> str:
    """A name, alias, handle or context term: two letters or digits at least, one line, not too long."""
    cleaned = unicodedata.normalize("NFC", text).strip()
    if not cleaned:
        raise MistakeError("empty")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in cleaned):
        raise MistakeError("control_character")
    if len(cleaned) > LONGEST_NAME:
        raise MistakeError("too_long", length=len(cleaned), longest=LONGEST_NAME)
    letters = sum(unicodedata.category(character)[0] in "LN" for character in cleaned)
    if letters == 0:
        raise MistakeError("no_letters")
    if letters == 1:
        # One letter or character occurs in every other post: it would bury what matters.
        raise MistakeError("one_letter")
    return cleaned


def note(text: str) -> str:
    """A short free text, such as a label or what shows an authority."""
    cleaned = text.strip()
    if not cleaned:
        raise MistakeError("empty")
    if len(cleaned) > LONGEST_NOTE:
        raise MistakeError("too_long", length=len(cleaned), longest=LONGEST_NOTE)
    return cleaned


def address(text: str) -> str:
    """An address that mail could be sent to; whether it exists is not asked of anybody."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise MistakeError("bad_address") from error


def language(text: str) -> str:
    """A language as ``zh-CN`` or ``en``."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise MistakeError("bad_language")
    return text


def spoken_language(text: str) -> str:
    """A language we can write mails in."""
    if text not in LANGUAGES:
        raise MistakeError("not_spoken", choices=" ".join(LANGUAGES))
    return text


def timezone(text: str) -> str:
    """A time zone of the IANA list, as ``Asia/Shanghai``."""
    try:
        return ZoneInfo(text).key
    except (ValueError, OSError, KeyError) as error:
        raise MistakeError("unknown_timezone") from error


def kind(text: str) -> str:
    """Who is protected: a person. Offices and companies are not, so that nobody watches their critics."""
    if text != "person":
        raise MistakeError("not_a_person")
    return text


def whole(profile: WatchProfile) -> Iterator[MistakeError]:
    """Give what is wrong with the fields taken together; ``field`` says which one to change."""
    yield from (
        MistakeError("missing", field=needed) for needed in ("names", "recipients") if not getattr(profile, needed)
    )
    yield from _doubles(profile)
    scopes = {consent.scope for consent in profile.consents}
    if Scope.NAMES not in scopes:
        yield MistakeError("no_consent", field="consents", scope=Scope.NAMES.value)
    if profile.photos and Scope.IMAGE_HASHES not in scopes:
        yield MistakeError("no_consent", field="consents", scope=Scope.IMAGE_HASHES.value)
    is_for_herself = all(consent.authority == "self" for consent in profile.consents)
    if profile.recipients and is_for_herself and not any(one.is_self for one in profile.recipients):
        yield MistakeError("nobody_confirms", field="recipients")


def confirming_address(profile: WatchProfile) -> str:
    """The address whose owner confirms: her own, or her guardian's or representative's where she has none."""
    return next((one for one in profile.recipients if one.is_self), profile.recipients[0]).address


def _doubles(profile: WatchProfile) -> Iterator[MistakeError]:
    yield from _doubles_in("names", profile.names)
    yield from _doubles_in("aliases", profile.aliases, already=profile.names)
    yield from _doubles_in("handles", profile.handles)
    yield from _doubles_in("others", profile.others, already=(*profile.names, *profile.aliases, *profile.context))
    yield from _doubles_in("photos", [photo.id for photo in profile.photos])
    yield from _doubles_in("recipients", [one.address for one in profile.recipients])
    yield from _doubles_in("consents", [consent.scope.value for consent in profile.consents])


def _doubles_in(place: str, entries: Iterable[str], *, already: Iterable[str] = ()) -> Iterator[MistakeError]:
    seen = {_folded(entry) for entry in already}
    for number, entry in enumerate(entries):
        if _folded(entry) in seen:
            yield MistakeError("double", field=f"{place}[{number}]")
        seen.add(_folded(entry))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
