"""What kinds of code points there are, as far as finding a name is concerned."""

from enum import IntEnum

MASK = "※"
"""Stands for every mask where masks are read as letters."""


class Kind(IntEnum):
    """From ``HAN`` on a code point is part of a word; what stands before it separates words or is not seen."""

    SYMBOL = 0
    """Anything else: pictures, signs, currency."""
    IGNORED = 1
    """Not seen by a reader: zero-width, direction, control, variation selectors, unassigned, halves of a surrogate pair."""
    SPACE = 2
    STOP = 3
    """Ends a clause: full stops, commas, brackets, new lines."""
    JOINER = 4
    """Stands within names and words: dots, hyphens, strokes."""
    MASK = 5
    """Stands for a letter that was hidden."""
    MARK = 6
    """Combines with the letter before it."""
    JAMO = 7
    """Part of a Korean syllable that was taken apart."""
    WALL = 9
    """Between two posts; part of no text."""
    HAN = 10
    LATIN = 11
    DIGIT = 12
    KANA = 13
    HANGUL = 14
    CYRILLIC = 15
    GREEK = 16
    ARABIC = 17
    BOPOMOFO = 18
    LETTER = 19
    """A letter of any other script."""
    SIGN = 20
    """A mask that is read as a letter."""


def is_han(letter: str) -> bool:
    """Whether a letter is a Chinese one in common use."""
    return "\u4e00" <= letter <= "\u9fff"
