"""Reading the catalogues.

Ids are symbolic (``digest.subject``); every id stands in every language, with the same placeholders (a test). The
.po files are compiled in memory, so that a translator's change is live without a build step.
"""

from functools import cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO
from typing import Protocol

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("zh-CN", "en")
"""Languages with a catalogue; the first is the default."""


class Say(Protocol):
    """Gives the text of an id with its placeholders filled: ``say("digest.hits", number=3)``."""

    def __call__(self, message_id: str, /, *, number: int | None = None, **values: object) -> str:
        """Text in one language. With ``number`` the plural form is chosen and ``{number}`` filled.

        Raises KeyError for an unknown id: a missing sentence must never reach a mail.
        """
        ...


def say_in(language: str) -> Say:
    """Give the speaker of a language; an unknown one falls back to its base language, then to the default."""
    return _speaker(_known(language))


def _known(language: str) -> str:
    base = language.partition("-")[0].lower()
    return next((known for known in LANGUAGES if known.partition("-")[0] == base), LANGUAGES[0])


@cache
def _speaker(language: str) -> Say:
    translations, known = _load(language)

    def say(message_id: str, /, *, number: int | None = None, **values: object) -> str:
        if message_id not in known:
            raise KeyError(message_id)
        if number is None:
            return translations.gettext(message_id).format(**values)
        return translations.ngettext(message_id, message_id, number).format(number=number, **values)

    return say


def _load(language: str) -> tuple[GNUTranslations, frozenset[str]]:
    merged = Catalog(locale=language.replace("-", "_"))
    for catalogue in read_catalogues(language).values():
        for message in catalogue:
            if message.id:
                merged[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return GNUTranslations(compiled), frozenset(_id_of(message.id) for message in merged if message.id)


def read_catalogues(language: str) -> dict[str, Catalog]:
    """Give the catalogues of a language by room."""
    locale = language.replace("-", "_")
    folder = files("monitors.messages") / locale
    found = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".po"):
            found[file.name.removesuffix(".po")] = read_po(BytesIO(file.read_bytes()), locale=locale)
    return found


def _id_of(message_id: str | tuple[str, ...] | list[str]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]
