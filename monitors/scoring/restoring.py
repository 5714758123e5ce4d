"""Puts back words that were written to slip through: 裸昭, luo照 and 衤果照 are read as 裸照.

A reader does it without noticing. Here the likeliest reading is looked for, by a unigram model of Chinese words in
which a letter may have fallen apart into its halves, and in which words that tell of a harm (``data/telling.txt``) may
be written with letters of the same sound or in pinyin, other common words in pinyin alone. Each such freedom has its price, so that ordinary text stays
as it is; only stretches where one of them could be taken are read at all.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from math import log
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick

from monitors.matching.names.kinds import is_han
from monitors.matching.names.plausibility import LATIN_LETTER, UNKNOWN_LETTER, english_words, words
from monitors.matching.names.sound import all_readings
from monitors.matching.names.tables import data_lines

# Prices, as log-probabilities; chosen on 2026-11-23: docs/decisions/0009-words-put-back.md has the figures.
_JOINED: Final = log(2e-4)
"""A letter written as its halves."""
_SOUNDED: Final = log(3e-3)
"""A letter written as another of the same sound."""
_IN_PINYIN: Final = log(0.3)
"""A letter written in pinyin: two syllables that together sound like a telling word are seldom chance."""
_COMMON: Final = log(1e-6)
"""Words rarer than this are not looked for in pinyin, if they tell of nothing."""
_ANY_IN_PINYIN: Final = log(0.1)
"""Any other word in pinyin."""
_PINYIN_RUN: Final = re.compile(r"(?<![a-z0-9])[a-z]{4,40}(?![a-z0-9])")
_LONGEST: Final = 4
"""Letters of a word; and how far around it a stretch is read."""
_USUAL: Final = log(2e-7)
"""Letters rarer than this are not looked for in halves."""
_UNKNOWN_WORD: Final = log(1e-6)
_NEVER: Final = -1e9
_LONGEST_PINYIN: Final = 24
"""Latin letters of the longest word."""
_PRIVATE: Final = 0xE000
"""From here on code points have no meaning of their own."""


class Step(NamedTuple):
    """One token of a reading: where it stands, what it says, and its log-probability."""

    start: int
    end: int
    said: str
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sounds:
    """How Chinese letters sound, one sign a syllable, and the telling words as they sound or are spelt in pinyin."""

    table: Mapping[int, str]
    automaton: AhoCorasick
    words: Sequence[str]
    """The word of each of the automaton's patterns."""


def restore(text: str) -> str:
    """The text with such words put back; where nothing was hidden, the text.

    ``text`` is plain (``normalise``): lower case, simplified.
    """
    sounding: dict[int, list[Step]] = defaultdict(list)
    for step in (*_sounding(text), *_spelt_out(text)):
        sounding[step.start].append(step)
    read, at = list[str](), 0
    for start, end in _stretches(text, sounding):
        read += [text[at:start], _best_reading(text, start, end, sounding)]
        at = end
    return "".join([*read, text[at:]])


def _stretches(text: str, sounding: Mapping[int, Sequence[Step]]) -> Iterator[tuple[int, int]]:
    """Where something could be read otherwise, with room for the words around it; apart from each other."""
    joined = _joined()
    found = [(place, place + 2) for place in range(len(text) - 1) if text[place : place + 2] in joined]
    heard = [(step.start, step.end) for steps in sounding.values() for step in steps]
    start = end = 0
    for first, last in sorted([*found, *heard]):
        if first - _LONGEST > end:
            if end:
                yield start, end
            start, end = max(first - _LONGEST, 0), 0
        end = min(max(end, last + _LONGEST), len(text))
    if end:
        yield start, end


def _best_reading(text: str, start: int, end: int, sounding: Mapping[int, Sequence[Step]]) -> str:
    best = [0.0] + [_NEVER] * (end - start)
    last = [Step(0, 0, "", 0.0)] * (end - start + 1)
    for place in range(start, end):
        for step in (*_spelt(text, place), *sounding.get(place, ())):
            if step.end <= end and best[place - start] + step.chance > best[step.end - start]:
                best[step.end - start] = best[place - start] + step.chance
                last[step.end - start] = step
    said, at = list[str](), end - start
    while at:
        said.append(last[at].said)
        at = last[at].start - start
    return "".join(reversed(said))


def _spelt(text: str, start: int) -> Iterator[Step]:
    """What stands at a place, and words whose letters stand there, whole or in halves."""
    known, beginnings, letter = words(), _beginnings(), text[start]
    yield Step(start, start + 1, letter, LATIN_LETTER if _is_latin(letter) else known.get(letter, UNKNOWN_LETTER))
    begun = [(start, "", 0.0)]
    while begun:
        at, said, price = begun.pop()
        for end, letter, added in _letters_at(text, at):
            longer, chance = said + letter, price + added
            if longer in known:
                yield Step(start, end, longer, known[longer] + chance)
            if longer in beginnings:
                begun.append((end, longer, chance))


def _letters_at(text: str, at: int) -> Iterator[tuple[int, str, float]]:
    if at < len(text):
        yield at + 1, text[at], 0.0
        if letter := _joined().get(text[at : at + 2]):
            yield at + 2, letter, _JOINED


def _sounding(text: str) -> Iterator[Step]:
    """Telling words that sound like what stands somewhere and are spelt otherwise; in Chinese text only."""
    sounds = _sounds()
    sound = text.translate(sounds.table)
    if sound == text:
        return
    for pattern, start, end in sounds.automaton.find_matches_as_indexes(sound, overlapping=True):
        word, written = sounds.words[pattern], text[start:end]
        if written != word and written not in words() and not _cuts_a_run(text, start, end):
            yield Step(start, end, word, words().get(word, _UNKNOWN_WORD) + _price(word, written))


def _spelt_out(text: str) -> Iterator[Step]:
    """Any words in pinyin, where all of a run of Latin letters beside Chinese ones can be read so and is not English."""
    for found in _PINYIN_RUN.finditer(text):
        if found.group() not in english_words() and _is_beside_chinese(text, *found.span()):
            yield from (
                step._replace(start=found.start() + step.start, end=found.start() + step.end)
                for step in _in_pinyin(found.group())
            )


def _is_beside_chinese(text: str, start: int, end: int) -> bool:
    return is_han(text[max(start - 1, 0)]) or is_han(text[end : end + 1])


def _in_pinyin(run: str) -> Iterator[Step]:
    """The words of every way to read the whole of a run as pinyin."""
    known = _by_pinyin()
    spans = [
        (start, end)
        for start in range(len(run))
        for end in range(start + 1, min(start + _LONGEST_PINYIN, len(run)) + 1)
        if run[start:end] in known
    ]
    begun, ended = {0}, {len(run)}
    for start, end in spans:
        if start in begun:
            begun.add(end)
    for start, end in reversed(spans):
        if end in ended:
            ended.add(start)
    for start, end in spans:
        word, chance = known[run[start:end]]
        # A syllable alone is any of a dozen letters.
        if len(word) > 1 and start in begun and end in ended:
            yield Step(start, end, word, chance + _ANY_IN_PINYIN)


def _price(word: str, written: str) -> float:
    spelt = sum(not _is_latin(letter) for letter in written)
    kept = sum(letter in written for letter in word)
    return _SOUNDED * (spelt - kept) + _IN_PINYIN * (len(word) - spelt)


def _cuts_a_run(text: str, start: int, end: int) -> bool:
    """Whether pinyin would begin or end within a longer run of Latin letters."""
    return any(
        0 < place < len(text) and _is_latin(text[place - 1]) and _is_latin(text[place]) for place in (start, end)
    )


def _is_latin(letter: str) -> bool:
    return "a" <= letter <= "z"


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(word[:size] for word in words() for size in range(1, min(len(word), _LONGEST)))


@cache
def _joined() -> Mapping[str, str]:
    """Pairs of letters that are the halves of one in use; of several, the commonest.

    A letter twice is a pet name (木木) or a laugh, more often than a letter in halves.
    """
    known, found = words(), dict[str, str]()
    for line in data_lines("splits.txt"):
        letter = line[0]
        if known.get(letter, UNKNOWN_LETTER) > _USUAL:
            for pair in line[2:].split():
                if len(set(pair)) == 2 and known[letter] > known.get(found.get(pair, ""), _NEVER):
                    found[pair] = letter
    return found


@cache
def _by_pinyin() -> Mapping[str, tuple[str, float]]:
    """The commonest word of each spelling in pinyin, with its log-probability; single letters too."""
    readings, found = all_readings(), dict[str, tuple[str, float]]()
    for word, chance in words().items():
        if chance > _COMMON and all(letter in readings and readings[letter].usual for letter in word):
            for syllables in product(*(readings[letter].usual for letter in word)):
                spelling = "".join(syllables)
                if chance > found.get(spelling, ("", _NEVER))[1]:
                    found[spelling] = (word, chance)
    return found


@cache
def _sounds() -> _Sounds:
    table = {ord(letter): readings.usual[0] for letter, readings in all_readings().items() if readings.usual}
    marks = {syllable: chr(_PRIVATE + number) for number, syllable in enumerate(sorted(set(table.values())))}
    patterns, told = list[str](), list[str]()
    for word in telling_words():
        syllables = [table[ord(letter)] for letter in word]
        for ways in product(*((marks[syllable], syllable) for syllable in syllables)):
            patterns.append("".join(ways))
            told.append(word)
    return _Sounds(
        table={code: marks[syllable] for code, syllable in table.items()},
        automaton=AhoCorasick(patterns),
        words=tuple(told),
    )


@cache
def telling_words() -> tuple[str, ...]:
    """Words that people hide from filters."""
    text = (files("monitors.scoring") / "data" / "telling.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.split("\n") if line and not line.startswith("#"))
