"""What may mean whom in a batch: hits of the automata, joined with the profiles they stand for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.channels import letters_of, sounds_of
from monitors.matching.names.context import SPECIFIC
from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch
from monitors.matching.names.place import WORD_KINDS, Place
from monitors.matching.names.rows import Marks, Rows, rule_fits, scan, scan_spoken
from monitors.matching.names.shelf import Shelf
from monitors.matching.names.sound_fit import sound_fit
from monitors.matching.names.spoken import Spoken
from monitors.matching.names.uses import Expanded, Flags, Ints, Uses, spread
from monitors.matching.names.variants.variant import Trait
from monitors.matching.names.word_fit import may_be_name

ALSO_NAMED = 4.5
"""Log-odds that another of her names in the post adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A pattern at a place, taken for one entry."""

    place: Place
    trait: Trait
    entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermHits:
    """Context terms in a batch, each at most twice a post, sorted by post; those of post ``p`` are ``starts[p]`` to ``starts[p + 1]``."""

    starts: Ints
    numbers: Ints
    firsts: Ints
    lasts: Ints

    def of(self, post: int) -> list[tuple[int, int, int]]:
        """Give number, first and last index of each term of a post."""
        chosen = slice(int(self.starts[post]), int(self.starts[post + 1]))
        columns = (self.numbers, self.firsts, self.lasts)
        return list(zip(*(column[chosen].tolist() for column in columns), strict=True))

    @property
    def has_any(self) -> Flags:
        """Which posts hold a term."""
        found: Flags = self.starts[1:] > self.starts[:-1]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """All hits of a shelf in a batch, and the context terms in it."""

    shelf: Shelf
    batch: Batch
    letters: Rows
    terms: TermHits
    has_latin: Flags
    """Which posts hold Latin letters: only in them sounds are spelled."""

    def strong(self) -> Iterator[Candidate]:
        """Give the candidates that may stand by themselves."""
        shelf, evidence = self.shelf, self._evidence()
        yield from self._worth_judging(
            self.letters, shelf.letters, shelf.letters.strong(self.letters.hits.patterns), evidence
        )
        for rows in self._sounds(shelf.sounds, shelf.spoken, np.ones(len(self.batch), dtype=bool)):
            yield from self._worth_judging(rows, shelf.sounds, shelf.sounds.strong(rows.hits.patterns), evidence)

    def weak(self, sure: Mapping[int, set[int]]) -> Iterator[Candidate]:
        """Give the candidates that need other evidence, of the profiles that have some.

        ``sure`` are the profiles already found, by post.
        """
        is_evident = self.terms.has_any
        is_evident[list(sure)] = True
        if not is_evident.any():
            return
        known, short = self._keys_of(sure), self.shelf.short_sounds
        yield from self._join(self.letters.where(is_evident[self.letters.posts]), self.shelf.letters, known)
        for rows in self._sounds(short, self.shelf.short_spoken, is_evident):
            yield from self._join(rows, short, known)

    def _sounds(self, uses: Uses, spoken: Spoken, posts: Flags) -> Iterator[Rows]:
        """Give the hits of sounds in some posts: among Chinese letters, and where Latin ones take part."""
        if uses.patterns:
            yield scan_spoken(spoken, self.letters, posts)
            is_chosen = posts & self.has_latin
            if is_chosen.any():
                spelled = scan(uses, sounds_of(self.batch, is_chosen), self.batch, self.letters.marks)
                yield spelled.where(spelled.holds_latin)

    def _worth_judging(
        self, rows: Rows, uses: Uses, found: Expanded, evidence: NDArray[np.float64]
    ) -> Iterator[Candidate]:
        """Give the uses that are not plainly something else."""
        if not len(found.rows):
            return
        found = found.where(rule_fits(rows, found, uses.traits))
        costs = None
        if uses is not self.shelf.letters:
            fit = sound_fit(rows, found, uses.traits, self.shelf.asked)
            found, costs = found.where(fit.fits), fit.costs[fit.fits]
        found = found.where(may_be_name(rows, found, uses.traits, costs, evidence))
        last, place = -1, None
        for row, owner, trait in zip(found.rows.tolist(), found.owners.tolist(), found.traits.tolist(), strict=True):
            if row != last or place is None:
                last, place = row, rows.place(row)
            yield Candidate(place=place, trait=uses.traits.all[trait], entry=owner)

    def _evidence(self) -> NDArray[np.float64]:
        """Give what the context terms of each post may add at most."""
        count = self.terms.starts[1:] - self.terms.starts[:-1]
        most: NDArray[np.float64] = SPECIFIC * np.minimum(count, 2.0)
        return most

    def _keys_of(self, sure: Mapping[int, set[int]]) -> Ints:
        """Give sorted ``post * profiles + profile``."""
        count = len(self.shelf.profiles)
        return np.array(
            sorted(post * count + profile for post, profiles in sure.items() for profile in profiles), dtype=np.int64
        )

    def _join(self, rows: Rows, uses: Uses, sure: Ints) -> Iterator[Candidate]:
        """Give the uses of rows that belong to a profile with evidence in that post."""
        found = uses.weak(rows.hits.patterns)
        is_group = found.owners < 0
        single, grouped = found.where(~is_group), found.where(is_group)
        evidence = self._evidence()
        evidence[sure // len(self.shelf.profiles)] += ALSO_NAMED
        for part in (single.where(self._has_evidence(single, rows, sure)), self._of_groups(grouped, rows, sure)):
            yield from self._worth_judging(rows, uses, part, evidence)

    def _has_evidence(self, found: Expanded, rows: Rows, sure: Ints) -> Flags:
        """Say which uses belong to a profile of which a term, or a sure name, stands in the post."""
        posts, profiles = rows.posts[found.rows], self.shelf.profile_of[found.owners]
        count, terms = len(self.shelf.profiles), self.shelf.terms
        kept = _among(posts * count + profiles, sure)
        use, at = spread(self.terms.starts[posts], self.terms.starts[posts + 1])
        keys = self.terms.numbers[at] * count + profiles[use]
        kept[use[_among(keys, terms.profile_keys)]] = True
        return kept

    def _of_groups(self, found: Expanded, rows: Rows, sure: Ints) -> Expanded:
        """Give the uses of groups, one an entry of a profile that has evidence in the post."""
        posts, groups = rows.posts[found.rows], -1 - found.owners
        terms, count = self.shelf.terms, self.shelf.members.count
        use, at = spread(self.terms.starts[posts], self.terms.starts[posts + 1])
        by_term = _lookup(self.terms.numbers[at] * count + groups[use], terms.group_keys, terms.group_entries)
        keys, entries = self._groups_of(sure)
        by_name = _lookup(posts * count + groups, keys, entries)
        uses = np.concatenate((use[by_term[0]], by_name[0]))
        owners = np.concatenate((by_term[1], by_name[1]))
        _, once = np.unique(uses * (len(self.shelf.entries) + 1) + owners, return_index=True)
        return Expanded(rows=found.rows[uses][once], owners=owners[once], traits=found.traits[uses][once])

    def _groups_of(self, sure: Ints) -> tuple[Ints, Ints]:
        """Give sorted ``post * groups + group`` of the profiles found, and the entry of each."""
        members, count = self.shelf.members, len(self.shelf.profiles)
        pair, at = spread(members.starts[sure % count], members.starts[sure % count + 1])
        keys = sure[pair] // count * members.count + members.groups[at]
        order = np.argsort(keys, kind="stable")
        return keys[order], members.entries[at][order]


def search(shelf: Shelf, batch: Batch) -> Search:
    """Find every pattern of a shelf in a batch."""
    letters = scan(shelf.letters, letters_of(batch), batch, Marks.of(batch))
    latin = np.flatnonzero(batch.kinds == Kind.LATIN)
    has_latin = np.zeros(len(batch), dtype=bool)
    has_latin[np.searchsorted(batch.starts, latin, side="right") - 1] = True
    return Search(shelf=shelf, batch=batch, letters=letters, terms=_terms(shelf, letters), has_latin=has_latin)


def _among(keys: Ints, known: Ints) -> Flags:
    """Say which keys are among the sorted known ones."""
    if not len(known):
        return np.zeros(len(keys), dtype=bool)
    found: Flags = known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
    return found


def _lookup(keys: Ints, known: Ints, values: Ints) -> tuple[Ints, Ints]:
    """Give, for each key, every value of the equal sorted known ones: the number of the key, and the value."""
    rows, at = spread(np.searchsorted(known, keys, "left"), np.searchsorted(known, keys, "right"))
    return rows, values[at]


def _terms(shelf: Shelf, letters: Rows) -> TermHits:
    """Give the context terms of a batch; a term of letters between spaces is never a part of a word."""
    numbers = shelf.terms.number_of[letters.hits.patterns]
    chosen = numbers >= 0
    parts = [row for row in np.flatnonzero(chosen).tolist() if not _stands(shelf, int(numbers[row]), letters, row)]
    chosen[parts] = False
    chosen[_repeats(letters.posts, numbers, chosen)] = False
    rows = letters.where(chosen)
    order = np.argsort(rows.posts, kind="stable")
    places = rows.channel.places
    return TermHits(
        starts=np.searchsorted(rows.posts[order], np.arange(len(rows.batch) + 1)),
        numbers=numbers[chosen][order],
        firsts=places[rows.hits.starts][order].astype(np.int64),
        lasts=places[rows.hits.ends - 1][order].astype(np.int64),
    )


def _repeats(posts: Ints, numbers: Ints, chosen: Flags) -> Ints:
    """Give the rows of terms that stand between the first and the last place of the same term in the same post.

    Two places are enough to say that one stands apart from a name, and keep a post of ten thousand terms small.
    """
    rows = np.flatnonzero(chosen)
    keys = posts[rows].astype(np.int64) * (int(numbers.max(initial=0)) + 1) + numbers[rows]
    _, first = np.unique(keys, return_index=True)
    _, last = np.unique(keys[::-1], return_index=True)
    return np.delete(rows, np.concatenate((first, len(rows) - 1 - last)))


def _stands(shelf: Shelf, term: int, letters: Rows, row: int) -> bool:
    if not next(iter(shelf.terms.owners[term].values())).is_token:
        return True
    place = letters.place(row)
    return place.kind(place.first - 1) not in WORD_KINDS and place.kind(place.last + 1) not in WORD_KINDS
