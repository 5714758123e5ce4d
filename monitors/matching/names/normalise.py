"""Undo what hides a text from a reader's search: a whole batch at once, each letter with its place in the original.

``normalise`` gives readable text (for scoring and for people); ``Batch`` keeps the arrays that matching works on.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.escapes import unescape, where_escapes
from monitors.matching.names.kinds import Kind
from monitors.matching.names.tables import WALL, Codes, Places, Tables, load_tables

UNSEEN = 0xFFFF
"""A noncharacter that a text loses, put where a text itself holds a wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """A text made plain. ``offsets[i]`` is where its letter ``i`` stands in the original, in code points.

    Compatibility forms, case, invisible characters, look-alike letters of other alphabets, traditional characters
    and letters written apart are undone; words, accents and punctuation stay. Doing it twice changes nothing.
    """

    text: str
    offsets: Places

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give ``[start, end)`` of the original for a non-empty ``[start, end)`` of the plain text."""
        return int(self.offsets[start]), int(self.offsets[end - 1]) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Posts in one array of plain code points, a wall after each.

    ``starts`` has where each post begins, and one more where the array ends; ``origins`` where each code point
    stands in its own original text (the wall: at its end).
    """

    codes: Codes
    kinds: NDArray[np.uint8]
    origins: Places
    starts: Places

    def __len__(self) -> int:
        """How many posts."""
        return len(self.starts) - 1

    def text_of(self, post: int) -> str:
        """Give the plain text of one post."""
        return to_text(self.codes[self.starts[post] : self.starts[post + 1] - 1])


def to_codes(text: str) -> Codes:
    """Give the code points of a text, halves of surrogate pairs included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def to_text(codes: Codes) -> str:
    """Give the text of code points that are no surrogates."""
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le")


def read_batch(texts: Sequence[str]) -> Batch:
    """Make texts plain, all at once; about 1 µs a post of 50 characters."""
    tables = load_tables()
    codes, origins, walls = _lay_out(texts)
    counts = tables.counts[codes]
    composed = _compose_where_needed(texts, codes, counts, walls)
    if composed:
        codes, origins, walls = _lay_out([composed[at][0] if at in composed else text for at, text in enumerate(texts)])
        counts = tables.counts[codes]
        for at, (_, places) in composed.items():
            start = walls[at - 1] + 1 if at else 0
            origins[start : walls[at] + 1] = places
    return _fold(codes, counts, origins, tables)


def _lay_out(texts: Sequence[str]) -> tuple[Codes, Places, Places]:
    """Give the code points of all texts with a wall after each, each one's place in its text, and the walls."""
    lengths = np.fromiter(map(len, texts), dtype=np.int32, count=len(texts))
    walls = np.cumsum(lengths + 1, dtype=np.int32) - 1
    codes = to_codes("\n".join([*texts, ""])).copy()
    codes[codes == WALL] = UNSEEN
    codes[walls] = WALL
    origins = np.arange(len(codes), dtype=np.int32)
    origins -= np.repeat(walls - lengths, lengths + 1)
    return codes, origins, walls


def _compose_where_needed(
    texts: Sequence[str], codes: Codes, counts: NDArray[np.uint8], walls: Places
) -> dict[int, tuple[str, Places]]:
    """Compose the few texts that hold escapes, or accents or Korean letters apart from their base."""
    unseen = np.flatnonzero(counts == 0)
    kinds = load_tables().kinds[codes[unseen]]
    apart = unseen[(kinds == Kind.MARK) | (kinds == Kind.JAMO)]
    odd = np.concatenate((apart, where_escapes(codes)))
    return {int(at): _compose(*unescape(texts[at])) for at in np.unique(np.searchsorted(walls, odd))}


_CLUSTER = re.compile(
    r"[\u1100-\u115e\u1161-\u11ff]+|.[\u0300-\u036f\u0653-\u0655\u3099\u309a\uff9e\uff9f]*", re.DOTALL
)


def _compose(text: str, origins: Sequence[int]) -> tuple[str, Places]:
    """Give the text composed, with the original place of each letter, and of the end."""
    parts, places = [], []
    for cluster in _CLUSTER.finditer(text):
        found = cluster.group()
        form = unicodedata.normalize("NFC" if len(found) == 1 else "NFKC", found)
        parts.append(form)
        places.extend([origins[cluster.start()]] * len(form))
    return "".join(parts), np.array([*places, origins[-1] + 1 if origins else 0], dtype=np.int32)


def _fold(codes: Codes, counts: NDArray[np.uint8], origins: Places, tables: Tables) -> Batch:
    plain = tables.plain[codes]
    if counts.max(initial=0) > 1:
        plain, counts, origins = _expand(codes, plain, counts, origins, tables)
    if not counts.all():
        seen = counts > 0
        plain, origins = plain[seen], origins[seen]
    starts = np.concatenate(([0], np.flatnonzero(plain == WALL) + 1)).astype(np.int32)
    return Batch(codes=plain, kinds=tables.kinds[plain], origins=origins, starts=starts)


def _expand(
    codes: Codes, plain: Codes, counts: NDArray[np.uint8], origins: Places, tables: Tables
) -> tuple[Codes, NDArray[np.uint8], Places]:
    """Give room to code points that become several."""
    repeats = np.maximum(counts, 1)
    ends = np.cumsum(repeats)
    wide, wide_counts = np.repeat(plain, repeats), np.repeat(counts, repeats)
    for at in np.flatnonzero(counts > 1):
        wide[ends[at] - repeats[at] : ends[at]] = tables.expansions[int(codes[at])]
    return wide, wide_counts, np.repeat(origins, repeats)


def normalise(texts: Sequence[str]) -> list[Normalised]:
    """Make every text plain and readable, in order."""
    batch = read_batch(texts)
    return [
        Normalised(text=batch.text_of(post), offsets=batch.origins[batch.starts[post] : batch.starts[post + 1] - 1])
        for post in range(len(batch))
    ]
