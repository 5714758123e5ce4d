"""Other ways to read a post: pictures as letters, digits and foreign letters in a word as the ones they look like.

Only the few posts that hold such things are read again. Each reading has one code point where the post has one, so
that places stay what they were.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from monitors.matching.names.kinds import MASK, Kind
from monitors.matching.names.normalise import Batch, to_codes
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
_LEET_TOKEN = re.compile(r"[a-z0-9@$!|]*(?:[a-z][0-9@$!|]|[0-9@$!|][a-z])[a-z0-9@$!|]*")
_MIXED_TOKEN = re.compile(r"(?=[^\W\d_]*[a-z])(?=[^\W\d_]*[^\W\d_a-z\u3040-\u9fff\uac00-\ud7a3])[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Some posts of a batch read otherwise; ``posts[i]`` is the number of post ``i`` in the batch."""

    batch: Batch
    posts: Sequence[int]


@cache
def _emoji() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Give the likeliest letter of each picture, and the next one."""
    entries = dict(line.split(" ") for line in data_lines("emoji.txt"))
    return {sign: letters[0] for sign, letters in entries.items()}, {
        sign: letters[-1] for sign, letters in entries.items()
    }


@cache
def confusables() -> Mapping[str, str]:
    """Give the Latin letter that each letter of another alphabet looks like."""
    return dict(line.split(" ") for line in data_lines("confusables.txt"))


@cache
def _is_picture() -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    found = np.zeros(CODES, dtype=bool)
    found[[ord(sign) for sign in _emoji()[0]]] = True
    return found


def other_readings(batch: Batch) -> Iterator[Reading]:
    """Give the posts of a batch that can be read otherwise, once with each way of reading."""
    posts = _ambiguous_posts(batch)
    if not posts:
        return
    plain = {post: batch.text_of(post) for post in posts}
    first = {post: _read(text, _emoji()[0], LEET) for post, text in plain.items()}
    second = {post: _read(text, _emoji()[1], LEET_L) for post, text in plain.items()}
    yield from _as_reading(batch, {post: text for post, text in first.items() if text != plain[post]})
    yield from _as_reading(
        batch, {post: text for post, text in second.items() if text not in (plain[post], first[post])}
    )


def _ambiguous_posts(batch: Batch) -> list[int]:
    """Give the posts with a picture, a mask after a Chinese letter, or a word of letters and other signs."""
    kinds = batch.kinds
    latin = kinds == Kind.LATIN
    other = (kinds == Kind.DIGIT) | (kinds == Kind.CYRILLIC) | (kinds == Kind.GREEK) | (kinds == Kind.LETTER)
    other |= (batch.codes == ord("@")) | (batch.codes == ord("$"))
    found = _is_picture()[batch.codes]
    found[1:] |= (latin[1:] & other[:-1]) | (other[1:] & latin[:-1])
    found[1:] |= (kinds[1:] == Kind.MASK) & ((kinds[:-1] == Kind.HAN) | latin[:-1])
    places = np.flatnonzero(found)
    return np.unique(np.searchsorted(batch.starts, places, side="right") - 1).tolist() if len(places) else []


def _read(text: str, pictures: Mapping[str, str], leet: Mapping[str, str]) -> str:
    read = _TONES.sub(lambda found: re.sub(r"\d", " ", found.group()), unmix(text))
    read = _LEET_TOKEN.sub(_replacer(leet), read)
    masks = _masks()
    return "".join(MASK if sign in masks else pictures.get(sign, sign) for sign in read)


@cache
def _masks() -> frozenset[str]:
    return frozenset(map(chr, np.flatnonzero(load_tables().kinds == Kind.MASK).tolist()))


def unmix(plain: str) -> str:
    """Give a plain text with the foreign letters of mixed words as the Latin ones they look like."""
    return plain if plain.isascii() else _MIXED_TOKEN.sub(_replacer(confusables()), plain)


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
