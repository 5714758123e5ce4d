"""Where patterns stand in a batch: found all at once, what cannot be a name let go before anything is looked at closely."""

from collections import defaultdict
from collections.abc import Iterator, KeysView
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.channels import Channel, letters_of, sounds_of
from monitors.matching.names.context import Term
from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch
from monitors.matching.names.place import WORD_KINDS, Place
from monitors.matching.names.shelf import Shelf
from monitors.matching.names.uses import Hits, Uses
from monitors.matching.names.variants.variant import Rule, Trait

WHOLE_TOKENS = (Rule.INITIALS, Rule.HANDLE, Rule.ANCHOR)
_IS_WORD = np.isin(np.arange(256), [int(kind) for kind in WORD_KINDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A use of a pattern at a place, for one entry."""

    place: Place
    trait: Trait
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermPlace:
    """A context term in a post: first and last index in the batch, and whose it is."""

    first: int
    last: int
    owners: "dict[int, Term]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """All hits of a shelf in a batch."""

    shelf: Shelf
    batch: Batch
    letters: "_Scan"
    sounds: "_Scan"
    terms: dict[int, list[TermPlace]] = field(default_factory=dict)
    """By post."""

    def strong(self) -> Iterator[Candidate]:
        """Give the candidates that may stand by themselves."""
        for scan in (self.letters, self.sounds):
            for pattern, place in scan.places(self.batch, scan.uses.has_strong):
                for owner, trait in scan.uses.strong(pattern):
                    yield Candidate(place=place, trait=trait, entry=owner)

    def weak(self, known: dict[int, set[int]]) -> Iterator[Candidate]:
        """Give the candidates that need other evidence, of the profiles that have some (``known``: by post)."""
        has_evidence = np.zeros(len(self.batch), dtype=bool)
        has_evidence[list(self.terms.keys() | known.keys())] = True
        for scan in (self.letters, self.sounds):
            for pattern, place in scan.places(self.batch, scan.uses.has_weak, posts=has_evidence):
                for owner, trait in scan.uses.weak(pattern):
                    members = self.shelf.members(owner)
                    for profile in self._evident(place.post, members.keys(), known):
                        for entry in members[profile]:
                            yield Candidate(place=place, trait=trait, entry=entry)

    def _evident(self, post: int, profiles: KeysView[int], known: dict[int, set[int]]) -> set[int]:
        found = profiles & known.get(post, set())
        for term in self.terms.get(post, []):
            found |= profiles & term.owners.keys()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """The hits of one channel with where they are: indices into the batch, and posts."""

    uses: Uses
    channel: Channel
    hits: Hits
    posts: NDArray[np.int64]

    def places(
        self, batch: Batch, wanted: NDArray[np.bool_], *, posts: NDArray[np.bool_] | None = None
    ) -> Iterator[tuple[int, Place]]:
        chosen = wanted[self.hits.patterns]
        if posts is not None:
            chosen &= posts[self.posts]
        rows = np.flatnonzero(chosen)
        hits = self.hits.where(rows)
        places = self.channel.places
        for pattern, start, end, post in zip(
            hits.patterns.tolist(), hits.starts.tolist(), hits.ends.tolist(), self.posts[rows].tolist(), strict=True
        ):
            yield pattern, Place(batch=batch, post=post, places=tuple(places[start:end].tolist()))


def search(shelf: Shelf, batch: Batch) -> Search:
    """Find every pattern of a shelf in a batch."""
    letters = _scan(shelf.letters, letters_of(batch), batch)
    terms = _terms(shelf, letters, batch)
    sounds = _scan(shelf.sounds, sounds_of(batch), batch) if shelf.sounds.patterns else _nothing(shelf.sounds)
    return Search(shelf=shelf, batch=batch, letters=letters, sounds=sounds, terms=terms)


def _nothing(uses: Uses) -> _Scan:
    none = np.zeros(0, dtype=np.int64)
    hits = Hits(patterns=none, starts=none, ends=none)
    return _Scan(uses=uses, channel=Channel(text="", places=none.astype(np.int32)), hits=hits, posts=none)


def _scan(uses: Uses, channel: Channel, batch: Batch) -> _Scan:
    hits = uses.find(channel.text)
    hits = hits.where(_may_stand(uses, channel, hits, batch))
    posts = np.searchsorted(batch.starts, channel.places[hits.starts], side="right") - 1
    return _Scan(uses=uses, channel=channel, hits=hits, posts=posts)


def _may_stand(uses: Uses, channel: Channel, hits: Hits, batch: Batch) -> NDArray[np.bool_]:
    """Say which hits begin and end where their rule lets a name begin and end."""
    places, kinds = channel.places, batch.kinds
    first, last = places[hits.starts], places[hits.ends - 1]
    # A sound has several letters at one place: it must not begin or end within a Chinese letter.
    whole = (hits.starts == 0) | (places[hits.starts - 1] != first)
    whole &= places[np.minimum(hits.ends, len(places) - 1)] != last
    rules = uses.only_rule[hits.patterns]
    whole &= (rules != Rule.MASK_INSIDE) | (last - first >= hits.ends - hits.starts)
    whole &= (rules != Rule.MASK_AFTER) | (kinds[last + 1] == Kind.MASK)
    whole &= (rules != Rule.MASK_BEFORE) | ((first > 0) & (kinds[first - 1] == Kind.MASK))
    goes_on = (_IS_WORD[kinds[first]] & _IS_WORD[kinds[first - 1]] & (first > 0)) | (
        _IS_WORD[kinds[last]] & _IS_WORD[kinds[last + 1]]
    )
    fits: NDArray[np.bool_] = whole & ~(np.isin(rules, WHOLE_TOKENS) & goes_on)
    return fits


def _terms(shelf: Shelf, scan: _Scan, batch: Batch) -> dict[int, list[TermPlace]]:
    """Give the context terms of each post."""
    found: dict[int, list[TermPlace]] = defaultdict(list)
    if not shelf.terms:
        return found
    is_term = np.zeros(shelf.letters.patterns, dtype=bool)
    is_term[list(shelf.terms)] = True
    for pattern, place in scan.places(batch, is_term):
        owners = shelf.terms[pattern]
        if any(term.is_token for term in owners.values()) and _is_part_of_token(place):
            continue
        found[place.post].append(TermPlace(first=place.first, last=place.last, owners=dict(owners)))
    return found


def _is_part_of_token(place: Place) -> bool:
    return place.kind(place.first - 1) in WORD_KINDS or place.kind(place.last + 1) in WORD_KINDS
