"""Japanese names: honorifics and masks; readings in kana as she gives them, and their romaji."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, product

from monitors.matching.names.variants.variant import Rule, Variant, variant
from monitors.records import Method

ROMAJI = {
    "あ": "a", "い": "i", "う": "u", "え": "e", "お": "o", "か": "ka", "き": "ki", "く": "ku", "け": "ke", "こ": "ko",
    "が": "ga", "ぎ": "gi", "ぐ": "gu", "げ": "ge", "ご": "go", "さ": "sa", "し": "shi", "す": "su", "せ": "se", "そ": "so",
    "ざ": "za", "じ": "ji", "ず": "zu", "ぜ": "ze", "ぞ": "zo", "た": "ta", "ち": "chi", "つ": "tsu", "て": "te", "と": "to",
    "だ": "da", "ぢ": "ji", "づ": "zu", "で": "de", "ど": "do", "な": "na", "に": "ni", "ぬ": "nu", "ね": "ne", "の": "no",
    "は": "ha", "ひ": "hi", "ふ": "fu", "へ": "he", "ほ": "ho", "ば": "ba", "び": "bi", "ぶ": "bu", "べ": "be", "ぼ": "bo",
    "ぱ": "pa", "ぴ": "pi", "ぷ": "pu", "ぺ": "pe", "ぽ": "po", "ま": "ma", "み": "mi", "む": "mu", "め": "me", "も": "mo",
    "や": "ya", "ゆ": "yu", "よ": "yo", "ら": "ra", "り": "ri", "る": "ru", "れ": "re", "ろ": "ro", "わ": "wa", "を": "o",
    "ん": "n", "ゃ": "ya", "ゅ": "yu", "ょ": "yo", "っ": "", "ー": "",
}  # fmt: skip


LONG = {"o": ("o", "ou", "oh"), "u": ("u", "uu")}
"""How the long vowels are written: unmarked as in passports, as in kana, or with an h."""
HONORIFICS = ("さん", "ちゃん", "くん", "君", "さま", "様", "先輩", "先生", "氏", "せんせい", "せんぱい", "殿", "たん")
MOST_ROMAJI = 6
_KANA, _HAN = re.compile(r"[\u3041-\u30ff\s]+"), re.compile("[\u3400-\u9fff]")


def romaji(kana: str) -> tuple[str, ...]:
    """Give hiragana in Hepburn letters, with each usual way to write its long vowels, the passport's first."""
    spelled = ""
    for at, letter in enumerate(kana):
        sound = ROMAJI.get(letter, "")
        if letter in "ゃゅょ" and spelled.endswith("i"):
            spelled = spelled[:-1] + (sound[1:] if spelled.endswith(("shi", "chi", "ji")) else sound)
        elif at and kana[at - 1] == "っ":
            spelled += sound[:1] + sound
        else:
            spelled += sound
    marked = spelled.replace("ou", "ô").replace("oo", "ô").replace("uu", "û")
    forms = [marked.replace("ô", o).replace("û", u) for o in LONG["o"] for u in LONG["u"]]
    return tuple(dict.fromkeys(forms))


def spell_kana(parts: list[str]) -> Iterator[Variant]:
    """Give the romaji of a name in hiragana, in both orders when its parts are known."""
    for spelled in islice(product(*map(romaji, parts)), MOST_ROMAJI):
        name = "".join(spelled)
        yield variant(name, Rule.LATIN, Method.LATIN, 1.0, weak=len(name) < 7)
        if len(spelled) > 1:
            yield variant("".join(reversed(spelled)), Rule.LATIN_TURNED, Method.LATIN, 1.0)


def spell_japanese(parts: Sequence[str], letters: str) -> Iterator[Variant]:
    """Give what a name that holds Chinese letters may become: surname with honorific, given name, one letter hidden.

    Surname and given name are known where a space parts them, where kana follow, and in a name of four letters.
    """
    surname, given = _parted(parts, letters)
    if given:
        yield variant(given, Rule.LETTERS, Method.GIVEN_NAME, 1.5, weak=True)
        for honorific in HONORIFICS:
            yield variant(surname + honorific, Rule.LETTERS, Method.TITLED, 2.5, weak=True)
    yield from spell_masked(letters)


def half_in_kana(names: Sequence[str], aliases: Sequence[str]) -> Iterator[str]:
    """Give names of which one part stands in kana, where a kana alias of two parts says how they are read."""
    readings = [alias.split() for alias in aliases if len(alias.split()) == 2 and _KANA.fullmatch(alias)]
    for name in names:
        surname, given = _parted(name.split(), name)
        if surname and given and _HAN.match(surname):
            for surname_read, given_read in readings:
                yield from (surname + given_read, surname_read + given)


def spell_masked(letters: str) -> Iterator[Variant]:
    """Give a name of three letters and more with one of them hidden; weak, since what is left is anybody's."""
    for at in range(1, len(letters) if len(letters) > 2 else 1):
        rule = Rule.MASK_AFTER if at == len(letters) - 1 else Rule.MASK_INSIDE
        yield variant(letters[:at] + letters[at + 1 :], rule, Method.MASK, 4.5, weak=True)


def _parted(parts: Sequence[str], letters: str) -> tuple[str, str]:
    if len(parts) > 1:
        return "".join(parts[:-1]), parts[-1]
    kana = next((at for at, letter in enumerate(letters) if "ぁ" <= letter <= "ヿ"), 0)
    half = kana or (2 if len(letters) == 4 else 0)
    return letters[:half], letters[half:] if half else ""
