"""How often strangers may ask for something: registering sends mail, and must not become a way to annoy people."""

import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta


class RateLimit:
    """Allows so many in so long, for each client and for all together. Kept in memory: a restart forgives."""

    def __init__(self, *, each: int, together: int, within: timedelta) -> None:
        self._each, self._together, self._within = each, together, within
        self._taken: dict[str, deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()

    def allows(self, client: str, now: datetime) -> bool:
        """Count one and say whether it may go on; what is refused does not count."""
        with self._lock:
            self._forget(now - self._within)
            if len(self._taken[client]) >= self._each or self._count() >= self._together:
                return False
            self._taken[client].append(now)
            return True

    def _count(self) -> int:
        return sum(len(taken) for taken in self._taken.values())

    def _forget(self, before: datetime) -> None:
        for client, taken in list(self._taken.items()):
            while taken and taken[0] <= before:
                taken.popleft()
            if not taken:
                del self._taken[client]
