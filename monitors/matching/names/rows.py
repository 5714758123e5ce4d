"""Hits of a channel with where they are, and which of them may be a name at all: everything at once, in arrays."""

from dataclasses import dataclass

import numpy as np

from monitors.matching.names.channels import Channel
from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch
from monitors.matching.names.place import WORD_KINDS, Place
from monitors.matching.names.uses import Expanded, Flags, Hits, Ints, Uses
from monitors.matching.names.variants.variant import Rule, Trait

WHOLE_TOKENS = (Rule.INITIALS, Rule.HANDLE, Rule.ANCHOR)
_IS_WORD = np.isin(np.arange(256), [int(kind) for kind in WORD_KINDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Hits that may stand, each with its post."""

    batch: Batch
    channel: Channel
    hits: Hits
    posts: Ints

    def where(self, chosen: Flags) -> "Rows":
        """Give the chosen rows."""
        return Rows(batch=self.batch, channel=self.channel, hits=self.hits.where(chosen), posts=self.posts[chosen])

    def place(self, row: int) -> Place:
        """Give where one row stands."""
        places = self.channel.places[self.hits.starts[row] : self.hits.ends[row]]
        return Place(batch=self.batch, post=int(self.posts[row]), places=tuple(places.tolist()))


def scan(uses: Uses, channel: Channel, batch: Batch) -> Rows:
    """Find patterns; a sound does not begin or end within a Chinese letter (several of its letters are at one place)."""
    hits = uses.find(channel.text)
    places = channel.places
    hits = hits.where(
        ((hits.starts == 0) | (places[hits.starts - 1] != places[hits.starts]))
        & (places[hits.ends] != places[hits.ends - 1])
    )
    posts = np.searchsorted(batch.starts, places[hits.starts], side="right") - 1
    return Rows(batch=batch, channel=channel, hits=hits, posts=posts)


def rule_fits(rows: Rows, found: Expanded, traits: tuple[Trait, ...]) -> Flags:
    """Say which uses stand where their rule lets them: masks where masks belong, tokens whole."""
    kinds, hits = rows.batch.kinds, rows.hits
    first, last = rows.channel.places[hits.starts], rows.channel.places[hits.ends - 1]
    signs = np.concatenate(([0], np.cumsum((kinds == Kind.MASK) | (kinds == Kind.SYMBOL))))
    width = last - first + 1 - (hits.ends - hits.starts)
    is_masked = (width > 0) & (signs[last + 1] - signs[first] == width)
    mask_after, mask_before = kinds[last + 1] == Kind.MASK, (first > 0) & (kinds[first - 1] == Kind.MASK)
    goes_on = (_IS_WORD[kinds[first]] & _IS_WORD[kinds[first - 1]] & (first > 0)) | (
        _IS_WORD[kinds[last]] & _IS_WORD[kinds[last + 1]]
    )
    rules = np.array([trait.rule for trait in traits], dtype=np.int16)[found.traits]
    fits = np.ones(len(rules), dtype=bool)
    for rule, allowed in (
        (Rule.MASK_INSIDE, is_masked),
        (Rule.MASK_AFTER, mask_after),
        (Rule.MASK_BEFORE, mask_before),
        *((rule, ~goes_on) for rule in WHOLE_TOKENS),
    ):
        fits &= (rules != rule) | allowed[found.rows]
    return fits
