"""The wired parts a run works with; ``monitors/app.py`` puts them together from the settings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitors.alerts.desk import Desk
from monitors.evidence.seal import Sealer
from monitors.ledger import photos as stored_photos
from monitors.ledger import profiles as stored_profiles
from monitors.ledger.engine import Ledger
from monitors.matching.matcher import Matcher
from monitors.pictures import GetMedia, Seek
from monitors.profiles.vault import Vault
from monitors.records import Hit, Scope, WatchProfile
from monitors.scoring.scorer import Scorer
from monitors.settings import Settings
from monitors.sources.pace import Clock
from monitors.sources.requester import Requester
from monitors.sources.source import Source
from monitors.sources.spool import Spool
from search.index import Index

if TYPE_CHECKING:
    from monitors.lessons import Taught
    from monitors.matching.images.faces.encoder import FaceEncoder
    from monitors.matching.names.matcher import NameMatcher
    from monitors.scoring.tuning import Shifts


class KeptMatchers:
    """The matchers made last: a run has many batches, and thousands of names are built once.

    A profile that changed, or was taught something, is spelled again by itself.
    """

    def __init__(self) -> None:
        self._made_of: object = None
        self._names: NameMatcher | None = None
        self._matchers: tuple[Matcher, ...] = ()
        self.taught: Mapping[str, Taught] = {}
        """What the profiles of the matchers were taught."""

    def of(
        self, profiles: tuple[WatchProfile, ...], taught: "Mapping[str, Taught]", now: datetime
    ) -> tuple[Matcher, ...]:
        """Give the matchers of these profiles, which are the active ones with what they allow at this moment."""
        if not self._matchers or self._made_of != (profiles, taught):
            self._names, *others = matchers_of(profiles, taught, now, before=self._names)
            self._matchers = (self._names, *others)
            self._made_of, self.taught = (profiles, taught), taught
        return self._matchers


def matchers_of(
    profiles: Sequence[WatchProfile],
    taught: "Mapping[str, Taught]",
    now: datetime,
    *,
    before: "NameMatcher | None" = None,
) -> "tuple[NameMatcher, Matcher, Matcher]":
    """Give what finds these profiles: by name in texts, by name in pictures, by copies of their photos.

    What was said of namesakes, and of pictures that are not of them, counts.
    """
    from monitors.lessons import memories_of
    from monitors.matching.images.matcher import PhotoMatcher
    from monitors.matching.images.words import WordsInPictures
    from monitors.matching.names.matcher import NameMatcher

    names = NameMatcher(profiles, now=now, memories=memories_of(profiles, taught), before=before)
    not_hers = {one: said.not_hers for one, said in taught.items()}
    return names, WordsInPictures(names, profiles), PhotoMatcher(profiles, now=now, not_hers=not_hers)


def _face_marks(profiles: Sequence[WatchProfile], now: datetime, mac: Callable[[str], str]) -> tuple[Matcher, ...]:
    from monitors.matching.images.faces.marks import FaceMarks

    allowing = [profile for profile in profiles if profile.allows(Scope.FACES, now)]
    return (FaceMarks(allowing, now=now, mac=mac),) if allowing else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a stage needs of the outside; what is heavy is made when it is first asked for."""

    settings: Settings
    ledger: Ledger
    vault: Vault
    spool: Spool
    sources: Mapping[str, Source]
    get_media: GetMedia
    sealer: Sealer
    scorer: Callable[[], Scorer]
    index: Callable[[], Index]
    desk: Desk
    clock: Clock
    requester: Requester
    face_encoder: "Callable[[], FaceEncoder | None]" = lambda: None
    kept_matchers: KeptMatchers = field(default_factory=KeptMatchers)
    more_matchers: tuple[Matcher, ...] = ()
    asked_for: str | None = None
    """A profile's id: sources are asked for that one only. What they answer is matched for everyone."""

    def deadline(self) -> datetime:
        """When a source that is asked now has to be through."""
        return self.clock.now() + timedelta(seconds=self.settings.fetch_seconds)

    def matchers(self, profiles: tuple[WatchProfile, ...]) -> tuple[Matcher, ...]:
        """Give the matchers of these profiles, with all that was said of their hits up to now."""
        kept = self.kept_matchers
        now = self.clock.now()
        known = kept.of(profiles, self.taught(profiles, known=kept.taught), now)
        return (*known, *_face_marks(profiles, now, self.face_mac), *self.more_matchers)

    def seek_faces(self, profiles: Sequence[WatchProfile]) -> Seek | None:
        """Give what marks pictures with the faces of those who allow it; None where the operator named no model."""
        from monitors.faces import seeker

        return seeker(profiles, self.settings, self.face_encoder(), self.face_mac, self.clock.now())

    def face_mac(self, text: str) -> str:
        """Give the keyed hash by which a mark says whose face a picture may show."""
        return self.vault.mac("face", text)

    def taught(
        self, profiles: Sequence[WatchProfile], *, known: "Mapping[str, Taught] | None" = None
    ) -> "dict[str, Taught]":
        """Give what verdicts teach of these profiles; ``known`` is what was read before."""
        from monitors.lessons import read_taught

        with self.ledger.reading() as ledger:
            return read_taught(ledger, self.vault, [profile.id for profile in profiles], known=known or {})

    def open_profile(self, profile_id: str) -> WatchProfile | None:
        """Give a profile with all that is stored of its photos, None when it is gone."""
        with self.ledger.reading() as ledger:
            profile = stored_profiles.get(ledger, self.vault, profile_id)
            return profile and stored_photos.whole(ledger, self.vault, profile)

    def shifts(self, found: Iterable[Hit]) -> "dict[str, Shifts]":
        """Give how far verdicts move the thresholds of the profiles of these hits."""
        from monitors.lessons import read_shifts

        with self.ledger.reading() as ledger:
            return read_shifts(ledger, self.vault, {hit.profile_id for hit in found})

    def pseudonym(self, hit: Hit) -> str:
        """Give what stands for the writer in search stores: keyed per profile, so that no two can be joined."""
        return self.vault.pseudonym(hit.profile_id, hit.post.author) if hit.post.author else ""
