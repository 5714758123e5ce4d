"""Reading timelines that platforms give newest first: nothing is skipped, nothing comes twice, wherever it stops.

A walk goes from the newest page back to what is known already, then gives what it found, the oldest first. Where it
cannot go back all the way (the deadline, a failure, the pages of one run), the rest is remembered as a gap and is
walked another time; only what is too far back is given up, and that is told.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Post, Raw, Rejected
from monitors.sources.places import Gap, Place, few, read_cursor, write_cursor

POSTS_A_DELTA = 50
SAMPLE = 20_000
"""Bytes kept of an answer that nobody can read: enough to see its shape, and little where every poll brings one."""
EMPTY_IN_A_ROW = 3
"""Pages without posts, such as those of advertisements alone, after which a timeline has ended."""
MORE, TOO_FAR = "more_next_time", "too_far_back"
"""Details of what one timeline has left over; the next one may be asked all the same."""
FATAL = frozenset(
    {
        FetchKind.LIMITED,
        FetchKind.UNREACHABLE,
        FetchKind.BLOCKED,
        FetchKind.CAPTCHA,
        FetchKind.LOGIN_NEEDED,
        FetchKind.BUDGET_SPENT,
    }
)
"""Ends that hold for the whole platform: asking it for the next timeline would only make it worse."""

Mac = Callable[[str], str]
"""A keyed hash: the cursor must not tell what is asked for, not even to who can guess it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing of a page. ``key`` grows with time; ``last`` is the highest number it takes up (an album: several).

    ``item`` is None for what takes up a number and says nothing, such as the news that a channel has a new picture.
    """

    key: int
    item: Post | Rejected | None
    raw: Raw | None = None
    last: int = 0

    @property
    def end(self) -> int:
        """The highest number it takes up."""
        return max(self.key, self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page in the platform's order, the newest first. ``onward`` asks for the next older one; empty: there is none.

    ``is_ordered``: whether what comes after an old post is older still, pinned posts at the top aside. ``may_repeat``:
    whether pages overlap on purpose. ``rejected`` is what does not even say which post it is.
    """

    outcome: FetchOutcome
    entries: tuple[Entry, ...] = ()
    onward: str = ""
    is_ordered: bool = True
    may_repeat: bool = False
    rejected: tuple[Rejected, ...] = ()


def changed(content: bytes, *, place: str, detail: str, rejected: tuple[Rejected, ...] = ()) -> Page:
    """Give the page of an answer whose shape is not known: its beginning is kept, for a person to see what changed."""
    sample = Rejected(content=content[:SAMPLE], place=place, reason=detail)
    return Page(outcome=FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail=detail), rejected=rejected or (sample,))


Ask = Callable[[str], Page]
"""Gives a page; asked with the empty text, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many pages are read: at first sight, at most to catch up with what is known, and in one run."""

    first: int = 3
    back: int = 100
    run: int = 20
    is_numbered: bool = False
    """Whether keys are consecutive numbers, so that a missing one is a post that nobody can see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One timeline: what kind it is, what it is called (never in a log, nor as it is in a cursor), how to ask for it.

    ``finish`` completes each entry that is new. ``words`` are what a search has in it: another search with the same
    words begins where the last ones ended, however the planner put them together.
    """

    kind: str
    name: str
    ask: Ask
    reach: Reach
    finish: Callable[[Entry], Entry] = lambda entry: entry
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class _Walk:
    """What one walk found, by key; what it left; how it ended badly."""

    found: dict[int, Entry] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    rest: Gap | None = None
    failure: FetchOutcome | None = None
    pages: int = 0
    is_ordered: bool = True
    rejected: list[Rejected] = field(default_factory=list)


class Timelines:
    """The places of one source's timelines in one run."""

    def __init__(self, source: str, cursor: Cursor | None, mac: Mac) -> None:
        self._source, self._mac = source, mac
        self._places, self._turn = read_cursor(cursor)
        self._first, self._after, self._is_over = "", "", False

    @property
    def cursor(self) -> Cursor | None:
        """The places so far."""
        return write_cursor(self._source, self._places, self._turn)

    def round(self, wanted: Sequence[Wanted]) -> Iterator[Delta]:
        """Give what is new in each timeline, until the platform as a whole says no.

        A timeline that failed ends in a delta without posts. Where nothing failed and nothing came, one delta says so.
        The next round begins where time ran out, else after the one that was refused: that must not starve the others.
        """
        failed = received = False
        in_turn = self._from_turn(wanted)
        for one, after in zip(in_turn, [*in_turn[1:], *in_turn[:1]], strict=True):
            self._after = self._key(after.kind, after.name)
            for delta in self._follow(one):
                failed = failed or delta.outcome.kind is not FetchKind.OK
                received = received or delta.outcome.kind is FetchKind.OK
                yield delta
            if self._is_over:
                return
        if wanted and not (failed or received):
            yield Delta(posts=(), cursor=self.cursor, outcome=FetchOutcome(kind=FetchKind.EMPTY))

    def is_known(self, kind: str, name: str) -> bool:
        """Whether this timeline was looked at before."""
        return self._key(kind, name) in self._places

    def newest(self, one: Wanted) -> int:
        """The highest key known of a timeline; 0 where there is none."""
        self._begin(one)
        return self._places.get(self._key(one.kind, one.name), Place()).newest

    def _from_turn(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        keys = [self._key(one.kind, one.name) for one in wanted]
        start = keys.index(self._turn) if self._turn in keys else 0
        self._turn, self._first, self._is_over = "", keys[0] if keys else "", False
        return [*wanted[start:], *wanted[:start]]

    def _follow(self, one: Wanted) -> Iterator[Delta]:
        key = self._key(one.kind, one.name)
        part = f"{one.kind}-{key[:8]}"
        self._begin(one)
        place = self._places.get(key, Place())
        left = one.reach.back if key in self._places else one.reach.first
        for gap in (Gap(before="", floor=place.newest, left=left), *place.gaps):
            walk = _walk(one.ask, gap, one.reach)
            walk.found = {found: one.finish(entry) for found, entry in walk.found.items()}
            yield from self._give(one, part, gap, walk)
            if walk.failure is not None:
                self._is_over = walk.failure.kind in FATAL and walk.failure.detail not in {MORE, TOO_FAR}
                turn = key if walk.failure.kind is FetchKind.BUDGET_SPENT else self._after
                self._turn = turn if self._is_over and turn != self._first else ""
                outcome = replace(walk.failure, part=part)
                yield Delta(posts=(), cursor=self.cursor, outcome=outcome, rejected=tuple(walk.rejected))
                return

    def _begin(self, one: Wanted) -> None:
        """Let a search that is put together anew begin where the last of its words ended, if all of them are known."""
        key, shared = self._key(one.kind, one.name), self._shared(one)
        if key not in self._places and shared and all(word in self._places for word in shared):
            self._places[key] = Place(newest=min(self._places[word].newest for word in shared))

    def _share(self, one: Wanted) -> None:
        newest = self.newest(one)
        for word in self._shared(one):
            known = self._places.pop(word, Place())
            self._places[word] = Place(newest=max(known.newest, newest))

    def _shared(self, one: Wanted) -> list[str]:
        return [self._key(f"word of {one.kind}", word) for word in one.words]

    def _give(self, one: Wanted, part: str, gap: Gap, walk: _Walk) -> Iterator[Delta]:
        is_given_up = walk.failure is not None and walk.failure.detail == TOO_FAR
        if not (walk.pages or is_given_up):
            return
        entries = [walk.found[found] for found in sorted(walk.found)]
        holes = _holes(entries, gap.floor) if one.reach.is_numbered else 0
        for start in range(0, len(entries), POSTS_A_DELTA):
            chunk = entries[start : start + POSTS_A_DELTA]
            is_last = start + POSTS_A_DELTA >= len(entries)
            self._move(one, gap, walk, chunk[-1].end, is_last=is_last)
            detail = f"missing={holes}" if holes and is_last else ""
            delta = _delta(chunk, self.cursor, FetchOutcome(kind=FetchKind.OK, detail=detail, part=part))
            yield replace(delta, rejected=(*delta.rejected, *walk.rejected)) if is_last else delta
        if not entries:
            self._move(one, gap, walk, gap.floor, is_last=True)

    def _move(self, one: Wanted, gap: Gap, walk: _Walk, to: int, *, is_last: bool) -> None:
        key = self._key(one.kind, one.name)
        place = self._places.get(key, Place())
        is_new = not gap.before
        # A gap is cut short from below as its posts are given; the page it begins at stays the same.
        gaps = [kept for kept in place.gaps if is_new or (kept.before, kept.top) != (gap.before, gap.top)]
        if walk.rest is not None and walk.rest not in gaps:
            gaps.append(walk.rest)
        if not (is_new or is_last):
            gaps.append(replace(gap, floor=to))
        self._places.pop(key, None)  # what was looked at last stands last
        self._places[key] = Place(newest=max(place.newest, to if is_new else 0), gaps=few(gaps))
        if is_new and is_last and walk.failure is None:
            self._share(one)

    def _key(self, kind: str, name: str) -> str:
        return self._mac(f"{kind} {name}")[:24]


def _walk(ask: Ask, gap: Gap, reach: Reach) -> _Walk:
    walk, token, empty = _Walk(), gap.before, 0
    while True:
        page = ask(token)
        walk.rejected += page.rejected
        if page.outcome.kind not in {FetchKind.OK, FetchKind.EMPTY}:
            return _stopped(walk, gap, token, page.outcome)
        walk.pages += 1
        walk.is_ordered = walk.is_ordered and page.is_ordered
        keys = {entry.key for entry in page.entries}
        if keys and keys <= walk.seen and not page.may_repeat:
            walk.failure = FetchOutcome(kind=FetchKind.BROKEN, detail="no_progress")
            return walk
        walk.seen |= keys
        fresh = [entry for entry in page.entries if gap.floor < entry.key < gap.top]
        walk.found |= {entry.key: entry for entry in fresh}
        empty = 0 if keys else empty + 1
        if not page.onward or empty == EMPTY_IN_A_ROW or _reaches(page, gap.floor, fresh):
            return walk
        token = page.onward
        if walk.pages >= gap.left:
            # What lies before the first look is history; what lies after it was missed.
            walk.failure = FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail=TOO_FAR) if gap.floor else None
            return walk
        if walk.pages >= reach.run:
            return _stopped(walk, gap, token, FetchOutcome(kind=FetchKind.BUDGET_SPENT, detail=MORE))


def _stopped(walk: _Walk, gap: Gap, token: str, failure: FetchOutcome) -> _Walk:
    walk.failure = failure
    if walk.pages and failure.detail != TOO_FAR:
        top = min(walk.found, default=gap.top) if walk.is_ordered else gap.top
        walk.rest = Gap(before=token, floor=gap.floor, left=gap.left - walk.pages, top=top)
    return walk


def _reaches(page: Page, floor: int, fresh: Sequence[Entry]) -> bool:
    if not page.entries:
        return False
    return page.entries[-1].key <= floor if page.is_ordered else not fresh


def _holes(entries: Sequence[Entry], floor: int) -> int:
    """Count the numbers that nothing takes up, after the floor where there is one."""
    at, missing = floor, 0
    for entry in entries:
        missing += max(entry.key - at - 1, 0) if at else 0
        at = max(at, entry.end)
    return missing


def _delta(entries: Sequence[Entry], cursor: Cursor | None, outcome: FetchOutcome) -> Delta:
    raws = {entry.raw.sha256: entry.raw for entry in entries if entry.raw is not None}
    return Delta(
        posts=tuple(entry.item for entry in entries if isinstance(entry.item, Post)),
        raws=tuple(raws.values()),
        rejected=tuple(entry.item for entry in entries if isinstance(entry.item, Rejected)),
        cursor=cursor,
        outcome=outcome,
    )
