"""Make ``data/codepoints.txt`` and ``data/kinds.txt``: ``python -m monitors.matching.names.workshop.codepoints``.

Needs the dependency group ``workshop``. What a code point becomes is decided here once, with the whole of NFKC,
case folding, OpenCC and Unicode TS 39 at hand, so that matching is one look-up in a table and loads none of them.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import opencc

from monitors.matching.names.kinds import Kind

DATA = Path(__file__).parents[1] / "data"
EVERY = range(0x110000)
STOPS = set('\n\r\v\f\u0085\u2028\u2029,!?;:…、。！？；：，()[]{}<>（）【】《》〈〉「」『』〔〕"“”«»„؟،؛।')
JOINERS = set(".·•‧∙⋅・･-‐‑‒–—―_/\\|¦~～^`'’‘ʼ＇+=&#@:ㅣ")
MASKS = set("〇*＊×✕✖╳○●◯□■▢▣△▲▽▼☆★◇◆※¤⬜⬛🔲🔳❌❎⭕█▇▆▓▒░◼◻▪▫⬤⚫⚪🔴🚫")
IGNORED_RANGES = ((0xFE00, 0xFE0F), (0xE0000, 0xE0FFF), (0x180B, 0x180F), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3))
IGNORED = {
    0x34F,
    0x61C,
    0x640,
    0x115F,
    0x1160,
    0x17B4,
    0x17B5,
    0x3164,
    0xFFA0,
    0x2C7,
    0x2CA,
    0x2CB,
    0x2D9,
}  # the last four: tones beside Bopomofo
MARK_RANGES = (
    (0x300, 0x36F), (0x483, 0x489), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED),
    (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0x302A, 0x302F), (0x3099, 0x309A), (0xFE20, 0xFE2F), (0xFF9E, 0xFF9F),
)  # fmt: skip
JAMO_RANGES = ((0x1100, 0x11FF), (0xA960, 0xA97C), (0xD7B0, 0xD7FB))
SCRIPTS = {
    "CJK": Kind.HAN, "LATIN": Kind.LATIN, "HIRAGANA": Kind.KANA, "KATAKANA": Kind.KANA,
    "KATAKANA-HIRAGANA": Kind.KANA, "HANGUL": Kind.HANGUL, "CYRILLIC": Kind.CYRILLIC, "GREEK": Kind.GREEK,
    "ARABIC": Kind.ARABIC, "BOPOMOFO": Kind.BOPOMOFO,
}  # fmt: skip
# What NFKC leaves alone although a reader sees a plain letter.
BY_HAND = {
    **{chr(0x1F150 + at): chr(0x61 + at) for at in range(26)},  # negative circled letters
    **{chr(0x1F170 + at): chr(0x61 + at) for at in range(26)},  # negative squared letters
    **{chr(0x1F1E6 + at): chr(0x61 + at) for at in range(26)},  # regional indicators
    **dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True)),
    **dict(zip("ⱥƀȼđɇǥħɨɉłøꝑɍŧʉɏƶ", "abcdeghijloprtuyz", strict=True)),
}  # fmt: skip
RADICALS = {
    "囗": "口",
    "⺅": "亻",
    "⺡": "氵",
    "⺝": "月",
    "⺼": "月",
    "⺉": "刂",
    "⺮": "竹",
    "⺾": "艹",
    "⻖": "阝",
    "⻏": "阝",
}


def _in_ranges(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _plain(char: str, simplify: Callable[[str], str]) -> str:
    """Give the readable form: compatible, small, simplified; accents stay."""
    if char in RADICALS or "\u3131" <= char <= "\u318e":
        return RADICALS.get(char, char)  # a Korean initial stays one letter: it stands for a syllable
    form = unicodedata.normalize("NFKC", char)
    form = unicodedata.normalize("NFKC", form.casefold())
    for hidden in (char, form):
        if hidden in BY_HAND and hidden not in "đħłø":
            form = BY_HAND[hidden]
    return simplify(form) if len(form) == 1 else form


def _bare(char: str) -> str:
    """Give the letter without accents, in the form that is searched; ``char`` is plain already."""
    if char in BY_HAND:
        return BY_HAND[char]
    if char == "ı":
        return "i"
    name = unicodedata.name(char, "")
    if name.startswith("KATAKANA") and "\u30a1" <= char <= "\u30f6":
        return chr(ord(char) - 0x60)
    if name.startswith(("LATIN", "GREEK", "CYRILLIC", "ARABIC")):
        base = unicodedata.normalize("NFD", char)[0]
        return {"ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ھ": "ه", "ہ": "ه", "ٱ": "ا"}.get(base, base)
    return char


def _kind(char: str) -> Kind:
    code = ord(char)
    if _in_ranges(code, MARK_RANGES):
        return Kind.MARK
    if _in_ranges(code, JAMO_RANGES):
        return Kind.JAMO
    if code in IGNORED or _in_ranges(code, IGNORED_RANGES) or _is_unseen(char):
        return Kind.IGNORED
    if char in BY_HAND:
        return Kind.LATIN
    for kind, chars in ((Kind.MASK, MASKS), (Kind.JOINER, JOINERS), (Kind.STOP, STOPS)):
        if char in chars:
            return kind
    return _letter_or_rest(char)


def _is_unseen(char: str) -> bool:
    """Formats, what is not assigned, and controls that are no space or line: no page shows them."""
    category = unicodedata.category(char)
    return category in {"Cf", "Cn", "Co"} or (category == "Cc" and not char.isspace())


def _letter_or_rest(char: str) -> Kind:
    category, name = unicodedata.category(char), unicodedata.name(char, "")
    if char.isspace():
        return Kind.SPACE
    if name.startswith(("CJK STROKE", "CJK RADICAL")):
        return Kind.HAN
    if category == "Nd":
        return Kind.DIGIT
    if char.isalnum() or category in {"Mn", "Mc"}:
        return SCRIPTS.get(name.split(" ")[0], Kind.LETTER)
    return Kind.STOP if category in {"Ps", "Pe", "Pi", "Pf", "Po", "Zl", "Zp", "Cc"} else Kind.SYMBOL


def _kind_lines() -> Iterator[str]:
    """Give ``first last kind`` a run of code points, what is a symbol left out; kinds are of the plain form."""
    run: tuple[int, int, Kind] | None = None
    for code in EVERY:
        kind = Kind.IGNORED if 0xD800 <= code <= 0xDFFF else _kind(chr(code))
        if run and run[2] is kind:
            run = (run[0], code, kind)
            continue
        if run and run[2] is not Kind.SYMBOL:
            yield f"{run[0]:X} {run[1]:X} {run[2].name}"
        run = (code, code, kind)
    if run and run[2] is not Kind.SYMBOL:
        yield f"{run[0]:X} {run[1]:X} {run[2].name}"


def _simplifier() -> Callable[[str], str]:
    """Give what turns traditional letters, and Japanese ones that China does not use, into simplified ones."""
    from_traditional, from_japanese = opencc.OpenCC("t2s").convert, opencc.OpenCC("jp2t").convert

    def simplify(letter: str) -> str:
        is_used = bool(letter.encode("gb2312", "ignore"))
        return str(from_traditional(letter if is_used else from_japanese(letter)))

    return simplify


def _codepoint_lines() -> Iterator[str]:
    """Give ``code plain bare`` of every code point that changes."""
    simplify = _simplifier()
    for code in EVERY:
        char = chr(code)
        if 0xD800 <= code <= 0xDFFF or _kind(char) in {Kind.IGNORED, Kind.MARK, Kind.JAMO}:
            continue
        plain = "".join(part for part in _plain(char, simplify) if _kind(part) is not Kind.MARK)
        bare = "".join(map(_bare, plain))
        if plain and (plain, bare) != (char, char):
            yield f"{code:X}\t{plain}\t{'' if bare == plain else bare}"


def main() -> None:
    """Write both files."""
    header = f"# made by monitors.matching.names.workshop.codepoints, Unicode {unicodedata.unidata_version}"
    for file, lines in (("kinds.txt", _kind_lines()), ("codepoints.txt", _codepoint_lines())):
        text = "\n".join((header, *lines)) + "\n"
        (DATA / file).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{file}: {text.count(chr(10)) - 1} lines\n")


if __name__ == "__main__":
    main()
