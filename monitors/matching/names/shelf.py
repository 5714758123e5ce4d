"""The variants of many profiles behind two automata: one over letters, one over sounds."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from monitors.matching.names.context import Term, terms_of
from monitors.matching.names.uses import Uses, UseWriter
from monitors.matching.names.variants.chinese import spell_pets, spell_titles
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
class Shelf:
    """Everything that is looked for. ``terms`` has, by pattern of ``letters``, whose context it is."""

    profiles: tuple[WatchProfile, ...]
    entries: tuple[Watched, ...]
    groups: tuple[Mapping[int, tuple[int, ...]], ...]
    """Members of each group: entries by profile."""
    letters: Uses
    sounds: Uses
    terms: Mapping[int, Mapping[int, Term]]

    def members(self, owner: int) -> Mapping[int, tuple[int, ...]]:
        """Give the entries that a use stands for, by profile."""
        return self.groups[-1 - owner] if owner < 0 else {self.entries[owner].profile: (owner,)}


def build_shelf(profiles: Sequence[WatchProfile]) -> Shelf:
    """Spell every entry of every profile."""
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
    return builder.shelf(profiles)


def _asked(profile: WatchProfile) -> Iterator[Asked]:
    language = profile.languages[0].lower() if profile.languages else ""
    for name in profile.names:
        yield Asked(text=name, language=language)
    for alias in profile.aliases:
        yield Asked(text=alias, language=language, is_alias=True)
    for handle in profile.handles:
        yield Asked(text=handle, is_handle=True)


class _Builder:
    def __init__(self) -> None:
        self._letters, self._sounds = UseWriter(), UseWriter()
        self._entries: list[Watched] = []
        self._groups: dict[str, dict[int, tuple[int, ...]]] = defaultdict(dict)
        self._terms: dict[int, dict[int, Term]] = defaultdict(dict)

    def add_entry(self, profile: int, entry: Entry) -> None:
        owner = len(self._entries)
        self._entries.append(Watched(profile=profile, entry=entry))
        for variant in _distinct(entry):
            (self._sounds if variant.trait.rule is Rule.SOUND else self._letters).add(variant, owner)
        for group in entry.groups:
            members = self._groups[group]
            members[profile] = (*members.get(profile, ()), owner)

    def add_context(self, profile: int, entry: Entry) -> None:
        for term in terms_of(entry):
            known = self._terms[self._letters.number_of(term.pattern)]
            if profile not in known or known[profile].weight < term.weight:
                known[profile] = term

    def shelf(self, profiles: Sequence[WatchProfile]) -> Shelf:
        for at, group in enumerate(self._groups):
            kind, _, letter = group.partition(":")
            for variant in SPELL_GROUP[kind](letter):
                self._letters.add(variant, -1 - at)
        return Shelf(
            profiles=tuple(profiles),
            entries=tuple(self._entries),
            groups=tuple(self._groups.values()),
            letters=self._letters.read(),
            sounds=self._sounds.read(),
            terms=self._terms,
        )


def _distinct(entry: Entry) -> Iterator[Variant]:
    """Give each variant of an entry once: the first of those with the same pattern and rule is the likeliest."""
    told: set[tuple[str, Rule]] = set()
    for variant in spell_entry(entry):
        if variant.pattern and (variant.pattern, variant.trait.rule) not in told:
            told.add((variant.pattern, variant.trait.rule))
            yield variant
