"""Hits of a channel with where they are, and which of them may be a name at all: everything at once, in arrays."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from monitors.matching.names.channels import Channel, only
from monitors.matching.names.judges.gaps import BRACKETS
from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch
from monitors.matching.names.place import WORD_KINDS, Place
from monitors.matching.names.spoken import Spoken
from monitors.matching.names.tables import Places, load_tables
from monitors.matching.names.uses import Expanded, Flags, Hits, Ints, Traits, Uses
from monitors.matching.names.variants.variant import Rule

SIDE_BY_SIDE = (Rule.LETTERS, Rule.TITLED)
"""Rules of Chinese letters that no clause parts, unless the same sign stands between all of them."""
BLANK_SIGNS = np.array([ord(sign) for sign in "_#?"], dtype=np.uint32)
"""Signs that stand for a letter when nothing else does; its judge says how likely."""
WHOLE_TOKENS = (Rule.INITIALS, Rule.ANCHOR)
_IS_WORD = np.isin(np.arange(256), [int(kind) for kind in WORD_KINDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Running counts over a batch, made once: what stands between two places is a difference."""

    signs: Places
    """Masks, pictures and blanks before each code point."""
    stops: Places
    latin: Places

    @classmethod
    def of(cls, batch: Batch) -> "Marks":
        """Count."""
        kinds = batch.kinds
        return cls(
            signs=_before((kinds == Kind.MASK) | (kinds == Kind.SYMBOL) | np.isin(batch.codes, BLANK_SIGNS)),
            stops=_before(_is_stop()[batch.codes]),
            latin=_before(kinds == Kind.LATIN),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Running counts over a channel: letters, up to each, that do not follow at once on the one before."""

    parted: Places
    """Something stands between."""
    moved: Places
    """They come from different places."""

    @classmethod
    def of(cls, channel: Channel) -> "Steps":
        """Count."""
        steps = np.diff(channel.places, prepend=channel.places[:1])
        return cls(parted=np.cumsum(steps > 1, dtype=np.int32), moved=np.cumsum(steps > 0, dtype=np.int32))


def _before(marked: Flags) -> Places:
    counts = np.zeros(len(marked) + 1, dtype=np.int32)
    np.cumsum(marked, out=counts[1:])
    return counts


@cache
def _is_stop() -> Flags:
    """Say which code points end a clause; brackets may stand within a name."""
    found: Flags = load_tables().kinds == Kind.STOP
    found[[ord(sign) for sign in BRACKETS]] = False
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Hits that may stand, each with its post."""

    batch: Batch
    channel: Channel
    marks: Marks
    steps: Steps
    hits: Hits
    posts: Ints
    is_spelled: bool = True
    """Whether sounds are spelled in the channel, letter by letter; otherwise each Chinese letter is one."""

    def where(self, chosen: Flags) -> "Rows":
        """Give the chosen rows."""
        return replace(self, hits=self.hits.where(chosen), posts=self.posts[chosen])

    def place(self, row: int) -> Place:
        """Give where one row stands."""
        places = self.channel.places[self.hits.starts[row] : self.hits.ends[row]]
        return Place(batch=self.batch, post=int(self.posts[row]), places=tuple(places.tolist()))

    @property
    def holds_latin(self) -> Flags:
        """Which rows have a Latin letter from their first to their last."""
        places, count = self.channel.places, self.marks.latin
        found: Flags = count[places[self.hits.ends - 1] + 1] > count[places[self.hits.starts]]
        return found


def scan(uses: Uses, channel: Channel, batch: Batch, marks: Marks) -> Rows:
    """Find patterns; a sound does not begin or end within a Chinese letter (several of its letters are at one place)."""
    hits = uses.find(channel.text)
    places = channel.places
    hits = hits.where(
        ((hits.starts == 0) | (places[hits.starts - 1] != places[hits.starts]))
        & (places[hits.ends] != places[hits.ends - 1])
    )
    posts = _posts_of(hits, channel, batch)
    return Rows(batch=batch, channel=channel, marks=marks, steps=Steps.of(channel), hits=hits, posts=posts)


def scan_spoken(spoken: Spoken, letters: Rows, posts: Flags) -> Rows:
    """Find names by sound among the Chinese letters of some posts."""
    rows = letters
    if not posts.all():
        channel = only(letters.channel, letters.batch, posts)
        rows = replace(letters, channel=channel, steps=Steps.of(channel))
    hits = spoken.find(rows.batch, rows.channel.places)
    return replace(rows, hits=hits, posts=_posts_of(hits, rows.channel, rows.batch), is_spelled=False)


def _posts_of(hits: Hits, channel: Channel, batch: Batch) -> Ints:
    return np.searchsorted(batch.starts, channel.places[hits.starts], side="right") - 1


def rule_fits(rows: Rows, found: Expanded, traits: Traits) -> Flags:
    """Say which uses stand where their rule lets them: masks where masks belong, tokens whole."""
    hits, kinds = rows.hits, rows.batch.kinds
    first, last = rows.channel.places[hits.starts], rows.channel.places[hits.ends - 1]
    before, after = np.where(first > 0, kinds[first - 1], Kind.WALL), kinds[last + 1]
    width = last - first + 1 - (hits.ends - hits.starts)
    signs = rows.marks.signs[last + 1] - rows.marks.signs[first]
    goes_on = (_IS_WORD[kinds[first]] & _IS_WORD[before]) | (_IS_WORD[kinds[last]] & _IS_WORD[after])
    is_broken = _is_broken(rows, first, last)
    rules = traits.rules[found.traits]
    fits = np.ones(len(rules), dtype=bool)
    for rule, allowed in (
        (Rule.MASK_INSIDE, (width > 0) & (signs == width)),
        (Rule.MASK_AFTER, after == Kind.MASK),
        (Rule.MASK_BEFORE, before == Kind.MASK),
        *((rule, ~goes_on) for rule in WHOLE_TOKENS),
        *((rule, ~is_broken) for rule in SIDE_BY_SIDE),
        (Rule.SOUND, ~is_broken | rows.is_spelled),
    ):
        fits &= (rules != rule) | allowed[found.rows]
    return fits


def _is_broken(rows: Rows, first: Places, last: Places) -> Flags:
    """Say which hits have the end of a clause between some letters and nothing between others."""
    steps, begin, end = rows.steps, rows.hits.starts, rows.hits.ends - 1
    holds_stop = rows.marks.stops[last] > rows.marks.stops[first]
    found: Flags = holds_stop & (steps.parted[end] - steps.parted[begin] < steps.moved[end] - steps.moved[begin])
    return found
