"""Other ways to read a post: pictures as letters, digits and foreign letters in a word as the ones they look like.

Only the few posts that hold such things are read again. Each reading has one code point where the post has one, so
that places stay what they were.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.kinds import MASK, Kind
from monitors.matching.names.normalise import Batch, to_codes
from monitors.matching.names.sound import syllables
from monitors.matching.names.tables import CODES, WALL, Codes, data_lines, load_tables

LEET = {
    "0": "o",
    "1": "i",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "i",
    "|": "i",
}
LEET_L = LEET | {"1": "l", "|": "l", "!": "l"}
_TONES = re.compile(r"(?<![a-z\d])(?:[a-z]{1,6}[1-5] ?){2,}(?![a-z\d])")
_HASHES = re.compile(r"(?<=[\u3400-\u9fff])#{2,3}")
FEW_HASHES = 3
"""More are topics, one after the other: #this##that#."""
_STROKE = re.compile("(?<=[\u4e00-\u9fff])(?<![丨丶丿])[丨丶丿](?![丨丶丿])(?=[\u4e00-\u9fff])")
_LEET_TOKEN = re.compile(r"[a-z0-9@$!|]*(?:[a-z][0-9@$!|]|[0-9@$!|][a-z])[a-z0-9@$!|]*")
_WORD = re.compile(r"[^\W\d_]+")
# Two searches in a whole word, not two looks ahead from each of its letters: a word may be a million letters long.
_LATIN_LETTER = re.compile("[a-z]")
_FOREIGN_LETTER = re.compile("[^a-z\u3040-\u9fff\uac00-\ud7a3]")
_CYRILLIC_LETTER = re.compile("[\u0430-\u045f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Some posts of a batch read otherwise; ``posts[i]`` is the number of post ``i`` in the batch."""

    batch: Batch
    posts: Sequence[int]


@cache
def _pictures() -> tuple[Mapping[int, str], Mapping[int, str]]:
    """Give the likeliest letter of each picture, and the next one; masks all become the same sign."""
    masks = dict.fromkeys(np.flatnonzero(load_tables().kinds == Kind.MASK).tolist(), MASK)
    entries = {ord(sign): letters for sign, letters in (line.split(" ") for line in data_lines("emoji.txt"))}
    first = {code: letters[0] for code, letters in entries.items()}
    second = {code: letters[-1] for code, letters in entries.items()}
    return masks | first, masks | second


@cache
def confusables() -> Mapping[str, str]:
    """Give the Latin letter that each letter of another alphabet looks like."""
    return dict(line.split(" ") for line in data_lines("confusables.txt"))


MIXING, PICTURE, HIDDEN, BETWEEN, HASHES, STROKE = 1, 2, 3, 4, 5, 6
STROKES = "丨丶丿"
"""Letters that are also put between letters: 何丨佳丨音."""


@cache
def _signs() -> NDArray[np.uint8]:
    """Give what each code point is to these readings: what may mix with Latin letters, a picture, a mask, or nothing."""
    kinds = load_tables().kinds
    found = np.zeros(CODES, dtype=np.uint8)
    for sign, of_kinds in (
        (MIXING, (Kind.DIGIT, Kind.CYRILLIC, Kind.GREEK, Kind.LETTER)),
        (HIDDEN, (Kind.MASK,)),
    ):
        found[np.isin(kinds, of_kinds)] = sign
    found[[ord("@"), ord("$")]] = MIXING
    found[[ord("!"), ord("|")]], found[ord("#")] = BETWEEN, HASHES
    found[[ord(stroke) for stroke in STROKES]] = STROKE
    found[[ord(line[0]) for line in data_lines("emoji.txt")]] = PICTURE
    return found


def other_readings(batch: Batch) -> Iterator[Reading]:
    """Give the posts of a batch that can be read otherwise, once with each way of reading."""
    posts = _ambiguous_posts(batch)
    if not posts:
        return
    plain = {post: batch.text_of(post) for post in posts}
    first = {post: _read(text, _pictures()[0], LEET) for post, text in plain.items()}
    second = {post: _read(text, _pictures()[1], LEET_L, prefer_cyrillic=True) for post, text in plain.items()}
    yield from _as_reading(batch, {post: text for post, text in first.items() if text != plain[post]})
    yield from _as_reading(
        batch, {post: text for post, text in second.items() if text not in (plain[post], first[post])}
    )


def _ambiguous_posts(batch: Batch) -> list[int]:
    """Give the posts with a picture, a mask or stroke after a Chinese letter, or a word of letters and other signs."""
    signs = _signs()[batch.codes]
    places = np.flatnonzero(signs)
    here = signs[places]
    beside = batch.kinds[places - 1]
    found = (here == PICTURE) | ((here == MIXING) & (_is_latin(batch, places - 1) | _is_latin(batch, places + 1)))
    found |= (here == HIDDEN) & ((beside == Kind.HAN) | (beside == Kind.LATIN))
    found |= (here == BETWEEN) & _is_latin(batch, places - 1) & _is_latin(batch, places + 1)
    found |= (here == HASHES) & (beside == Kind.HAN) & (batch.codes[(places + 1) % len(batch.codes)] == ord("#"))
    found |= (here == STROKE) & (beside == Kind.HAN)
    posts: list[int] = np.unique(np.searchsorted(batch.starts, places[found], side="right") - 1).tolist()
    return posts


def _is_latin(batch: Batch, places: NDArray[np.intp]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = batch.kinds[places % len(batch.kinds)] == Kind.LATIN
    return found


def _read(text: str, pictures: Mapping[int, str], leet: Mapping[str, str], *, prefer_cyrillic: bool = False) -> str:
    read = _TONES.sub(_without_tones, unmix(text, prefer_cyrillic=prefer_cyrillic))
    read = _STROKE.sub("|", read)
    if text.count("#") <= FEW_HASHES:
        read = _HASHES.sub(lambda found: MASK * len(found.group()), read)
    return _LEET_TOKEN.sub(_replacer(leet), read).translate(pictures)


def _without_tones(found: re.Match[str]) -> str:
    """Give pinyin with a digit for each tone without the digits; what is no pinyin stays."""
    parts = re.split(r"[\d ]+", found.group())
    return re.sub(r"\d", " ", found.group()) if {*filter(None, parts)} <= syllables() else found.group()


def unmix(plain: str, *, prefer_cyrillic: bool = False) -> str:
    """Give a plain text with the foreign letters of mixed words as the Latin ones they look like.

    A word with Cyrillic letters that look like no Latin one is Cyrillic, and its Latin letters become Cyrillic; with
    ``prefer_cyrillic`` so does one that may be either.
    """
    if plain.isascii():
        return plain
    return _WORD.sub(lambda found: _unmixed(found.group(), prefer_cyrillic=prefer_cyrillic), plain)


def _unmixed(word: str, *, prefer_cyrillic: bool) -> str:
    if not (_LATIN_LETTER.search(word) and _FOREIGN_LETTER.search(word)):
        return word
    known = confusables()
    cyrillic = set(_CYRILLIC_LETTER.findall(word))
    is_cyrillic = any(letter not in known for letter in cyrillic) or (prefer_cyrillic and bool(cyrillic))
    letters = _as_cyrillic() if is_cyrillic else known
    return "".join(letters.get(letter, letter) for letter in word)


@cache
def _as_cyrillic() -> Mapping[str, str]:
    """Give the Russian letter that each Latin one looks like, as a capital or a small letter."""
    return {latin: letter for letter, latin in confusables().items() if "а" <= letter <= "я" and latin != "r"} | {
        "b": "в"
    }


def _replacer(letters: Mapping[str, str]) -> "Callable[[re.Match[str]], str]":
    return lambda found: "".join(letters.get(letter, letter) for letter in found.group())


def _as_reading(batch: Batch, texts: Mapping[int, str]) -> Iterator[Reading]:
    """Give a batch of the changed texts; masks count as letters in it."""
    if not texts:
        return
    codes: list[Codes] = []
    origins, starts = [], [0]
    for post, text in texts.items():
        codes += [to_codes(text), np.array([WALL], dtype=np.uint32)]
        origins.append(batch.origins[batch.starts[post] : batch.starts[post + 1]])
        starts.append(starts[-1] + len(text) + 1)
    joined = np.concatenate(codes)
    kinds = load_tables().kinds[joined]
    kinds[kinds == Kind.MASK] = Kind.SIGN
    read = Batch(codes=joined, kinds=kinds, origins=np.concatenate(origins), starts=np.array(starts, dtype=np.int32))
    yield Reading(batch=read, posts=tuple(texts))
