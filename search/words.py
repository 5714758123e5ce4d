"""How a text becomes words, for every store alike: what one finds, the other finds.

Scripts without spaces give one word a character, so that a name of two characters is found inside any text; other
scripts give the words between spaces and punctuation; an emoji is a word. Words are folded: NFKC, lower case,
diacritics off, traditional to simplified, invisible characters gone. Every word knows where it stands in the text.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

VERSION = 1
"""Of the rules below. A store made under other rules must be rebuilt: it would miss what it holds."""

LONGEST_WORD = 64
"""Code points; a longer run is cut into several words, in a query alike. Elasticsearch cuts at 255 by itself."""

_UNSPACED = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul jamo
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),  # Lanna
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),  # 々〆〇
    (0x3021, 0x3029),  # Hangzhou numerals
    (0x3031, 0x303B),  # repeat marks, more numerals
    (0x3041, 0x318F),  # kana, Bopomofo, Hangul compatibility jamo
    (0x31A0, 0x31FF),  # Bopomofo and kana extensions
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0xA4CF),  # Han, Yi
    (0xA960, 0xA97F),  # Hangul jamo
    (0xA980, 0xA9FF),  # Javanese, Myanmar
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),  # Han
    (0x16FE0, 0x18DFF),  # Tangut, Khitan
    (0x1AFF0, 0x1B2FF),  # kana, Nushu
    (0x20000, 0x3FFFD),  # Han, also what this Python's Unicode does not know yet
)
_UNSPACED_STARTS = tuple(first for first, _ in _UNSPACED)

_TAKEN_OFF = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"  # accents, and the ring of a keycap
    "\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"  # Hebrew points, Arabic vowels
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"  # fillers, variation selectors
)
_JAMO_THAT_JOIN = "\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f\uffa0-\uffdc"
"""Vowels and finals of a Hangul syllable, half-width sound marks of kana: they compose with what stands before."""

_TYPED_APART = {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe"}
"""Letters that no decomposition takes apart, as they are typed on another keyboard."""
_LETTERS_FOR_SIGNS = {"ʹ": "'", "ʻ": "'", "ʼ": "'", "ʽ": "'", "ʾ": "'", "ʿ": "'", "ꞌ": "'"}
"""Letters by category, apostrophes to a reader."""
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF))

_PHRASE = re.compile(r'["“”„]([^"“”„]*)["“”„]?|([^\s"“”„]+)')


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and where it stands: ``[start, end)`` in code points of the original text."""

    text: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Give the words of a text in their order; none where there is nothing to read."""
    words: list[Word] = []
    run, start, end = "", 0, 0
    for letter in _letters().finditer(text):
        for char in _fold(letter[0]):
            if run and (char == " " or len(run) == LONGEST_WORD):
                words.append(Word(run, start, end))
                run = ""
            if char != " ":
                start = start if run else letter.start()
                run, end = run + char, letter.end()
    return [*words, Word(run, start, end)] if run else words


def folded(text: str) -> str:
    """Give the words of a text with one space between: what a store indexes.

    The same as ``words_of`` without the places, in half the time.
    """
    runs = "".join(map(_fold, _letters().findall(text))).split(" ")
    cut = (run[start : start + LONGEST_WORD] for run in runs for start in range(0, len(run), LONGEST_WORD))
    return " ".join(cut)


def phrases_of(query: str) -> list[tuple[str, ...]]:
    """Give what must occur: each run without spaces, and each part in quotation marks, as its words in order."""
    parts = (quoted or plain for quoted, plain in _PHRASE.findall(query))
    phrases = (tuple(folded(part).split()) for part in parts)
    return list(dict.fromkeys(phrase for phrase in phrases if phrase))


def spans_of(text: str, phrases: Sequence[tuple[str, ...]]) -> tuple[tuple[int, int], ...]:
    """Give where any of the phrases stands in a text, in order, overlapping ones as one."""
    words = words_of(text)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for phrase in phrases for span in _occurrences(words, phrase)):
        if merged and start < merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])  # noqa: PLW2901 - grown by the one before
        merged.append((start, end))
    return tuple(merged)


def _occurrences(words: Sequence[Word], phrase: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    texts = [word.text for word in words]
    for first in range(len(texts) - len(phrase) + 1):
        if texts[first] == phrase[0] and tuple(texts[first : first + len(phrase)]) == phrase:
            yield words[first].start, words[first + len(phrase) - 1].end


@cache
def _letters() -> re.Pattern[str]:
    """A letter as a reader sees it: a base with its marks, or the jamo of one syllable."""
    marks = [char for char in map(chr, range(0x20000)) if unicodedata.category(char)[0] == "M"]
    near = "".join(char for char in marks if char <= "\uffff") + _JAMO_THAT_JOIN
    far = "".join(char for char in marks if char > "\uffff") + "\U000e0100-\U000e01ef"
    # Two classes: one of both is searched from end to end for every letter, 15 times as slow (2026-11, Python 3.11).
    return re.compile(f".(?:[{near}]|(?=[\U00010000-\U0010ffff])[{far}])*", re.DOTALL)


@lru_cache(maxsize=1 << 16)
def _fold(letter: str) -> str:
    """Fold one letter; a space parts words, so an ideograph comes with one on either side."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", letter).casefold())
    bare = _TAKEN_OFF.sub("", unicodedata.normalize("NFD", plain))
    return "".join(map(_set_apart, _letters().findall(unicodedata.normalize("NFC", bare).translate(_respelled()))))


def _set_apart(letter: str) -> str:
    kind = unicodedata.category(letter[0])
    if _is_unspaced(letter[0]) or kind == "So":
        return f" {letter} "
    if kind == "Cf":
        return ""
    return letter if kind[0] in "LNM" else " "


def _is_unspaced(char: str) -> bool:
    place = bisect_right(_UNSPACED_STARTS, ord(char)) - 1
    return place >= 0 and ord(char) <= _UNSPACED[place][1]


@cache
def _respelled() -> dict[int, str]:
    """Traditional to simplified, a character at a time: by words a name's part would fold unlike the name."""
    from opencc import OpenCC

    han = [chr(code) for first, last in _HAN for code in range(first, last + 1)]
    simplified = dict(zip(han, OpenCC("t2s").convert("\n".join(han)).split("\n"), strict=True))
    # 薴 → 苧 → 苎: followed to its end, so that folding twice changes nothing.
    shortest = {char: simplified.get(to, to) for char, to in simplified.items() if char != to}
    return str.maketrans(shortest | _TYPED_APART | _LETTERS_FOR_SIGNS | {"妳": "你"})
