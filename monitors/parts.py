"""The wired parts a run works with; ``monitors/app.py`` puts them together from the settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitors.alerts.desk import Desk
from monitors.evidence.seal import Sealer
from monitors.ledger.engine import Ledger
from monitors.matching.matcher import Matcher
from monitors.pictures import GetMedia
from monitors.profiles.vault import Vault
from monitors.records import Hit, WatchProfile
from monitors.scoring.scorer import Scorer
from monitors.settings import Settings
from monitors.sources.pace import Clock
from monitors.sources.requester import Requester
from monitors.sources.source import Source
from monitors.sources.spool import Spool
from search.index import Index


class KeptMatchers:
    """The matchers made last: a run has many batches, and thousands of names are built once."""

    def __init__(self) -> None:
        self._profiles: tuple[WatchProfile, ...] = ()
        self._matchers: tuple[Matcher, ...] = ()

    def of(self, profiles: tuple[WatchProfile, ...], now: datetime) -> tuple[Matcher, ...]:
        """Give the matchers of these profiles, which are the active ones with what they allow at this moment."""
        from monitors.matching.images.matcher import PhotoMatcher
        from monitors.matching.names.matcher import NameMatcher

        if not self._matchers or profiles != self._profiles:
            self._profiles = profiles
            self._matchers = (NameMatcher(profiles, now=now), PhotoMatcher(profiles, now=now))
        return self._matchers


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
    kept_matchers: KeptMatchers = field(default_factory=KeptMatchers)
    more_matchers: tuple[Matcher, ...] = ()
    asked_for: str | None = None
    """A profile's id: sources are asked for that one only. What they answer is matched for everyone."""

    def deadline(self) -> datetime:
        """When a source that is asked now has to be through."""
        return self.clock.now() + timedelta(seconds=self.settings.fetch_seconds)

    def matchers(self, profiles: tuple[WatchProfile, ...]) -> tuple[Matcher, ...]:
        """Give the matchers of these profiles."""
        return (*self.kept_matchers.of(profiles, self.clock.now()), *self.more_matchers)

    def pseudonym(self, hit: Hit) -> str:
        """Give what stands for the writer in search stores: keyed per profile, so that no two can be joined."""
        return self.vault.pseudonym(hit.profile_id, hit.post.author) if hit.post.author else ""
