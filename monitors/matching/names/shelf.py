"""The variants of many profiles behind automata: over letters, over sounds, and over short sounds that need evidence."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

import numpy as np

from monitors.matching.names.context import Term, terms_of
from monitors.matching.names.kinds import Kind
from monitors.matching.names.namesakes import Memory
from monitors.matching.names.sound_fit import AskedSounds, asked_of
from monitors.matching.names.spoken import Spoken, SpokenWriter
from monitors.matching.names.uses import Ints, Uses, UseWriter, spread
from monitors.matching.names.variants.chinese import spell_pets, spell_titles
from monitors.matching.names.variants.japanese import half_in_kana
from monitors.matching.names.variants.spell import Asked, Entry, read_entries, spell_entry
from monitors.matching.names.variants.variant import Rule, Variant
from monitors.records import WatchProfile

SPELL_GROUP = {"surname": spell_titles, "pet": spell_pets}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An entry and the number of its profile on the shelf."""

    profile: int
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Which entries belong to which group (all who bear a surname): rows sorted by profile.

    The rows of profile ``p`` are ``starts[p]`` to ``starts[p + 1]``.
    """

    starts: Ints
    groups: Ints
    entries: Ints
    count: int
    """How many groups there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Context terms, numbered; who has them is kept in sorted keys, so that thousands are asked at once."""

    number_of: Ints
    """By pattern of ``letters``: the number of the term, -1 where a pattern is none."""
    owners: tuple[Mapping[int, Term], ...]
    """By number: the term as each profile has it."""
    profile_keys: Ints
    """``term * profiles + profile`` of all who have a term."""
    group_keys: Ints
    """``term * groups + group`` of all entries whose profile has a term and which belong to a group."""
    group_entries: Ints
    """The entry of each of ``group_keys``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Everything that is looked for. Reading it is safe from several threads."""

    profiles: tuple[WatchProfile, ...]
    entries: tuple[Watched, ...]
    profile_of: Ints
    """The number of the profile of each entry."""
    asked: AskedSounds
    members: Members
    letters: Uses
    sounds: Uses
    spoken: Spoken
    """The patterns of ``sounds`` among Chinese letters."""
    short_sounds: Uses
    """Sounds that stand for nothing without evidence: searched in the few posts that have some."""
    short_spoken: Spoken
    terms: Terms
    latin: Mapping[tuple[str, str], tuple[int, ...]]
    """Latin names of several parts, by the first letters of the first and the last."""
    memories: Mapping[int, Memory]
    """What is known of namesakes, by number of the profile; most have none."""


def build_shelf(profiles: Sequence[WatchProfile], memories: Mapping[str, Memory]) -> Shelf:
    """Spell every entry of every profile; ``memories`` by profile id."""
    builder = _Builder()
    asked = [list(_asked(profile)) for profile in profiles]
    contexts = [[Asked(text=context) for context in profile.context] for profile in profiles]
    read = iter(read_entries([ask for asks in (*asked, *contexts) for ask in asks]))
    for number, asks in enumerate(asked):
        for entry in islice(read, len(asks)):
            builder.add_entry(number, entry)
    for number, asks in enumerate(contexts):
        for entry in islice(read, len(asks)):
            builder.add_context(number, entry)
    return builder.shelf(profiles, memories)


def _asked(profile: WatchProfile) -> Iterator[Asked]:
    language = profile.languages[0].lower() if profile.languages else ""
    for name in profile.names:
        yield Asked(text=name, language=language)
    if language.startswith("ja"):
        for name in half_in_kana(profile.names, profile.aliases):
            yield Asked(text=name, language=language)
    for alias in profile.aliases:
        yield Asked(text=alias, language=language, is_alias=True)
    for handle in profile.handles:
        yield Asked(text=handle, is_handle=True)


def spelled_patterns(profiles: Sequence[WatchProfile]) -> list[str]:
    """Give every pattern that is looked for, in letters and in sounds: for comparison with other ways to look."""
    builder = _Builder()
    for number, profile in enumerate(profiles):
        for entry in read_entries(list(_asked(profile))):
            builder.add_entry(number, entry)
    return builder.patterns()


class _Builder:
    def __init__(self) -> None:
        self._letters, self._sounds, self._short_sounds = UseWriter(), UseWriter(), UseWriter()
        self._spoken, self._short_spoken = SpokenWriter(), SpokenWriter()
        self._entries: list[Watched] = []
        self._groups: dict[str, int] = {}
        self._members: list[tuple[int, int, int]] = []
        self._terms: dict[int, dict[int, Term]] = defaultdict(dict)

    def add_entry(self, profile: int, entry: Entry) -> None:
        owner = len(self._entries)
        self._entries.append(Watched(profile=profile, entry=entry))
        for variant in _distinct(entry):
            if variant.trait.rule is Rule.SOUND:
                self._add_sound(variant, owner)
            else:
                self._letters.add(variant, owner)
        for group in entry.groups:
            self._members.append((profile, self._groups.setdefault(group, len(self._groups)), owner))

    def _add_sound(self, variant: Variant, owner: int) -> None:
        writer = self._short_sounds if variant.trait.weak else self._sounds
        spoken = self._short_spoken if variant.trait.weak else self._spoken
        spoken.add(_parts(variant), writer.add(variant, owner))

    def add_context(self, profile: int, entry: Entry) -> None:
        for term in terms_of(entry):
            known = self._terms[self._letters.number_of(term.pattern)]
            if profile not in known or known[profile].weight < term.weight:
                known[profile] = term

    def patterns(self) -> list[str]:
        writers = (self._letters, self._sounds, self._short_sounds)
        return list(dict.fromkeys(pattern for writer in writers for pattern in writer.patterns()))

    def shelf(self, profiles: Sequence[WatchProfile], memories: Mapping[str, Memory]) -> Shelf:
        for group, number in self._groups.items():
            kind, _, letter = group.partition(":")
            for variant in SPELL_GROUP[kind](letter):
                self._letters.add(variant, -1 - number)
        members = self._as_members(len(profiles))
        letters = self._letters.read()
        return Shelf(
            profiles=tuple(profiles),
            entries=tuple(self._entries),
            profile_of=np.array([watched.profile for watched in self._entries], dtype=np.int64),
            asked=asked_of([watched.entry for watched in self._entries]),
            members=members,
            letters=letters,
            sounds=self._sounds.read(),
            spoken=self._spoken.read(),
            short_sounds=self._short_sounds.read(),
            short_spoken=self._short_spoken.read(),
            latin=_by_first_letters(self._entries),
            terms=_as_terms(self._terms, letters.patterns, members, len(profiles)),
            memories={at: memories[profile.id] for at, profile in enumerate(profiles) if profile.id in memories},
        )

    def _as_members(self, profiles: int) -> Members:
        rows = np.array(sorted(self._members), dtype=np.int64).reshape(-1, 3)
        return Members(
            starts=np.searchsorted(rows[:, 0], np.arange(profiles + 1)),
            groups=rows[:, 1],
            entries=rows[:, 2],
            count=len(self._groups),
        )


def _by_first_letters(entries: Sequence[Watched]) -> dict[tuple[str, str], tuple[int, ...]]:
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for number, watched in enumerate(entries):
        entry = watched.entry
        if entry.kind is Kind.LATIN and len(entry.parts) > 1 and not entry.is_handle:
            key = entry.parts[0][0], entry.parts[-1][0]
            found[key] = (*found.get(key, ()), number)
    return found


def _parts(variant: Variant) -> tuple[str, ...]:
    ends = list(accumulate(variant.trait.layout))
    return tuple(variant.pattern[end - length : end] for end, length in zip(ends, variant.trait.layout, strict=True))


def _as_terms(found: Mapping[int, Mapping[int, Term]], patterns: int, members: Members, profiles: int) -> Terms:
    number_of = np.full(patterns, -1, dtype=np.int64)
    number_of[list(found)] = np.arange(len(found))
    pairs = np.array(
        [(term, profile) for term, owners in enumerate(found.values()) for profile in owners], dtype=np.int64
    ).reshape(-1, 2)
    pair, at = spread(members.starts[pairs[:, 1]], members.starts[pairs[:, 1] + 1])
    group_keys = pairs[pair, 0] * members.count + members.groups[at]
    order = np.argsort(group_keys, kind="stable")
    return Terms(
        number_of=number_of,
        owners=tuple(found.values()),
        profile_keys=np.sort(pairs[:, 0] * profiles + pairs[:, 1]),
        group_keys=group_keys[order],
        group_entries=members.entries[at][order],
    )


def _distinct(entry: Entry) -> Iterator[Variant]:
    """Give each variant of an entry once: the first of those with the same pattern and rule is the likeliest."""
    told: set[tuple[str, Rule]] = set()
    for variant in spell_entry(entry):
        if variant.pattern and (variant.pattern, variant.trait.rule) not in told:
            told.add((variant.pattern, variant.trait.rule))
            yield variant
