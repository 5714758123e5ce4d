"""The composition root: settings in, wired parts out; and the tasks that a scheduler calls by name.

Tasks take and return plain JSON values, open everything themselves, and may be repeated.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitors import pipeline
from monitors.alerts.daily import queue_digests as put_digests
from monitors.alerts.desk import Desk
from monitors.alerts.mailer import mailer_from
from monitors.alerts.outbox import send_due
from monitors.alerts.urgent import queue_urgent as put_urgent
from monitors.errors import BadInputError, StopRun
from monitors.evidence.files import ExhibitFiles
from monitors.evidence.seal import Sealer
from monitors.evidence.seal import sweep as sweep_exhibits
from monitors.faces import open_encoder
from monitors.healthcheck import check, suspicious, tell_operator
from monitors.ledger import hits, outbox
from monitors.ledger.engine import Ledger, answering, open_engine
from monitors.ledger.migrate import upgrade
from monitors.ledger.watches import Presence
from monitors.logs import configure_logs, log
from monitors.parts import Parts
from monitors.profiles.master_key import open_vault
from monitors.profiles.withdrawal import Belongings, erase_due
from monitors.recheck import recheck
from monitors.records import Batch
from monitors.scoring.scorer import Scorer, scorer_of, shipped_scorer
from monitors.settings import Settings
from monitors.sources import housekeeping
from monitors.sources.again import Looker
from monitors.sources.budgets import Budgets
from monitors.sources.guard import Guard
from monitors.sources.jsonl import JsonlSource
from monitors.sources.media import MediaFetcher
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.registry import media_ways, open_sources, requester_for, trusted
from monitors.sources.requester import Requester
from monitors.sources.spool import Spool
from search.index import Index

Json = dict[str, Any]
JSONL = "jsonl:"
"""How a source begins that is a file brought in by hand."""
MAILS_KEPT = timedelta(days=30)


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Parts]:
    """Wire every part; what is heavy waits until it is needed. Closes the ledger in the end.

    Raises LedgerUnavailableError when the database is down, or goes down meanwhile.
    """
    settings = settings or read_settings()
    configure_logs(settings.log_format)
    engine = open_engine(settings.ledger_url)
    try:
        with answering():
            upgrade(engine)
            yield _wire(settings, Ledger(engine))
    finally:
        engine.dispose()


def read_settings() -> Settings:
    """Read the settings from the environment. Raises BadInputError naming the variable, never its value."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        variable = name if name.startswith("SHOUWANG_") else f"SHOUWANG_{name.upper()}"
        raise BadInputError(str(first["msg"]), field=variable) from None


def find_source(parts: Parts, named: str) -> tuple[str, Parts]:
    """Give a source's name and the parts that have it; ``jsonl:FILE`` adds a file, ``jsonl:-`` standard input.

    Raises BadInputError for a name that is no source.
    """
    if named.startswith(JSONL):
        file = named.removeprefix(JSONL)
        source = JsonlSource(sys.stdin.buffer if file == "-" else Path(file), clock=parts.clock)
        return source.name, replace(parts, sources={**parts.sources, source.name: source})
    if named not in parts.sources:
        raise BadInputError(f"is none of: {' '.join(sorted(parts.sources))}, {JSONL}FILE", field=f"--source {named}")
    return named, parts


def source_names() -> list[str]:
    """Name the sources that a run asks."""
    return list(read_settings().asked_sources)


def collect(source: str) -> list[Json]:
    """Fetch what one source posted; batches that an earlier, killed run left come first."""
    with opened() as parts:
        name, able = find_source(parts, source)
        return [asdict(batch) for batch in (*pipeline.unfinished(able, name), *pipeline.collect(able, name))]


def match(batches: list[Json]) -> list[Json]:
    """Keep the posts that are about a protected person."""
    return _each(pipeline.match, batches)


def score(batches: list[Json]) -> list[Json]:
    """Judge what was found."""
    return _each(pipeline.score, batches)


def seal(batches: list[Json]) -> list[Json]:
    """Keep proof of what was found."""
    return _each(pipeline.seal, batches)


def index(batches: list[Json]) -> list[Json]:
    """Make what was found searchable."""
    return _each(pipeline.index, batches)


def look_back() -> dict[str, int]:
    """Match what is still stored against the profiles that changed since; give how many posts were found."""
    with opened() as parts:
        return {"found": sum(batch.count for batch in pipeline.look_back(parts))}


def look_again() -> dict[str, int]:
    """Look again at the posts of known hits whose hour has come; count what was found."""
    with opened() as parts:
        return {presence.value: number for presence, number in recheck_due(parts).items()}


def recheck_due(parts: Parts) -> Counter[Presence]:
    """Look again at what is due, within one source's deadline."""
    ways = {name: requester_for(name, parts.settings, parts.requester) for name in ("bluesky", "mastodon", "telegram")}
    looker = Looker(requester=parts.requester, bluesky=parts.settings.bluesky_api, ways=ways)
    return recheck(parts, looker, until=parts.deadline())


def check_sources() -> dict[str, int]:
    """Ask the canaries of sources that bring nothing, and tell the operator what went blind or sees again."""
    with opened() as parts:
        return {"told": len(guard_sources(parts))}


def guard_sources(parts: Parts) -> tuple[str, ...]:
    """Check every source; give the names of those the operator was told of."""
    return tell_operator(parts, check(parts, asks=suspicious))


def queue_digests() -> dict[str, int]:
    """Put the digests that are due into the outbox."""
    with opened() as parts:
        return {"queued": len(put_digests(parts.ledger, parts.desk, parts.clock.now()))}


def queue_urgent() -> dict[str, int]:
    """Put what cannot wait into the outbox."""
    with opened() as parts:
        return {"queued": len(put_urgent(parts.ledger, parts.desk, parts.clock.now()))}


def send_mails() -> dict[str, int]:
    """Send what waits in the outbox."""
    with opened() as parts:
        return {kind.value: number for kind, number in send_queued(parts).items()}


def clean_up() -> dict[str, int]:
    """Let go of what is past its time, sweep what a crash left, and finish what was left half-way."""
    with opened() as parts:
        return tidy(parts) | {"finished": len(list(pipeline.go_all(parts, pipeline.unfinished(parts))))}


def tidy(parts: Parts) -> dict[str, int]:
    """Let go of what is past its time, and sweep what a crash left."""
    now = parts.clock.now()
    swept = housekeeping.sweep(parts.ledger, parts.spool, now=now)
    for batch in swept.missing:
        log.error("batch_missing", batch=batch[:12])
    keep = timedelta(days=parts.settings.keep_unmatched_days)
    with parts.ledger.writing() as ledger:
        mails = outbox.delete_made_before(ledger, now - MAILS_KEPT)
    return {
        "swept": swept.removed,
        "missing": len(swept.missing),
        "exhibits": sweep_exhibits(parts.sealer),
        "mails": mails,
        "expired": housekeeping.expire(parts.ledger, parts.spool, keep=keep, now=now),
        "erased": len(erase(parts)),
    }


def send_queued(parts: Parts) -> Counter[Any]:
    """Send what is due; without a mail server everything keeps waiting."""
    mailer = mailer_from(parts.settings)
    return Counter() if mailer is None else send_due(parts.ledger, parts.vault, mailer, parts.clock.now())


def erase(parts: Parts) -> tuple[Any, ...]:
    """Erase every profile whose time has come, everywhere; give the receipts."""

    def forget_elsewhere(belongings: Belongings) -> None:
        parts.index().delete_profile(belongings.profile_id)
        with parts.ledger.reading() as ledger:
            found = [hits.one(ledger, parts.vault, hit_id) for hit_id in belongings.hit_ids]
        housekeeping.forget_posts(parts.ledger, parts.spool, {hit.post.id for hit in found if hit})

    return erase_due(
        parts.ledger, parts.vault, parts.settings.exhibits, parts.clock.now(), forget_elsewhere=forget_elsewhere
    )


def _each(stage: Callable[[Parts, Batch], Batch], batches: list[Json]) -> list[Json]:
    """Take batches through a stage. One that is lost on disk stops no other, unless there is no other."""
    done: list[Json] = []
    lost: list[StopRun] = []
    with opened() as parts:
        for batch in batches:
            try:
                done.append(asdict(stage(parts, Batch(**batch))))
            except StopRun as error:
                log.error("batch_failed", batch=batch["sha256"][:12], problem=str(error))
                lost.append(error)
    if lost and not done:
        raise lost[0]
    return done


def _wire(settings: Settings, ledger: Ledger) -> Parts:
    clock = SystemClock()
    vault = open_vault(ledger, settings)
    requester = Requester(
        guard=Guard(allow_hosts=settings.allow_hosts),
        contact=settings.contact,
        clock=clock,
        pace=Pace(clock=clock, folder=settings.home / "pace"),
        budgets=Budgets(clock, settings.home / "budgets"),
        tls=trusted(settings),
    )
    return Parts(
        settings=settings,
        ledger=ledger,
        vault=vault,
        spool=Spool(settings.spool),
        sources=open_sources(settings, requester, partial(vault.mac, "cursor")),
        get_media=MediaFetcher(requester, media_ways(settings, requester)).get,
        sealer=Sealer(ledger=ledger, cipher=vault, files=ExhibitFiles(settings.exhibits, vault)),
        scorer=cache(lambda: open_scorer(settings)),
        index=cache(lambda: _open_index(settings)),
        face_encoder=cache(lambda: open_encoder(settings)),
        desk=Desk.of(vault, settings),
        clock=clock,
        requester=requester,
    )


def open_scorer(settings: Settings) -> Scorer:
    """Make the scorer of the settings. Raises ModelError for a model that cannot be used."""
    if settings.encoder == "shipped":
        return shipped_scorer(threads=settings.encoder_threads)
    from monitors.scoring.st_encoder import SentenceTransformerEncoder

    if settings.encoder_heads is None:
        raise BadInputError("is needed with an encoder of your own", field="SHOUWANG_ENCODER_HEADS")
    encoder = SentenceTransformerEncoder(
        settings.encoder, prefix=settings.encoder_prefix, threads=settings.encoder_threads
    )
    return scorer_of(encoder, settings.encoder_heads)


def _open_index(settings: Settings) -> Index:
    if settings.elasticsearch_url is None:
        from search.embedded.store import EmbeddedIndex

        return EmbeddedIndex(settings.home / "index.sqlite")
    from search.elastic.store import ElasticIndex

    key = settings.elasticsearch_api_key
    return ElasticIndex.at(
        settings.elasticsearch_url,
        prefix=settings.index_prefix,
        api_key=key.get_secret_value() if key else None,
        ca=settings.elasticsearch_ca,
    )
