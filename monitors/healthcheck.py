"""Whether every source still sees: its canary is asked where it is needed, and the operator is told of what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from monitors.alerts.letters import write_letter
from monitors.alerts.mailer import DeliveryKind, Mailer, mailer_from
from monitors.alerts.render import render
from monitors.ledger import facts, fetches
from monitors.ledger.fetches import Look
from monitors.logs import log
from monitors.parts import Parts
from monitors.sources.health import CANARY, Health, Volume, ask_canary, judge, worst
from monitors.sources.registry import abilities_of

LOOKS_FOR = timedelta(days=30)
BASELINE = timedelta(days=14)
DAY = timedelta(days=1)
AGAIN_AFTER = timedelta(hours=6)
AGAIN_WHEN_BLIND = timedelta(minutes=25)
"""A canary that found nothing is asked again in the next run: three times nothing is an alarm."""
CANARY_SECONDS = 60.0
LANGUAGE = "zh-CN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one source when it is decided whether its canary is asked."""

    source: str
    looks: tuple[Look, ...]
    volume: Volume
    now: datetime

    @property
    def canary(self) -> Look | None:
        """How its canary was last found."""
        return next((look for look in self.looks if look.part == CANARY), None)


Asks = Callable[[Standing], bool]
"""Decides whether a source's canary is asked now."""


def suspicious(standing: Standing) -> bool:
    """Ask where nothing came for a day, or far less than usual; not more often than need be."""
    known = standing.canary
    if known is not None:
        rest = AGAIN_AFTER if known.kind in fetches.WELL else AGAIN_WHEN_BLIND
        if standing.now - known.at < rest:
            return False
        if known.kind not in fetches.WELL:
            return True
    has_looked = any(look.kind in fetches.WELL for look in standing.looks if look.part != CANARY)
    return has_looked and (standing.volume.recent == 0 or standing.volume.is_quiet)


def always(standing: Standing) -> bool:
    """Ask every canary, but for sources that just now brought posts or that are known to be blind."""
    return standing.volume.recent == 0 or standing.volume.is_quiet or not standing.looks


def never(_standing: Standing) -> bool:
    """Ask nobody; say what is known."""
    return False


def check(parts: Parts, *, asks: Asks) -> tuple[Health, ...]:
    """Give the health of every part of every source that has somewhere to look."""
    for standing in _standings(parts):
        if asks(standing):
            _ask(parts, standing.source)
    standings = _standings(parts)
    looks = [look for standing in standings for look in standing.looks]
    volumes = {standing.source: standing.volume for standing in standings}
    return judge(looks, volumes, [standing.source for standing in standings])


def tell_operator(parts: Parts, healths: tuple[Health, ...]) -> tuple[str, ...]:
    """Say which sources went blind or see again, once each: in the log, and by mail where an address is set.

    A mail that could not leave is tried again the next time.
    """
    mailer = mailer_from(parts.settings)
    told = []
    for source in dict.fromkeys(health.source for health in healths):
        blind = worst(healths, source)
        is_blind = blind is not None and blind.blind >= parts.settings.blind_after
        with parts.ledger.reading() as ledger:
            known = facts.get(ledger, _key(source))
        if is_blind == (known is not None):
            continue
        if blind is not None and is_blind:
            log.error("source_blind", source=source, kind=blind.kind and blind.kind.value, detail=blind.detail)
        else:
            log.info("source_sees_again", source=source)
        if not _mail(parts, mailer, source, blind if is_blind else None):
            continue
        with parts.ledger.writing() as ledger:
            if is_blind:
                facts.put(ledger, _key(source), parts.clock.now().isoformat(), parts.clock.now())
            else:
                facts.forget(ledger, _key(source))
        told.append(source)
    return tuple(told)


def _standings(parts: Parts) -> tuple[Standing, ...]:
    now = parts.clock.now()
    with parts.ledger.reading() as ledger:
        looks = fetches.looks(ledger, since=now - LOOKS_FOR)
        recent = fetches.received(ledger, since=now - DAY)
        before = fetches.daily(ledger, since=now - BASELINE, until=now - DAY)
    return tuple(
        Standing(
            source=source,
            looks=tuple(look for look in looks if look.source == source),
            volume=Volume(recent=recent.get(source, 0), before=before.get(source, ())),
            now=now,
        )
        for source in parts.desk.watched
        if source in parts.sources
    )


def _ask(parts: Parts, source: str) -> None:
    abilities = abilities_of(source)
    if abilities.canary is None:
        return
    outcome = ask_canary(parts.sources[source], abilities, parts.clock.now() + timedelta(seconds=CANARY_SECONDS))
    with parts.ledger.writing() as ledger:
        # It is nobody's post: it was looked at and let go.
        fetches.record(ledger, source, outcome, posts=0, at=parts.clock.now())


def _mail(parts: Parts, mailer: Mailer | None, source: str, blind: Health | None) -> bool:
    address = parts.settings.operator_address
    if mailer is None or address is None:
        return True
    now = parts.clock.now()
    mail = render("source", language=LANGUAGE, source=source, blind=blind, after=parts.settings.blind_after)
    mail_id = sha256(f"source {source} {blind is None} {now:%Y-%m-%d}".encode()).hexdigest()[:32]
    letter = write_letter(mail, sender=parts.desk.sender(LANGUAGE), to=address, mail_id=mail_id, at=now)
    return mailer.send(address, letter).kind is DeliveryKind.SENT


def _key(source: str) -> str:
    return f"blind:{source}"[:64]
