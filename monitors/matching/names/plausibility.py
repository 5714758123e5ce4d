"""What else could stand here: how likely a stretch of Chinese is to be ordinary words or another person's name.

Log-probabilities of the words of a unigram model, with a token for people (surname and given letters). A name is
believed when it explains the text better than everything else does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log

from monitors.matching.names.tables import data_lines

TOTAL_WORDS = 60e6
UNKNOWN_LETTER = log(1e-7)
FULL_NAME, GIVEN_ALONE = log(1e-2), log(1e-3)
"""How many tokens are a person's full name, or a given name alone."""
PREFIXES, CALLED = "小老", log(1e-3)
"""小张, 老李, and how many tokens they are."""
RARE_GIVEN = log(3e-6)
SIZES = (2, 3, 4)
"""Letters of the longer words."""
LATIN_TOKEN, LATIN_LETTER = log(1e-2), log(1 / 12)
BREAK = "\n"
"""A unit over which no word reaches."""
BREAKS = frozenset(map(chr, range(128)))
"""Units of one code point that are no Chinese letter."""
NEVER = -99.0
ORPHAN, SELDOM_ALONE = 5.0, log(1e-3)
"""Against a name that leaves a letter which seldom stands alone and makes a word with the name's edge: 竹|林晓月."""
IN_WORDS, LONGER_NAME, TWO_WORDS, USUAL_ALONE = 6.5, 4.0, 2.5, log(1e-4)
"""Against a name all of which is parts of words (为何|佳音), that begins another name (曾可|欣), or whose two letters
are words that often meet (曾|可): 2026-11, on cases written before the rules were looked at (part ``stranger``)."""
MOST = 4.5
"""Log-odds of a name when the words around it leave no doubt: 0.99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How often a surname and a letter of a given name occur among people, as log-probabilities."""

    surnames: Mapping[str, float]
    given: Mapping[str, float]


@cache
def words() -> Mapping[str, float]:
    """Give the log-probability of every known word; about 60 ms the first time."""
    found = {}
    for line in data_lines("words.txt"):
        word, count = line.split(" ")
        found[word] = log(int(count) / TOTAL_WORDS)
    return found


@cache
def people() -> People:
    """Give how people are called."""
    counts: dict[str, dict[str, int]] = {"surname": {}, "given": {}}
    for line in data_lines("people.txt"):
        kind, key, count = line.split(" ")
        counts[kind][key] = int(count)
    surnames, given = (sum(part.values()) for part in counts.values())
    return People(
        surnames={key: log(count / surnames) for key, count in counts["surname"].items()},
        given={key: log(count / given) for key, count in counts["given"].items()},
    )


@cache
def english_words() -> Mapping[str, float]:
    """Give the log-probability of common English words."""
    entries = [line.split(" ") for line in data_lines("english.txt")]
    return {word: log(int(count) / 600e3) for word, count in entries}


def log_odds_of_name(
    units: Sequence[str], start: int, end: int, prior: float, *, but: str = "", strictly: bool = False
) -> float:
    """Give the log-odds, at most ``MOST``, that ``units[start:end]`` is the name rather than anything else.

    A unit is one Chinese letter, a run of other letters, or ``BREAK``. ``prior`` is the log-probability of the name
    as a token; ``but`` is a person's name that does not count as another explanation (her own);
    ``strictly``: what the best reading without the name shows argues against it too.
    """
    fits, against = _fit(tuple(units), start, end, but, strictly)
    return min(MOST, prior + fits) - against


@lru_cache(maxsize=1 << 10)
def _fit(units: tuple[str, ...], start: int, end: int, but: str, strictly: bool) -> tuple[float, float]:
    """Give how much better the rest is explained with a name in a place than all of it without, and what is against it.

    Many profiles ask the same of a place one after the other: all whose pet name stands there.
    """
    otherwise, lengths = _best(units, 0, but)
    after, lengths_after = _best(units, end, but)
    against = _read_otherwise(units, start, end, lengths) if strictly else 0.0
    if start and lengths[start] == 1:
        against += _orphan(units[start - 1], units[start - 1 : start + 1], units[start - 1 : start + 2])
    if end < len(units) and _first_length(lengths_after) == 1:
        against += _orphan(units[end], units[end - 1 : end + 1], units[max(end - 2, start) : end + 1])
    return otherwise[start] + after[-1] - otherwise[-1], against


def _orphan(letter: str, pair: Sequence[str], triple: Sequence[str]) -> float:
    """Give what speaks against a name that leaves beside it a letter which makes a word with the name's edge."""
    known = words()
    makes_word = "".join(pair) in known or "".join(triple) in known
    return ORPHAN if makes_word and known.get(letter, NEVER) < SELDOM_ALONE else 0.0


def _read_otherwise(units: Sequence[str], start: int, end: int, lengths: Sequence[int]) -> float:
    """Give what speaks against a name in the best reading without it: words over its edges, or a longer name."""
    known, found, at = words(), list[tuple[int, int]](), len(lengths) - 1
    while at > start:
        if at - lengths[at] < end:
            found.append((at - lengths[at], at))
        at -= lengths[at]
    if all(high - low > 1 and "".join(units[low:high]) in known for low, high in found):
        return IN_WORDS * (found[-1][0] < start or found[0][1] > end)
    if end - start > 2:
        return 0.0
    if found[-1][0] == start and found[-1][1] > end:
        return LONGER_NAME
    return TWO_WORDS * all(known.get(letter, NEVER) > USUAL_ALONE for letter in units[start:end])


def _first_length(lengths: Sequence[int]) -> int:
    """Give the length of the first token of the best reading."""
    at = len(lengths) - 1
    while at - lengths[at] > 0:
        at -= lengths[at]
    return lengths[at]


def tokens_of(text: str) -> list[str]:
    """Part Chinese letters into the likeliest words and names."""
    _, lengths = _best(text, 0, "")
    found, at = [], len(text)
    while at:
        found.append(text[at - lengths[at] : at])
        at -= lengths[at]
    return found[::-1]


def _best(units: Sequence[str], start: int, but: str) -> tuple[list[float], list[int]]:
    """Give the log-probability of the best reading of ``units[start:i]`` for every ``i``, and its last token's length."""
    known, best, lengths, row = words(), [0.0], [0], 0
    for at in range(start, len(units)):
        text = units[at]
        if len(text) > 1 or text in BREAKS:
            best.append(best[-1] + (0.0 if text == BREAK else log_of_token(text)))
            lengths.append(1)
            row = 0
            continue
        row += 1
        top, length = best[-1] + known.get(text, UNKNOWN_LETTER), 1
        for size in SIZES[: row - 1]:
            text = units[at + 1 - size] + text
            chance = known.get(text, NEVER) if text == but else max(known.get(text, NEVER), _name(text))
            if best[-size] + chance > top:
                top, length = best[-size] + chance, size
        best.append(top)
        lengths.append(length)
    return best, lengths


def log_of_token(token: str) -> float:
    """Give the log-probability of a Latin token among Chinese."""
    return LATIN_TOKEN + max(english_words().get(token, NEVER), LATIN_LETTER * len(token))


@lru_cache(maxsize=1 << 17)
def _name(text: str) -> float:
    """Give the log-probability of two to four letters as any person's full name, or given name alone."""
    folk = people()
    length = 2 if text[:2] in folk.surnames and len(text) > 2 else 1
    given = sum(folk.given.get(letter, RARE_GIVEN) for letter in text[length:])
    full = FULL_NAME + folk.surnames.get(text[:length], NEVER) + given if len(text) - length <= 2 else NEVER
    if len(text) > 2:
        return full
    called = CALLED + folk.surnames.get(text[1], NEVER) if text[0] in PREFIXES else NEVER
    return max(full, called, GIVEN_ALONE + folk.given.get(text[0], RARE_GIVEN) + given)
