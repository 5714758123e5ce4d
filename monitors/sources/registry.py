"""Every source of this installation, by name: a new platform is one line here."""

from collections.abc import Mapping

from monitors.settings import Settings
from monitors.sources import bluesky, mastodon, rss
from monitors.sources.abilities import Abilities
from monitors.sources.bluesky import BlueskySource, network_of
from monitors.sources.mastodon import Mac, MastodonSource
from monitors.sources.requester import Requester
from monitors.sources.rss import RssSource
from monitors.sources.source import Source

ABILITIES: Mapping[str, Abilities] = {
    rss.NAME: rss.ABILITIES,
    mastodon.NAME: mastodon.ABILITIES,
    bluesky.NAME: bluesky.ABILITIES,
}
"""What each source can be asked, by its name: the planner reads nothing else of a source."""


def abilities_of(source: str) -> Abilities:
    """Give what a source can be asked; one that is not named (a file, a test's own) gets everything in one query."""
    return ABILITIES.get(source, Abilities())


def open_sources(settings: Settings, requester: Requester, mac: Mac) -> Mapping[str, Source]:
    """Give the sources that a run may ask; opening one asks nothing."""
    sources: tuple[Source, ...] = (
        RssSource(settings.feeds, requester),
        MastodonSource(settings.mastodon_servers, requester, mac=mac),
        BlueskySource(network_of(settings), requester, mac=mac),
    )
    return {source.name: source for source in sources}
