"""Where a pattern stands in a post: its letters, what lies between them, and what is around."""

import re
from dataclasses import dataclass
from itertools import pairwise

from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch, to_codes, to_text
from monitors.matching.names.plausibility import BREAK
from monitors.matching.names.tables import load_tables

WIDEST_GAP = 8
"""Code points that may stand between two letters of a name; more is not the same name any more."""
UNITS_AROUND = 3
"""Code points on either side in which words are looked for."""
WORD_KINDS = frozenset({Kind.LATIN, Kind.DIGIT, Kind.CYRILLIC, Kind.GREEK, Kind.ARABIC, Kind.LETTER})
"""Scripts whose words stand between spaces."""
TOKEN_REACH = 32
_NEXT_TOKEN = re.compile(r"(?:\s|-|\. ?){1,2}([^\W\d_][^\W_]*(?:['’][^\W_]{2,})?)(?![^\W_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What stands between two letters of a name: plain text, and the kinds of its code points."""

    at: int
    """Letters of the name before it."""
    text: str
    kinds: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A pattern in a post. ``places`` are indices into ``batch.codes``, one a letter of the pattern.

    The letters of a sound are those of its spelling: several share the index of their Chinese letter.
    """

    batch: Batch
    post: int
    places: tuple[int, ...]

    @property
    def first(self) -> int:
        """Index of the first letter."""
        return self.places[0]

    @property
    def last(self) -> int:
        """Index of the last letter."""
        return self.places[-1]

    @property
    def span(self) -> tuple[int, int]:
        """``[start, end)`` in the original text."""
        return int(self.batch.origins[self.first]), int(self.batch.origins[self.last]) + 1

    @property
    def written(self) -> str:
        """The plain text from the first letter to the last."""
        return self._text(self.first, self.last + 1)

    def kind(self, index: int) -> int:
        """Give the kind of a code point; a wall before the first post."""
        return int(self.batch.kinds[index]) if index >= 0 else Kind.WALL

    def before(self, reach: int) -> str:
        """Give the plain text before, in this post."""
        return self._text(max(self.first - reach, int(self.batch.starts[self.post])), self.first)

    def after(self, reach: int) -> str:
        """Give the plain text after, in this post."""
        return self._text(self.last + 1, min(self.last + 1 + reach, int(self.batch.starts[self.post + 1]) - 1))

    def gaps(self) -> list[Gap]:
        """Give what stands between the letters, where something does."""
        found = []
        for at, (left, right) in enumerate(pairwise(self.places)):
            if right - left > 1:
                kinds = tuple(self.batch.kinds[left + 1 : right].tolist())
                found.append(Gap(at=at + 1, text=self._text(left + 1, right), kinds=kinds))
        return found

    def units(self, *, skip: str = "") -> tuple[list[str], int, int]:
        """Give Chinese letters, runs of other letters and breaks around and in the place, and where it stands in them.

        ``skip`` is text that separates letters all over the post and therefore breaks no words.
        """
        low = max(self.first - UNITS_AROUND, int(self.batch.starts[self.post]))
        high = min(self.last + 1 + UNITS_AROUND, int(self.batch.starts[self.post + 1]) - 1)
        letters, kinds = self._text(low, high), self.batch.kinds[low:high].tolist()
        units: list[str] = []
        start, end, in_run = 0, 0, False
        for index, (letter, kind) in enumerate(zip(letters, kinds, strict=True), start=low):
            if index == self.first:
                start, in_run = len(units), False
            if kind in WORD_KINDS and in_run:
                units[-1] += letter
            elif kind >= Kind.HAN:
                units.append(letter)
            elif letter not in skip and units[-1:] != [BREAK]:
                units.append(BREAK)
            in_run = kind in WORD_KINDS
            if index == self.last:
                end, in_run = len(units), False
        return units, start, end

    def bare_letters(self) -> str:
        """Give the letters of the pattern as they were searched."""
        return to_text(load_tables().bare[self.batch.codes[list(self.places)]])

    def token_beside(self, *, after: bool) -> tuple[str, int] | None:
        """Give the bare token one space or hyphen away, and the index of its far end."""
        rest = self.after(TOKEN_REACH) if after else self.before(TOKEN_REACH)[::-1]
        token = _NEXT_TOKEN.match(rest)
        if not token:
            return None
        letters = token.group(1) if after else token.group(1)[::-1]
        index = self.last + token.end() if after else self.first - token.end()
        bare = to_text(load_tables().bare[to_codes(letters)])
        return bare.replace("'", "").replace("’", ""), index

    def _text(self, start: int, end: int) -> str:
        return to_text(self.batch.codes[start:end]) if start < end else ""
