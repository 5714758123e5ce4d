"""Shelves that change: thousands of profiles stay on the main shelf, changed ones stand on a small one beside it.

A changed profile is live as soon as the small shelf is built; when that has grown, both are built into one in the
background.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Thread

from monitors.matching.names.namesakes import Memory
from monitors.matching.names.shelf import Shelf, build_shelf
from monitors.records import WatchProfile

FEW, SHARE = 20, 0.02
"""Profiles that may stand aside at least, and as a share of the main shelf: beyond both they are built into one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """A main shelf, the numbers of its profiles that count no more, and a shelf with what replaced them."""

    main: Shelf
    gone: frozenset[int] = frozenset()
    side: Shelf | None = None

    @property
    def live(self) -> list[tuple[Shelf, frozenset[int]]]:
        """Every shelf with the numbers on it that count no more."""
        return [(self.main, self.gone), *([(self.side, frozenset[int]())] if self.side else [])]

    @property
    def is_lopsided(self) -> bool:
        """Whether so much has changed that one shelf would be better."""
        changed = len(self.gone) + (len(self.side.profiles) if self.side else 0)
        return changed > max(FEW, SHARE * len(self.main.profiles))


class Keeper:
    """Keeps the shelves of a matcher. ``now`` is replaced as a whole, so reading is safe from several threads."""

    def __init__(
        self, profiles: Sequence[WatchProfile], memories: Mapping[str, Memory], *, known: Shelves | None = None
    ) -> None:
        """Build one shelf; with ``known``, only what has changed since, and one of all in the background if need be."""
        self.now = _changed(known, profiles, memories) if known else Shelves(main=build_shelf(profiles, memories))
        self.merging: Thread | None = None
        """Builds one shelf of all while it runs."""
        if self.now.is_lopsided:
            self.merging = Thread(target=self._merge, args=(tuple(profiles), dict(memories)), daemon=True)
            self.merging.start()

    def _merge(self, profiles: Sequence[WatchProfile], memories: Mapping[str, Memory]) -> None:
        self.now = Shelves(main=build_shelf(profiles, memories))


def _changed(known: Shelves, profiles: Sequence[WatchProfile], memories: Mapping[str, Memory]) -> Shelves:
    """Give shelves that hold exactly these profiles, what is unchanged left where it stands."""
    main = known.main
    number_of = {profile.id: number for number, profile in enumerate(main.profiles)}
    kept, new = set(), []
    for profile in profiles:
        number = number_of.get(profile.id)
        if (
            number is not None
            and main.profiles[number] == profile
            and main.memories.get(number) == memories.get(profile.id)
        ):
            kept.add(number)
        else:
            new.append(profile)
    gone = frozenset(range(len(main.profiles))) - kept
    return Shelves(main=main, gone=gone, side=build_shelf(new, memories) if new else None)
