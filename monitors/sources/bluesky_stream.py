"""Bluesky's stream of every post, read from where it was left until it has caught up with this moment.

What may go wrong with an endless stream, and what is done: the line is cut (come again from the last event, later
each time), the place is too old (say which hours are missing, go on with the oldest there is), the server was
replaced and counts anew (find the place again by time), nothing comes (that is a quiet network; health knows better).
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from urllib.parse import urlsplit

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Post, Raw, Rejected
from monitors.sources.bluesky_posts import NAME, Places, UnreadableError, Written, read_record
from monitors.sources.jetstream import REWIND_US, Event, Place, address_of, is_first_version, read_frame
from monitors.sources.pace import Clock
from monitors.sources.sockets import LineError, Receive

FIRST_LOOK = timedelta(minutes=10)
"""How far back the very first run begins: it shows that something comes, and loads nobody's server with a day."""
QUIET_SECONDS = 4.0
"""Where nothing came for so long there is nothing more to come now. A server that looks a place up says nothing for
up to four seconds."""
HOLE_AFTER_US = 60_000_000
"""The event a line ended with comes first when it is taken up; where the first is a minute younger, some are gone."""
MOST_TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
MOST_POSTS = 500
MOST_BYTES = 4 * 1024 * 1024
MOST_A_RUN = 100_000
"""Posts kept in one run: with a thousand profiles a batch of so many is matched in minutes."""
MOST_UNREADABLE = 20
"""Unreadable frames in a row; then the server speaks something else, and one of each is enough."""
HOLE = "hole"
OUTDATED = "OutdatedCursor"

Connect = Callable[[str], AbstractContextManager[Receive]]
"""Opens an address for the length of a block. Raises LineError."""
Wanted = Callable[[Written], bool]
"""Whether a post is to be looked at at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is remembered between two runs. ``recent`` are keys of the last seconds' events, for streams by time."""

    host: str
    place: Place
    recent: tuple[tuple[int, str], ...] = ()
    filled: tuple[str, ...] = ()
    """Keyed hashes of the words whose past was searched already."""

    @classmethod
    def read(cls, cursor: Cursor | None) -> "Mark | None":
        """Take a cursor apart; None before the first run."""
        if cursor is None:
            return None
        said = json.loads(cursor.value)
        return cls(
            host=said["host"],
            place=Place(us=said["us"], seq=said["seq"]),
            recent=tuple((us, key) for us, key in said["recent"]),
            filled=tuple(said["filled"]),
        )

    def cursor(self) -> Cursor:
        """Give the cursor that says this."""
        said = {
            "host": self.host,
            "us": self.place.us,
            "seq": self.place.seq,
            "recent": self.recent,
            "filled": self.filled,
        }
        return Cursor(source=NAME, value=json.dumps(said))


@dataclass(slots=True)
class _Haul:
    """What was taken since the last delta."""

    posts: list[Post] = field(default_factory=list)
    raws: list[Raw] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    weight: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.posts) + len(self.rejected) >= MOST_POSTS or self.weight >= MOST_BYTES


class _MovedError(Exception):
    """The server counts its events anew: the place has to be found by its time."""


class Stream:
    """One run's reading of one server. Iterate ``deltas`` once; ``mark`` is then where the next run goes on.

    ``has_place``: the mark is worth keeping, since something was read or will be missed otherwise.
    """

    def __init__(
        self,
        server: str,
        mark: Mark | None,
        *,
        connect: Connect,
        wanted: Wanted,
        places: Places,
        clock: Clock,
        deadline: datetime,
    ) -> None:
        self._server, self._connect, self._wanted, self._places = server, connect, wanted, places
        self._clock, self._deadline = clock, deadline
        self._host = urlsplit(server).netloc[:64]
        self._started_us = _us(clock.now())
        self._is_first = mark is None
        self.mark = mark or Mark(host=self._host, place=Place(us=_us(clock.now() - FIRST_LOOK)))
        self._recent = deque(self.mark.recent)
        # Numbers are one server's own; time is everybody's.
        self._by_time = is_first_version(server) or self.mark.host != self._host or self.mark.place.seq is None
        self._is_outdated = False
        self.has_place = mark is not None
        self._haul = _Haul()
        self._kept = self._received = self._left_out = self._unreadable = 0

    def deltas(self) -> Iterator[Delta]:
        """Give what was posted since the mark, a few hundred posts at a time; the last one says how it ended."""
        failures = 0
        while True:
            before = self.mark.place
            try:
                yield from self._visit()
            except _MovedError:
                self._by_time = True
            except LineError as error:
                if _is_too_old(error) and not self._by_time:
                    self._by_time = True
                    continue
                failures = 1 if self.mark.place != before else failures + 1
                if not self._may_come_again(error, failures):
                    yield self._delta(error.outcome)
                    return
            else:
                return

    def _visit(self) -> Iterator[Delta]:
        rewind = self._received == 0  # later it is this very server's clock
        address = address_of(self._server, self.mark.place, by_time=self._by_time, rewind=rewind)
        with self._connect(address) as receive:
            yield from self._read(receive)

    def _read(self, receive: Receive) -> Iterator[Delta]:
        is_taken_up = False
        while True:
            frame = receive(min(QUIET_SECONDS, self._seconds_left()))
            event = None if frame is None else self._event(frame)
            if event is not None and not is_taken_up:
                yield from self._take_up(event)
                is_taken_up = True
            if frame is not None and event is not None:
                self._take(event, frame)
            ended = self._ended(is_silent=frame is None)
            if ended is not None:
                yield self._delta(ended)
                return
            if self._haul.is_full:
                yield self._delta(FetchOutcome(kind=FetchKind.OK))

    def _event(self, frame: bytes) -> Event | None:
        try:
            read = read_frame(frame)
        except UnreadableError as error:
            self._reject(frame, str(error))
            self._unreadable += 1
            return None
        self._unreadable = 0
        if isinstance(read, Event):
            return read
        if read.is_end:
            raise LineError(FetchKind.UNREACHABLE, f"ended_{read.name}")
        self._is_outdated |= read.name == OUTDATED
        return None

    def _take_up(self, first: Event) -> Iterator[Delta]:
        """Hold the first event against the mark; where the stream does not reach back to it, say what is missing."""
        place = self.mark.place
        if not self._by_time and first.seq != place.seq:
            raise _MovedError
        # Jetstream 1 says nothing when a place is too old, and begins with the oldest event it has.
        is_younger = is_first_version(self._server) and first.us > place.us + HOLE_AFTER_US
        if (self._is_outdated or is_younger) and not self._is_first and first.us > place.us:
            detail = f"{HOLE} {_moment(place.us)}/{_moment(first.us)}"
            yield Delta(posts=(), cursor=None, outcome=FetchOutcome(kind=FetchKind.LIMITED, detail=detail, part=HOLE))
        self._is_first = self._is_outdated = False

    def _take(self, event: Event, frame: bytes) -> None:
        key = blake2b(frame, digest_size=6).hexdigest()
        if self._is_known(event, key):
            return
        self._received += 1
        if event.written is not None:
            self._keep(event.written)
        self._recent.append((event.us, key))
        while self._recent[0][0] < event.us - REWIND_US:
            self._recent.popleft()
        self.mark = replace(self.mark, host=self._host, place=Place(us=event.us, seq=event.seq))
        self.has_place = True

    def _is_known(self, event: Event, key: str) -> bool:
        if self._by_time:
            return any(key == known for _, known in self._recent) if event.us <= self.mark.place.us else False
        return event.seq is not None and self.mark.place.seq is not None and event.seq <= self.mark.place.seq

    def _keep(self, written: Written) -> None:
        if not self._wanted(written):
            self._left_out += 1
            return
        try:
            post, raw = read_record(written, self._places, fetched_at=self._clock.now())
        except UnreadableError as error:
            self._reject(written.content, str(error))
            return
        self._haul.posts.append(post)
        self._haul.raws.append(raw)
        self._haul.weight += len(raw.content)
        self._kept += 1

    def _reject(self, frame: bytes, reason: str) -> None:
        self._haul.rejected.append(Rejected(content=frame, place=self._host, reason=f"unreadable: {reason}"))
        self._haul.weight += len(frame)

    def _ended(self, *, is_silent: bool) -> FetchOutcome | None:
        place, now = self.mark.place, self._clock.now()
        if self._unreadable >= MOST_UNREADABLE:
            return FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="no_frames")
        if place.us >= self._started_us or (is_silent and now < self._deadline):
            left_out = f"left_out={self._left_out}" if self._left_out else ""
            return FetchOutcome(kind=FetchKind.OK if self._received else FetchKind.EMPTY, detail=left_out)
        if now >= self._deadline or self._kept >= MOST_A_RUN:
            why = "deadline" if now >= self._deadline else "volume"
            return FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail=f"{why} behind={(_us(now) - place.us) // 10**6}s")
        return None

    def _delta(self, outcome: FetchOutcome) -> Delta:
        """Give what was taken since the last one, with the place after it."""
        haul, self._haul = self._haul, _Haul()
        # A first run that never got through has no place yet: the next one is the first again.
        self.has_place |= outcome.kind in {FetchKind.OK, FetchKind.EMPTY}
        self.mark = replace(self.mark, recent=tuple(self._recent))
        return Delta(
            posts=tuple(haul.posts),
            raws=tuple(haul.raws),
            rejected=tuple(haul.rejected),
            cursor=self.mark.cursor() if self.has_place else None,
            outcome=replace(outcome, part=self._host),
        )

    def _may_come_again(self, error: LineError, failures: int) -> bool:
        wait = min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT)
        if error.outcome.kind is not FetchKind.UNREACHABLE or failures >= MOST_TRIES or wait >= self._seconds_left():
            return False
        self._clock.sleep(wait)
        return True

    def _seconds_left(self) -> float:
        return max((self._deadline - self._clock.now()).total_seconds(), 0.0)


def _is_too_old(error: LineError) -> bool:
    return error.outcome.detail == "http_400" and b"CursorTooOld" in error.body


def _us(moment: datetime) -> int:
    return int(moment.timestamp()) * 10**6 + moment.microsecond


def _moment(us: int) -> str:
    return datetime.fromtimestamp(us / 10**6, UTC).isoformat(timespec="minutes")
