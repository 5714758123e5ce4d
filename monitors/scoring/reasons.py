"""Which words of a text moved a score: the set phrases that its n-grams know, which people can follow.

What the encoder makes of a whole sentence cannot be told word by word; for that a score names its nearest example.
"""

from typing import Final

from monitors.scoring.masking import PLACEHOLDER
from monitors.scoring.ngrams import Grams

MOST: Final = 3
"""Words named a score: enough to see why, too few to quote the post."""


def terms_of(text: str, grams: Grams, column: int) -> tuple[str, ...]:
    """The words of a prepared text that speak most for a margin, the strongest first, none twice or within another."""
    hidden = text.replace(PLACEHOLDER, " " * len(PLACEHOLDER))
    taken: list[tuple[int, int]] = []
    terms: list[str] = []
    for first, last, _ in sorted(grams.runs(hidden, column), key=lambda run: -run[2]):
        if len(terms) == MOST:
            break
        start, end = _whole_words(hidden, first, last)
        if hidden[start:end].isalnum() and all(end <= one or other <= start for one, other in taken):
            taken.append((start, end))
            terms += [hidden[start:end]] if hidden[start:end] not in terms else []
    return tuple(terms)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A piece of a Latin word stands for the word."""
    while start and _is_latin(text[start]) and _is_latin(text[start - 1]):
        start -= 1
    while end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end]):
        end += 1
    return start, end


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
