"""What may be spent in a day or a month: requests of one source, posts that a platform charges for.

With a folder, what was spent outlives the run and is shared by processes. Its files are named by source and period
and hold one number each.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from monitors.sources.pace import Clock

KEPT = timedelta(days=62)
"""Longer than the longest month after its end."""


class Period(Enum):
    """How long a budget lasts, in UTC."""

    DAY = "%Y-%m-%d"
    MONTH = "%Y-%m"

    def ends(self, now: datetime) -> datetime:
        """Give the moment at which the budget is whole again."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Period.DAY:
            return midnight + timedelta(days=1)
        return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So much of something in a period. ``name`` is a plain id, such as ``telegram-requests``."""

    name: str
    most: int
    period: Period = Period.DAY


@dataclass(slots=True)
class Budgets:
    """Keeps count. Threads and, with a folder, processes may share it."""

    clock: Clock
    folder: Path | None = None
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Forget what was spent in periods long gone."""
        before = (self.clock.now() - KEPT).timestamp()
        for file in self.folder.glob("*") if self.folder is not None else ():
            if file.stat().st_mtime < before:
                file.unlink(missing_ok=True)

    def left(self, budget: Budget) -> int:
        """How much may still be spent."""
        with self._spent(budget) as spent:
            return max(budget.most - spent[0], 0)

    def take(self, budget: Budget, amount: int = 1) -> bool:
        """Spend, and say whether there was enough; where there was not, nothing is spent."""
        with self._spent(budget) as spent:
            if spent[0] + amount > budget.most:
                return False
            spent[0] += amount
            return True

    def give_back(self, budget: Budget, amount: int) -> None:
        """Take back what was set aside and not spent."""
        with self._spent(budget) as spent:
            spent[0] = max(spent[0] - amount, 0)

    def full_again(self, budget: Budget) -> datetime:
        """When the budget is whole again."""
        return budget.period.ends(self.clock.now())

    @contextmanager
    def _spent(self, budget: Budget) -> Iterator[list[int]]:
        name = f"{budget.name} {self.clock.now().astimezone(UTC).strftime(budget.period.value)}"
        with self._lock:
            if self.folder is None:
                spent = [self._counts[name]]
                yield spent
                self._counts[name] = spent[0]
                return
            with _counted(self.folder / name) as kept:
                yield kept


@contextmanager
def _counted(path: Path) -> Iterator[list[int]]:
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed, also by a process that dies
        spent = [int(os.pread(file, 20, 0) or b"0")]
        yield spent
        # Always as long as before, so that the new number covers the old one.
        os.pwrite(file, f"{spent[0]:020d}".encode(), 0)
    finally:
        os.close(file)
