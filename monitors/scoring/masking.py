"""Makes a text neutral before it is read: evasions undone, and no name, link or handle that could sway the judgement."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from monitors.matching.names.normalise import normalise
from monitors.scoring.restoring import restore

# Stands where a name stood, in capitals, which no plain text has; no mask at all is much worse
# (2026-11-23, 540 posts of the train families, macro-F1 out of fold: PERSON .594, 某人 .596, person .572, none .52).
PLACEHOLDER: Final = "PERSON"

# An address has no letters but ASCII's; Chinese text goes on behind it without a space.
_URL: Final = re.compile(r"(?:https?://|www\.)[!-~]+")
# A handle in Chinese letters ends where a space or a colon says so; without one nobody knows where the sentence begins.
_HANDLE: Final = re.compile(rf"(?<![\w.])@(?!{PLACEHOLDER})(?:[\w\-·.]{{1,16}}(?=[\s:])|[a-z0-9_\-.]{{1,30}})")
_SPACE: Final = re.compile(r"\s+")


def prepare(texts: Sequence[str], forms: Sequence[Iterable[str]] | None = None) -> list[str]:
    """Each text as it is encoded: made plain, the person's ``forms`` masked, links neutral, hidden words put back.

    A text without anything to read becomes empty. Masking is blind to case and to the disguises that
    ``normalise`` undoes.
    """
    plain = [text.text for text in normalise(texts)]
    if forms is not None:
        plain = [mask(text, _plain_forms(of_text)) for text, of_text in zip(plain, forms, strict=True)]
    return [restore(_SPACE.sub(" ", _HANDLE.sub("@user", _URL.sub("[url]", text))).strip()) for text in plain]


def mask(text: str, forms: Iterable[str]) -> str:
    """The text with every form replaced by one placeholder, longer forms first.

    A form that begins or ends in an ASCII letter or digit matches whole words only: ``ann`` leaves ``annoying`` alone.
    """
    wanted = sorted({form.strip() for form in forms} - {""}, key=len, reverse=True)
    if not wanted:
        return text
    return re.sub("|".join(map(_as_pattern, wanted)), PLACEHOLDER, text)


def _plain_forms(forms: Iterable[str]) -> list[str]:
    return [form.text for form in normalise(list(forms))]


def _as_pattern(form: str) -> str:
    before = r"(?<![a-z0-9])" if _is_latin(form[0]) else ""
    after = r"(?![a-z0-9])" if _is_latin(form[-1]) else ""
    return f"{before}{re.escape(form)}{after}"


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
