"""From the people who are protected to what sources are asked: the same for everyone, and for nobody by name.

A platform is asked once for all: a term of two people is one term, words go together in one request where the
platform knows OR, and a word inside of another one stands for both. Where requests are few they go round: whoever
came too short is first the next time. A term that never yields anything rests longer and longer, and is never given up.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitors.records import Query, WatchProfile
from monitors.sources.abilities import Abilities, Asks
from monitors.sources.spellings import spell

_NO_TAG = re.compile(r"[\W_]+")
SHORTEST_LATIN = 4
"""Letters. Initials such as ``lxy`` mean a thousand other things; in Chinese two characters are a name."""
DRY_BEFORE_REST = 3
"""So often a term may yield nothing before it is asked less."""
NAME, ALIAS, SPELLING = range(3)
"""How telling a term is: what she is called, what else she is called, how a name may be written elsewhere."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One thing to ask a platform for. ``owners`` are ids of profiles, for sharing fairly; no source sees them."""

    asks: Asks
    text: str
    rank: int
    owners: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is remembered of a term at one source: when it was asked, and how often in a row it yielded nothing."""

    at: datetime
    dry: int = 0


Memory = Callable[[Term], Asked | None]
"""Gives what is remembered of a term; None: it was never asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one source is asked in this run. ``resting`` terms are not due, ``waiting`` ones had no room."""

    queries: tuple[Query, ...] = ()
    terms: tuple[Term, ...] = ()
    resting: tuple[Term, ...] = ()
    waiting: tuple[Term, ...] = ()


def nothing_known(_term: Term) -> Asked | None:
    """Remember nothing: everything is due."""
    return None


def plan_queries(profiles: Sequence[WatchProfile]) -> tuple[Query, ...]:
    """Give one query with every name, tag and handle once, in an order that says nothing of whose.

    It is what a source gets that cannot be asked for anything. Nothing to look for gives no query.
    """
    words = _sorted(word for profile in profiles for word in (*profile.names, *profile.aliases))
    handles = _sorted(handle.lstrip("@") for profile in profiles for handle in profile.handles)
    tags = _sorted(filter(_is_telling, map(_tag, words)))
    return (Query(words=words, handles=handles, tags=tags),) if words or handles else ()


def plan_source(profiles: Sequence[WatchProfile], abilities: Abilities, memory: Memory, now: datetime) -> Plan:
    """Give what a source with these abilities is asked now, in the fewest requests it allows."""
    if not abilities.asks:
        return Plan(queries=plan_queries(profiles))
    terms = terms_of(profiles, abilities)
    known = {term: memory(term) for term in terms}
    due = [term for term in terms if due_at(term, known[term], abilities) <= now]
    groups, waiting = _fill(_fair(due, known), abilities)
    asked = [term for group in groups for term in group]
    return Plan(
        queries=tuple(_query(group) for group in groups),
        terms=tuple(asked),
        resting=tuple(term for term in terms if term not in due),
        waiting=tuple(waiting),
    )


def terms_of(profiles: Sequence[WatchProfile], abilities: Abilities) -> tuple[Term, ...]:
    """Give everything there is to ask this source for, each once, in an order that says nothing of whose."""
    found: dict[tuple[Asks, str], Term] = {}
    for profile in profiles:
        for term in _terms(profile, abilities.asks):
            key = (term.asks, term.text.casefold())
            known = found.get(key, term)
            owners, rank = known.owners | term.owners, min(known.rank, term.rank)
            found[key] = replace(known, owners=owners, rank=rank)
    terms = sorted(found.values(), key=lambda term: (term.asks, term.text.casefold()))
    return tuple(_without_covered(terms) if abilities.finds_parts else terms)


def due_at(term: Term, asked: Asked | None, abilities: Abilities) -> datetime:
    """Give when a term may be asked again: in every run while it yields, later with every time it does not."""
    return _NEVER if asked is None else asked.at + rest_of(term, asked, abilities)


def rest_of(term: Term, asked: Asked | None, abilities: Abilities) -> timedelta:
    """Give how long a term rests after it was asked; no time: it is asked in every run."""
    dry = asked.dry if asked else 0
    if term.rank == SPELLING and dry:
        return abilities.at_most
    if dry <= DRY_BEFORE_REST:
        return timedelta(0)
    # Bounded before it is a power: a term may have been dry for years.
    return min(abilities.first_rest * float(2 ** min(dry - DRY_BEFORE_REST - 1, 20)), abilities.at_most)


def _terms(profile: WatchProfile, asks: frozenset[Asks]) -> Iterator[Term]:
    called = [(name, NAME) for name in profile.names] + [(alias, ALIAS) for alias in profile.aliases]
    called += [(other, SPELLING) for name in profile.names for other in spell(name)]
    owners = frozenset({profile.id})
    for word, rank in called:
        if Asks.WORDS in asks and _is_telling(word.strip()):
            yield Term(asks=Asks.WORDS, text=word.strip(), rank=rank, owners=owners)
        if Asks.TAGS in asks and _is_telling(_tag(word)):
            yield Term(asks=Asks.TAGS, text=_tag(word), rank=rank, owners=owners)
    for handle in profile.handles if Asks.HANDLES in asks else ():
        yield Term(asks=Asks.HANDLES, text=handle.strip().lstrip("@"), rank=NAME, owners=owners)


def _without_covered(terms: Sequence[Term]) -> list[Term]:
    """Leave out words that a search for another word finds anyway; who they were for is for that one now."""
    kept: list[Term] = []
    for term in sorted(terms, key=lambda term: len(term.text)):
        at = next((place for place, shorter in enumerate(kept) if _covers(shorter, term)), None)
        if at is None:
            kept.append(term)
        else:
            owners, rank = kept[at].owners | term.owners, min(kept[at].rank, term.rank)
            kept[at] = replace(kept[at], owners=owners, rank=rank)
    return sorted(kept, key=lambda term: (term.asks, term.text.casefold()))


def _covers(shorter: Term, longer: Term) -> bool:
    if {shorter.asks, longer.asks} != {Asks.WORDS}:
        return False
    inner, outer = shorter.text.casefold(), longer.text.casefold()
    # A search for "Ann" does not find "Annabel": words of letters are found whole.
    return bool(re.search(rf"\b{re.escape(inner)}\b", outer)) if inner.isascii() else inner in outer


def _fair(due: Sequence[Term], known: Mapping[Term, Asked | None]) -> Iterator[Term]:
    """Give terms in turns, one of each person: what waited longest first, and of what is new the most telling."""
    queues: dict[str, list[Term]] = defaultdict(list)
    for term in sorted(due, key=lambda term: (_asked_at(known[term]), term.rank, term.text)):
        for owner in term.owners:
            queues[owner].append(term)
    order = sorted(queues, key=lambda owner: (min(_asked_at(known[term]) for term in queues[owner]), owner))
    given: set[Term] = set()
    for turn in range(max(map(len, queues.values()), default=0)):
        for owner in order:
            for term in queues[owner][turn : turn + 1]:
                if term not in given:
                    given.add(term)
                    yield term


def _fill(terms: Iterable[Term], abilities: Abilities) -> tuple[list[list[Term]], list[Term]]:
    """Put terms together in as few requests as there may be; give what had no room."""
    groups: list[list[Term]] = []
    waiting: list[Term] = []
    for term in terms:
        group = next((group for group in groups if _fits(group, term, abilities)), None)
        if group is not None:
            group.append(term)
        elif len(groups) < abilities.queries_per_run and len(abilities.write([term.text])) <= abilities.longest_query:
            groups.append([term])
        else:
            waiting.append(term)
    return groups, waiting


def _fits(group: Sequence[Term], term: Term, abilities: Abilities) -> bool:
    if term.asks is not Asks.WORDS or group[0].asks is not Asks.WORDS or len(group) >= abilities.words_per_query:
        return False
    return len(abilities.write([*(other.text for other in group), term.text])) <= abilities.longest_query


def _query(group: Sequence[Term]) -> Query:
    # Sorted: the order in which people came must not be read from a request.
    asked = tuple(sorted(term.text for term in group))
    match group[0].asks:
        case Asks.WORDS:
            return Query(words=asked)
        case Asks.HANDLES:
            return Query(handles=asked)
        case Asks.TAGS:
            return Query(tags=asked)
        case Asks.CHANNELS:
            return Query(channels=asked)


def _asked_at(asked: Asked | None) -> datetime:
    return asked.at if asked else _NEVER


def _sorted(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({item.strip() for item in items} - {""}))


def _tag(word: str) -> str:
    # Platforms join the words of a tag: "Lin Xiaoyue" is #LinXiaoyue. Case does not matter to them.
    return _NO_TAG.sub("", word)


def _is_telling(word: str) -> bool:
    return len(word) >= (SHORTEST_LATIN if word.isascii() else 2) and not word.isdigit()
