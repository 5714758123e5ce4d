"""Japanese names: readings in kana as she gives them, and their romaji."""

from collections.abc import Iterator

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


def romaji(kana: str) -> str:
    """Give hiragana in Hepburn letters, long vowels unmarked as in passports."""
    spelled = ""
    for at, letter in enumerate(kana):
        sound = ROMAJI.get(letter, "")
        if letter in "ゃゅょ" and spelled.endswith("i"):
            spelled = spelled[:-1] + (sound[1:] if spelled.endswith(("shi", "chi", "ji")) else sound)
        elif at and kana[at - 1] == "っ":
            spelled += sound[:1] + sound
        else:
            spelled += sound
    return spelled.replace("ou", "o").replace("oo", "o").replace("uu", "u")


def spell_kana(parts: list[str]) -> Iterator[Variant]:
    """Give the romaji of a name in hiragana, in both orders when its parts are known."""
    spelled = [romaji(part) for part in parts]
    yield variant("".join(spelled), Rule.LATIN, Method.LATIN, 1.0, weak=len("".join(spelled)) < 7)
    if len(spelled) > 1:
        yield variant("".join(reversed(spelled)), Rule.LATIN_TURNED, Method.LATIN, 1.0)
