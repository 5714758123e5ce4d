"""What could be looked at: an empty digest is worth only as much as the list of places behind it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitors.ledger.fetches import WELL, Look
from monitors.messages import Say
from monitors.records import FetchKind

PARTLY = frozenset({FetchKind.LIMITED, FetchKind.BUDGET_SPENT})
CANARY = "canary"
"""The part that stands for what is always there (monitors/sources/health.py)."""
HOLE = "hole"
"""How the detail begins of a look that found that hours, or numbers, are missing."""
STALE_AFTER = timedelta(hours=26)
"""A daily look with two hours of grace: what was last seen before that was not looked at for this digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A source that was not looked at, or only partly; ``since`` is the last good look, None: none so far."""

    source: str
    reason: str
    since: datetime | None
    missing: int = 1
    """How many of its ``parts`` were not looked at; 0 where each was, but one not to its end."""
    parts: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether no part of the source was looked at."""
        return self.missing == self.parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Every watched source, and every other asked of late, stands in exactly one of the three lists."""

    seen: tuple[str, ...]
    partly: tuple[Gap, ...]
    unseen: tuple[Gap, ...]


def cover(states: Iterable[Look], watched: Sequence[str], now: datetime) -> Coverage:
    """Sort the sources by whether they could be looked at; what was to be asked and was not is unseen.

    A source or part that is asked no more (taken out of the settings) is left out.
    """
    parts: dict[str, list[Look]] = {source: [] for source in watched}
    for state in states:
        if state.source in watched or _is_fresh(state, now):
            parts.setdefault(state.source, []).append(state)
    gaps = {source: _gap_of(source, parts[source], now) for source in sorted(parts)}
    found = [gap for gap in gaps.values() if gap]
    return Coverage(
        seen=tuple(source for source, gap in gaps.items() if gap is None),
        partly=tuple(gap for gap in found if not gap.is_whole),
        unseen=tuple(gap for gap in found if gap.is_whole),
    )


def _gap_of(source: str, known: Sequence[Look], now: datetime) -> Gap | None:
    canaries = [state for state in known if state.part == CANARY and _is_fresh(state, now)]
    if blind := [state for state in canaries if state.kind not in (*WELL, *PARTLY)]:
        # It answers, but not with what is always there: whatever else it said counts for nothing.
        return Gap(source=source, reason=blind[0].kind.value, since=blind[0].well_at)
    known = [state for state in known if state.part != CANARY]
    fresh = [state for state in known if _is_fresh(state, now)]
    if not fresh:
        return Gap(source=source, reason="not_asked" if known else "never_asked", since=_last_good_look(known))
    missing = [state for state in fresh if state.kind not in (*WELL, *PARTLY)]
    bad = missing or [state for state in fresh if state.kind in PARTLY]
    if not bad:
        return None
    latest = max(bad, key=lambda state: state.at)
    return Gap(
        source=source,
        reason=HOLE if latest.detail.startswith(HOLE) else latest.kind.value,
        since=_last_good_look(bad),
        missing=len(missing),
        parts=len(fresh),
    )


def _is_fresh(state: Look, now: datetime) -> bool:
    return now - state.at <= STALE_AFTER


def _last_good_look(parts: Sequence[Look]) -> datetime | None:
    return max((state.well_at for state in parts if state.well_at), default=None)


def tell_coverage(coverage: Coverage, say: Say, moment: Callable[[datetime], str]) -> list[str]:
    """Give the lines that say where we looked, and where we could not and since when."""
    names = say("coverage.between").join(source_name(source, say) for source in coverage.seen)
    lines = [say("coverage.seen", sources=names)] if names else []
    return lines + [_tell_gap(gap, say, moment) for gap in (*coverage.partly, *coverage.unseen)]


def source_name(source: str, say: Say) -> str:
    """The name people know a source by; its id where the catalogue has none."""
    try:
        return say(f"coverage.source.{source}")
    except KeyError:
        return source


def _tell_gap(gap: Gap, say: Say, moment: Callable[[datetime], str]) -> str:
    source, reason = source_name(gap.source, say), say(f"coverage.reason.{gap.reason}")
    if gap.missing == 0:
        return say("coverage.partly", source=source, reason=reason)
    if not gap.is_whole:
        return say("coverage.partly.of", source=source, reason=reason, missing=gap.missing, parts=gap.parts)
    if gap.since is None:
        return say("coverage.unseen.ever", source=source, reason=reason)
    return say("coverage.unseen", source=source, reason=reason, since=moment(gap.since))
