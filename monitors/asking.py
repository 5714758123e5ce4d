"""What one source is asked in one run: planned from everyone's names, and from what asking brought before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitors.ledger import asked
from monitors.parts import Parts
from monitors.records import Cursor, Delta, Post, Query, WatchProfile
from monitors.sources.plan import Asked, Memory, Plan, Term, plan_source
from monitors.sources.registry import abilities_of
from monitors.sources.source import Source


@dataclass(slots=True)
class Asking:
    """A plan, and which of its terms were found in what came."""

    source: str
    plan: Plan
    _yielded: set[Term] = field(default_factory=set)

    @property
    def queries(self) -> Sequence[Query]:
        """What the source gets; it never learns whose."""
        return self.plan.queries

    def noticing(self, source: Source) -> Source:
        """Give the source as it is, but for this: the terms in what it brings are noticed."""
        return _Noticing(source, self)

    def notice(self, post: Post) -> None:
        """Look which terms a post holds."""
        said = f"{post.text}\n{post.author}".casefold()
        self._yielded |= {
            term for term in self.plan.terms if term not in self._yielded and term.text.casefold() in said
        }

    def remember(self, parts: Parts) -> None:
        """Write down that all of it was asked for, and what yielded."""
        macs = {term: mac_of(parts, term) for term in self.plan.terms}
        yielded = [macs[term] for term in self._yielded]
        with parts.ledger.writing() as ledger:
            asked.note(ledger, self.source, list(macs.values()), yielded=yielded, at=parts.clock.now())


@dataclass(frozen=True, slots=True)
class _Noticing:
    source: Source
    asking: Asking

    @property
    def name(self) -> str:
        return self.source.name

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        for delta in self.source.fetch(plan, cursor, deadline):
            for post in delta.posts:
                self.asking.notice(post)
            yield delta


def plan_for(parts: Parts, source: str, profiles: Sequence[WatchProfile]) -> Asking:
    """Plan what a source is asked now for these people."""
    memory = memory_of(parts, source)
    return Asking(source, plan_source(profiles, abilities_of(source), memory, parts.clock.now()))


def memory_of(parts: Parts, source: str) -> Memory:
    """Give what is remembered of a source's terms."""
    with parts.ledger.reading() as ledger:
        known = asked.of_source(ledger, source)

    def remembered(term: Term) -> Asked | None:
        question = known.get(mac_of(parts, term))
        return None if question is None else Asked(at=question.at, dry=question.dry)

    return remembered


def mac_of(parts: Parts, term: Term) -> str:
    """Give a term's keyed hash: the ledger does not tell who is looked for."""
    return parts.vault.mac("asked", f"{term.asks.value} {term.text.casefold()}")[:32]
