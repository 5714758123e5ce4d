import re
from string import Formatter

import pytest

from monitors.messages import LANGUAGES, say_in
from monitors.messages.catalogue import read_catalogues


def sentences(language: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for catalogue in read_catalogues(language).values():
        for message in catalogue:
            if message.id:
                key = message.id if isinstance(message.id, str) else message.id[0]
                found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return found


def placeholders(texts: tuple[str, ...]) -> set[str]:
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_every_id_stands_in_every_language() -> None:
    """No language misses a sentence."""
    ids = {language: set(sentences(language)) for language in LANGUAGES}

    assert all(ids[language] == ids[LANGUAGES[0]] for language in LANGUAGES)


def test_placeholders_agree() -> None:
    """A sentence has the same placeholders in every language (a plural may leave the number out)."""
    by_language = [sentences(language) for language in LANGUAGES]

    for key in by_language[0]:
        named = [placeholders(by_language[0][key]) - {"number"}, placeholders(by_language[1][key]) - {"number"}]
        assert named[0] == named[1], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mail_promises_safety(language: str) -> None:
    """Words that promise safety are in no sentence: we say what was looked at, not that all is well."""
    promise = re.compile("安全|没有问题|放心|all clear|\\bsafe\\b", re.IGNORECASE)
    allowed = {"digest.right.safety"}

    found = [key for key, texts in sentences(language).items() if promise.search(" ".join(texts))]

    assert set(found) <= allowed


def test_unknown_id_is_an_error() -> None:
    """A missing sentence never reaches a mail."""
    with pytest.raises(KeyError):
        say_in("en")("no.such.sentence")


@pytest.mark.parametrize(("asked", "given"), [("zh-TW", "zh-CN"), ("en-GB", "en"), ("xx", "zh-CN")])
def test_unknown_language_falls_back(asked: str, given: str) -> None:
    """A language without a catalogue speaks its base language, or the default."""
    assert say_in(asked) is say_in(given)
