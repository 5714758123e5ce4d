"""What `sources check` and `sources plan` say: a row for each source."""

from dataclasses import dataclass
from typing import Any

from monitors import app
from monitors.asking import memory_of
from monitors.cli.words import say
from monitors.healthcheck import always, check, never, tell_operator
from monitors.parts import Parts
from monitors.profiles.registration import active_profiles
from monitors.records import Query, WatchProfile
from monitors.settings import Settings
from monitors.sources.abilities import Abilities
from monitors.sources.health import CANARY, Health, State
from monitors.sources.plan import Plan, plan_source
from monitors.sources.registry import ABILITIES, STREAMS

Row = dict[str, Any]
HOLE = "hole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A row for each part of each source, and whether any of them is blind."""

    rows: tuple[Row, ...]
    is_blind: bool


def check_sources(*, asks: bool) -> Checked:
    """Say how every source stands and what to do; with ``asks`` canaries are asked where nothing came."""
    with app.opened() as parts:
        healths = check(parts, asks=always if asks else never)
        tell_operator(parts, healths)
        rows = [_health_row(health) for health in healths]
        rows += [_silent_row(name, parts.settings) for name in _silent(parts)]
    return Checked(rows=tuple(rows), is_blind=any(health.is_blind for health in healths))


def plan_sources() -> list[Row]:
    """Say what each source will be asked, how often, and what cannot be seen there."""
    with app.opened() as parts:
        with parts.ledger.reading() as ledger:
            watched = active_profiles(ledger, parts.vault, parts.clock.now())
        rows = [_plan_row(parts, name, watched) for name in parts.desk.watched if name in parts.sources]
        rows += [_silent_row(name, parts.settings) | _unseen(name) for name in _silent(parts)]
    closed = {
        "source": say("sources.closed"),
        "queries": 0,
        "asks": "-",
        "often": "-",
        "unseen": say("sources.closed.how"),
    }
    return [*rows, closed]


def _plan_row(parts: Parts, name: str, watched: tuple[WatchProfile, ...]) -> Row:
    abilities = ABILITIES.get(name, Abilities())
    plan = plan_source(watched, abilities, memory_of(parts, name), parts.clock.now())
    asks = _asks(name, plan, abilities)
    often = [say("sources.every")] if plan.queries else []
    often += [say("sources.resting", count=len(plan.resting))] if plan.resting else []
    often += [say("sources.waiting", count=len(plan.waiting))] if plan.waiting else []
    often += _terms(name)
    return {
        "source": name,
        "queries": len(plan.queries) if abilities.asks else int(bool(plan.queries)),
        "asks": asks,
        "often": "; ".join(often) or "-",
        **_unseen(name),
    }


def _asks(name: str, plan: Plan, abilities: Abilities) -> str:
    if not plan.queries:
        return "-"
    if not abilities.asks:
        return say("sources.stream" if name in STREAMS else "sources.everything")
    return "; ".join(_written(query, abilities) for query in plan.queries)


def _written(query: Query, abilities: Abilities) -> str:
    named = [*(f"#{tag}" for tag in query.tags), *(f"@{handle}" for handle in query.handles), *query.channels]
    return " ".join([*([abilities.write(query.words)] if query.words else []), *named])


def _unseen(name: str) -> Row:
    abilities = ABILITIES.get(name, Abilities())
    return {"unseen": "; ".join(say(f"sources.unseen.{what}") for what in abilities.unseen) or "-"}


def _terms(name: str) -> list[str]:
    """Say whose terms bind an operator who switches a source on."""
    return [say(f"sources.terms.{name}")] if name in BOUND else []


def _silent(parts: Parts) -> list[str]:
    """Name the sources that are not asked, or that have nowhere to look."""
    return sorted(set(parts.sources) - set(parts.desk.watched))


def _silent_row(name: str, settings: Settings) -> Row:
    is_on = name in settings.asked_sources
    setting = PLACES.get(name, "SHOUWANG_RUN_SOURCES") if is_on else SWITCHES.get(name, "SHOUWANG_RUN_SOURCES")
    said = "; ".join([say("sources.nowhere" if is_on else "sources.off", setting=setting), *_terms(name)])
    return {
        "source": name,
        "state": "-",
        "outcome": "-",
        "at": "-",
        "advice": said,
        "queries": 0,
        "asks": said,
        "often": "-",
    }


PLACES = {
    "rss": "SHOUWANG_FEEDS",
    "mastodon": "SHOUWANG_MASTODON_SERVERS",
    "telegram": "SHOUWANG_TELEGRAM_CHANNELS",
    "rsshub": "SHOUWANG_RSSHUB_URL",
    "snscrape": "SHOUWANG_SNSCRAPE_CHANNELS",
}
SWITCHES = {
    "bluesky": "SHOUWANG_BLUESKY=true",
    "rsshub": "SHOUWANG_RUN_SOURCES, SHOUWANG_RSSHUB_URL",
    "weibo": "SHOUWANG_RUN_SOURCES, SHOUWANG_WEIBO_COOKIE",
    "x": "SHOUWANG_RUN_SOURCES, SHOUWANG_X_BEARER_TOKEN",
    "reddit": "SHOUWANG_RUN_SOURCES, SHOUWANG_REDDIT_CLIENT_ID, SHOUWANG_REDDIT_CLIENT_SECRET",
}
BOUND = frozenset({"rsshub", "weibo", "x", "reddit"})
"""Sources that an operator reads with her own account or contract, and under its terms."""


def _health_row(health: Health) -> Row:
    return {
        "source": " ".join(part for part in (health.source, health.part) if part),
        "state": say(f"sources.state.{health.state.value}"),
        "outcome": " ".join(part for part in (health.kind.value if health.kind else "-", health.detail) if part),
        "at": health.at.isoformat(timespec="minutes") if health.at else "-",
        "advice": _advice(health),
    }


def _advice(health: Health) -> str:
    if health.part == HOLE or health.detail.startswith(HOLE):
        return say("sources.advice.hole")
    if health.part == CANARY and health.detail == "canary_empty":
        return say("sources.advice.canary_empty")
    if health.state is State.BLIND and health.kind is not None:
        return say(f"cli.advice.{health.kind.value}")
    return "" if health.state is State.SEES else say(f"sources.advice.{health.state.value}")
