"""Logging: one canonical line a batch a stage, ids and numbers only."""

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from monitors.records import OutcomeKind, Stage

log: structlog.stdlib.BoundLogger = structlog.get_logger("shouwang")
_NOWHERE = logging.NullHandler()


def configure_logs(log_format: str = "auto") -> None:
    """Log to standard error: readable on a terminal, JSON elsewhere.

    Libraries' own warnings, which quote addresses, go nowhere unless somebody set logging up: what matters of them
    comes back as an error.
    """
    logging.getLogger().addHandler(_NOWHERE)
    level = logging.WARNING if log_format == "quiet" else logging.INFO
    readable = sys.stderr.isatty() if log_format == "auto" else log_format == "console"
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked for anew each time: who put another stream in its place (a test, a page) means it.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


@contextmanager
def stage_line(stage: Stage, **ids: str) -> Iterator[Counter[OutcomeKind]]:
    """Yield a counter of outcomes and log it with its seconds when the stage is through."""
    counts: Counter[OutcomeKind] = Counter()
    started = time.monotonic()
    yield counts
    seconds = round(time.monotonic() - started, 3)
    log.info("stage", stage=stage.value, posts=counts.total(), **ids, **_plain(counts), seconds=seconds)


def _plain(counts: Counter[OutcomeKind]) -> dict[str, int]:
    return {kind.value: number for kind, number in counts.items()}
