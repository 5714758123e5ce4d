"""The variants of many profiles behind one automaton."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ahocorasick_rs
import numpy as np

from monitors.matching.names.channels import letters_of
from monitors.matching.names.normalise import Batch
from monitors.matching.names.variants.spell import spell_profile
from monitors.matching.names.variants.variant import Variant
from monitors.records import WatchProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A variant that stands in a post. ``first`` and ``last`` are the indices of its letters in ``batch.codes``."""

    post: int
    profile: WatchProfile
    variant: Variant
    places: tuple[int, ...]


class Shelf:
    """Finds every variant of its profiles in one pass over a batch."""

    def __init__(self, profiles: Sequence[WatchProfile]) -> None:
        owners: dict[str, list[tuple[WatchProfile, Variant]]] = {}
        for profile in profiles:
            for variant in spell_profile(profile):
                owners.setdefault(variant.pattern, []).append((profile, variant))
        self._owners = list(owners.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(owners), store_patterns=False) if owners else None

    def candidates(self, batch: Batch) -> Iterator[Candidate]:
        """Give every place of every variant, in the order of the text."""
        if self._automaton is None:
            return
        channel = letters_of(batch)
        found = self._automaton.find_matches_as_indexes(channel.text, overlapping=True)
        for pattern, start, end in found:
            places = tuple(channel.places[start:end].tolist())
            post = int(np.searchsorted(batch.starts, places[0], side="right")) - 1
            for profile, variant in self._owners[pattern]:
                yield Candidate(post=post, profile=profile, variant=variant, places=places)
