"""The table of contents: what is done to a post, stage after stage.

Each stage takes a batch and gives it back: done, counted, and safe to do again. What it found out stands in the
ledger, where the next stage takes it from; a run killed anywhere goes on where it stopped.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from monitors import pictures
from monitors.asking import plan_for
from monitors.captures import captures_of
from monitors.closer import look_closer
from monitors.errors import MonitorError
from monitors.evidence.gate import is_to_be_sealed
from monitors.evidence.seal import seal_hit
from monitors.ledger import batches, profiles
from monitors.ledger import hits as stored
from monitors.logs import log, stage_line
from monitors.matching.found import hits_in, outcomes_of
from monitors.matching.matcher import Matcher
from monitors.parts import Parts, matchers_of
from monitors.profiles.registration import active_profiles
from monitors.records import Batch, Hit, OutcomeKind, Post, Stage, WatchProfile
from monitors.scoring.judge import judge
from monitors.sources import collect as sources
from monitors.sources.stored import NAME as STORED
from monitors.sources.stored import StoredSource
from monitors.sources.submitted import NAME as HANDED_IN
from search.build import document_of

STAGES = tuple(Stage)


def watch(parts: Parts, source: str) -> Generator[Batch]:
    """Take what a source posted the whole way, batch by batch; what an earlier run left half-way comes first."""
    yield from go_all(parts, chain(unfinished(parts, source), collect(parts, source)))


def go_all(parts: Parts, found: Iterable[Batch]) -> Generator[Batch]:
    """Take batches through every stage after the first, and give each once its hits are proved.

    A batch that fails stops no other, and a search store that is down keeps none from its proof: the first failure
    is raised in the end, and a later run finishes what is left.
    """
    proved: list[Batch] = []
    failures: list[MonitorError] = []
    with _noting(failures):
        for batch in found:
            with _noting(failures, batch=batch.sha256[:12]):
                proved.append(prove(parts, batch))
                yield batch
    with _noting(failures):
        for batch in proved:
            index(parts, batch)
    if failures:
        raise failures[0]


@contextmanager
def _noting(failures: list[MonitorError], **ids: str) -> Iterator[None]:
    """Let the rest go on; what failed is logged now and raised in the end."""
    try:
        yield
    except MonitorError as failure:
        log.error("failed", problem=str(failure), **ids)
        failures.append(failure)


def go_through(parts: Parts, batch: Batch) -> Batch:
    """Take one batch through every stage after the first."""
    return index(parts, prove(parts, batch))


def prove(parts: Parts, batch: Batch) -> Batch:
    """Take one batch as far as what is told to her needs: its hits are judged and sealed."""
    match(parts, batch)
    score(parts, batch)
    return seal(parts, batch)


def unfinished(parts: Parts, source: str | None = None) -> list[Batch]:
    """Give the batches, of a source or of all, that a run was killed over or that waited for a store that was down."""
    with parts.ledger.reading() as ledger:
        waiting = [batches.waiting_for(ledger, stage, source=source) for stage in STAGES[1:]]
    return list({batch.sha256: batch for batch in chain(*waiting)}.values())


def collect(parts: Parts, source: str) -> Iterator[Batch]:
    """What was posted? Into the spool, with the fingerprints of its pictures."""
    watched = _watched(parts)
    if not watched:  # nothing is crawled before somebody confirmed
        return
    asking = plan_for(parts, source, [profile for profile in watched if parts.asked_for in {None, profile.id}])
    yield from sources.collect(
        asking.noticing(parts.sources[source]),
        asking.queries,
        ledger=parts.ledger,
        spool=parts.spool,
        deadline=parts.deadline(),
        clock=parts.clock,
        prepare=pictures.hasher(parts.get_media, parts.seek_faces(watched)) if pictures.are_of_use(watched) else None,
        again=source == HANDED_IN,  # what one person saw, another may see too
    )
    asking.remember(parts)


def match(parts: Parts, batch: Batch) -> Batch:
    """Is it about her? What is becomes a hit, sealed under her key."""
    if _is_counted(parts, batch, Stage.MATCHING):
        return batch
    now = parts.clock.now()
    posts = list(parts.spool.posts(batch))
    hits = look_closer(hits_in(posts, parts.matchers(_watched(parts)), now), parts.open_profile, parts.get_media, now)
    with _counting(parts, batch, Stage.MATCHING) as (ledger, counts):
        ours = stored.put(ledger, parts.vault, hits, batch_sha256=batch.sha256, at=now)
        counts.update(outcomes_of(posts, hits, ours))
    return batch


def score(parts: Parts, batch: Batch) -> Batch:
    """Does it matter? Each hit gets its scores and how soon she should hear of it."""
    found = _left_by(parts, batch, Stage.MATCHING)
    hits = judge(found, parts.scorer(), parts.shifts(found))
    with _counting(parts, batch, Stage.SCORING) as (ledger, counts):
        stored.replace(ledger, parts.vault, hits)
        counts.update(_advanced(ledger, batch, hits, Stage.SCORING))
    return batch


def seal(parts: Parts, batch: Batch) -> Batch:
    """Can it be proved? Bytes as they arrived, encrypted and chained."""
    hits = _left_by(parts, batch, Stage.SCORING)
    proved = [hit for hit in hits if is_to_be_sealed(hit)]
    raws = parts.spool.raws(batch, {hit.post.raw_sha256 for hit in proved}) if proved else {}
    for hit in proved:
        seal_hit(parts.sealer, hit, captures_of(hit, raws, parts.get_media, parts.clock.now()))
    with _counting(parts, batch, Stage.EVIDENCE) as (ledger, counts):
        counts.update(_advanced(ledger, batch, hits, Stage.EVIDENCE))
    return batch


def index(parts: Parts, batch: Batch) -> Batch:
    """Where is it found again? In the search store, without her names and without the writer's."""
    hits = _left_by(parts, batch, Stage.EVIDENCE)
    if hits:
        parts.index().put([document_of(hit, parts.pseudonym(hit)) for hit in hits])
    with _counting(parts, batch, Stage.INDEX) as (ledger, counts):
        counts.update(_advanced(ledger, batch, hits, Stage.INDEX))
    return batch


def look_back(parts: Parts) -> Generator[Batch]:
    """Take what is still stored through the stages for the profiles that changed since it was matched.

    A post that is a hit of hers already is left out, so that it may be repeated and killed; only a look that came
    to its end is not made again. Gives the batches of what was found.
    """
    with parts.ledger.reading() as ledger:
        marks = profiles.changed(ledger)
        before = batches.matched_in_spool(ledger, but_from=STORED)
    changed = tuple(profile for profile in _watched(parts) if profile.id in marks)
    if changed and before:
        source = StoredSource(parts.spool, before, partial(_new_for, parts, _matchers_apart(parts, changed)))
        found = sources.collect(
            source,
            (),
            ledger=parts.ledger,
            spool=parts.spool,
            deadline=parts.deadline(),
            clock=parts.clock,
            again=True,
        )
        yield from go_all(parts, found)
    if marks:
        with parts.ledger.writing() as ledger:
            profiles.set_looked_back(ledger, marks)


def _matchers_apart(parts: Parts, changed: tuple[WatchProfile, ...]) -> tuple[Matcher, ...]:
    return matchers_of(changed, parts.taught(changed), parts.clock.now())


def _new_for(parts: Parts, matchers: Sequence[Matcher], posts: Sequence[Post]) -> set[str]:
    """Give the ids of the posts that would be hits and are not."""
    found = hits_in(posts, matchers, parts.clock.now())
    with parts.ledger.reading() as ledger:
        known = stored.known(ledger, [hit.id for hit in found])
    return {hit.post.id for hit in found if hit.id not in known}


def _watched(parts: Parts) -> tuple[WatchProfile, ...]:
    with parts.ledger.reading() as ledger:
        return active_profiles(ledger, parts.vault, parts.clock.now())


def _left_by(parts: Parts, batch: Batch, stage: Stage) -> tuple[Hit, ...]:
    with parts.ledger.reading() as ledger:
        return stored.of_batch(ledger, parts.vault, batch.sha256, stage=stage)


def _advanced(ledger: Connection, batch: Batch, hits: Iterable[Hit], to: Stage) -> Counter[OutcomeKind]:
    """Move hits on, and count each post of theirs once; a post whose hits were withdrawn meanwhile is skipped."""
    come_from = STAGES[STAGES.index(to) - 1]
    stored.advance(ledger, [hit.id for hit in hits], come_from=come_from, to=to)
    waiting = batches.outcomes_of(ledger, batch.sha256, come_from).get(OutcomeKind.PASSED, 0)
    waiting -= sum(batches.outcomes_of(ledger, batch.sha256, to).values())
    if waiting <= 0:  # told before: a repeated stage counts nothing twice
        return Counter()
    passed = len({hit.post.id for hit in hits})
    return Counter({OutcomeKind.PASSED: passed, OutcomeKind.SKIPPED: waiting - passed})


def _is_counted(parts: Parts, batch: Batch, stage: Stage) -> bool:
    with parts.ledger.reading() as ledger:
        return bool(batches.outcomes_of(ledger, batch.sha256, stage))


@contextmanager
def _counting(parts: Parts, batch: Batch, stage: Stage) -> Iterator[tuple[Connection, Counter[OutcomeKind]]]:
    """Open the one transaction in which a stage stores what it did and what became of each post."""
    with stage_line(stage, batch=batch.sha256[:12]) as counts, parts.ledger.writing() as ledger:
        yield ledger, counts
        if counts.total():
            batches.put_outcomes(ledger, batch.sha256, stage, counts)
