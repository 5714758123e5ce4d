"""Which hits are plainly ordinary words: the question of ``plausibility.py``, asked of all of them at once, more coarsely.

It knows words but no other people's names and only a few letters around, so it lets go only what is far from a name.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.judges.chinese import PRIOR
from monitors.matching.names.kinds import Kind
from monitors.matching.names.plausibility import UNKNOWN_LETTER, words
from monitors.matching.names.rows import Rows
from monitors.matching.names.uses import Expanded, Flags, Ints, Traits
from monitors.matching.names.variants.variant import Rule
from monitors.records import Method

AROUND, LONGEST_NAME, LONGEST_WORD = 3, 4, 4
LAST_CODE = 0xA000
SURROUNDINGS, FEW_SURROUNDINGS, COARSE = 6.5, 3.0, 2.0
"""Log-odds that words beside a name may add, beside what is no name (by sound: none); and how far this is from a judge."""
IN_WORDS = (Rule.SOUND, Rule.LETTERS, Rule.TITLED)
Chances = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Log-probabilities: of letters by code, and of words of each length by sorted key."""

    letters: Chances
    keys: tuple[NDArray[np.uint64], ...]
    chances: tuple[Chances, ...]


def may_be_name(rows: Rows, found: Expanded, traits: Traits, costs: Chances | None, evidence: Chances) -> Flags:
    """Say which uses are worth a judge.

    ``costs`` are those of sounds, None for letters; ``evidence`` is what each post may add, as log-odds.
    """
    fits = np.ones(len(found.rows), dtype=bool)
    starts, ends = rows.hits.starts[found.rows], rows.hits.ends[found.rows]
    first, last = rows.channel.places[starts].astype(np.int64), rows.channel.places[ends - 1].astype(np.int64)
    beside = np.where(traits.are(Method.EXACT) | traits.are(Method.GIVEN_NAME), SURROUNDINGS, FEW_SURROUNDINGS)
    slack = (COARSE if costs is not None else COARSE + beside[found.traits]) + evidence[rows.posts[found.rows]]
    if costs is None:
        costs = traits.costs[found.traits]
    is_words = np.isin(traits.rules, IN_WORDS)[found.traits]
    for length in range(2, LONGEST_NAME + 1):
        chosen = np.flatnonzero(is_words & (last - first == length - 1))
        window = _window(rows, first[chosen], length)
        is_han = (window[:, AROUND : AROUND + length] > 0).all(axis=1)
        chosen, window = chosen[is_han], window[is_han]
        if len(chosen):
            odds = _odds(window, length, PRIOR - costs[chosen])
            fits[chosen] = odds + slack[chosen] > 0
    return fits


def _window(rows: Rows, first: Ints, length: int) -> NDArray[np.uint64]:
    """Give the codes of each name and ``AROUND`` letters on either side, 0 where there is no Chinese letter."""
    at = first[:, None] + np.arange(-AROUND, length + AROUND)
    inside = (at >= 0) & (at < len(rows.batch.codes))
    at = np.where(inside, at, 0)
    codes, kinds = rows.batch.codes[at], rows.batch.kinds[at]
    return np.where(inside & (kinds == Kind.HAN) & (codes < LAST_CODE), codes, 0).astype(np.uint64)


def _odds(window: NDArray[np.uint64], length: int, prior: Chances) -> Chances:
    words_at = [_word_chances(window, size) for size in range(1, LONGEST_WORD + 1)]
    otherwise = _best(words_at, 0, window.shape[1])
    after = _best(words_at, AROUND + length, window.shape[1])
    odds: Chances = otherwise[AROUND] + prior + after[-1] - otherwise[-1]
    return odds


def _best(words_at: list[Chances], start: int, end: int) -> list[Chances]:
    """Give the log-probability of the best words from ``start`` to each place up to ``end``."""
    best = [np.zeros(len(words_at[0]))]
    for at in range(start, end):
        ways = [
            best[at + 1 - size - start] + words_at[size - 1][:, at + 1 - size]
            for size in range(1, min(LONGEST_WORD, at + 1 - start) + 1)
        ]
        best.append(np.maximum.reduce(ways))
    return best


def _word_chances(window: NDArray[np.uint64], size: int) -> Chances:
    """Give the log-probability of the word of ``size`` letters that begins at each place; -inf where there is none."""
    lexicon = _lexicon()
    if size == 1:
        return lexicon.letters[window]
    count = window.shape[1] - size + 1
    keys = np.zeros((len(window), count), dtype=np.uint64)
    is_whole = np.ones(keys.shape, dtype=bool)
    for at in range(size):
        part = window[:, at : at + count]
        keys = keys << np.uint64(16) | part
        is_whole &= part > 0
    known, chances = lexicon.keys[size - 2], lexicon.chances[size - 2]
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(is_whole & (known[place] == keys), chances[place], -np.inf)


@cache
def _lexicon() -> Lexicon:
    letters = np.full(LAST_CODE, UNKNOWN_LETTER)
    letters[0] = 0.0  # a break
    found: list[list[tuple[int, float]]] = [[], [], []]
    for word, chance in words().items():
        if len(word) == 1:
            letters[ord(word)] = chance
        elif len(word) <= LONGEST_WORD:
            key = 0
            for letter in word:
                key = key << 16 | ord(letter)
            found[len(word) - 2].append((key, chance))
    for entries in found:
        entries.sort()
    return Lexicon(
        letters=letters,
        keys=tuple(np.array([key for key, _ in entries], dtype=np.uint64) for entries in found),
        chances=tuple(np.array([chance for _, chance in entries]) for entries in found),
    )
