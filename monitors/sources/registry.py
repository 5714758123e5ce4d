"""Every source of this installation, by name: a new platform is one line here."""

import ssl
from collections.abc import Iterable, Mapping

from monitors.errors import BadInputError
from monitors.settings import Settings
from monitors.sources import bluesky, mastodon, reddit, rss, rsshub, snscrape, telegram, weibo, x
from monitors.sources.abilities import Abilities
from monitors.sources.bluesky import BlueskySource, network_of
from monitors.sources.budgets import Budget
from monitors.sources.line import Proxy
from monitors.sources.mastodon import Mac, MastodonSource
from monitors.sources.reddit import RedditSource
from monitors.sources.requester import Requester
from monitors.sources.rss import RssSource
from monitors.sources.rsshub import RsshubSource, own_host
from monitors.sources.snscrape import SnscrapeSource
from monitors.sources.source import Source
from monitors.sources.telegram import TelegramSource
from monitors.sources.weibo import WeiboSource
from monitors.sources.x import XSource

ABILITIES: Mapping[str, Abilities] = {
    "rss": rss.ABILITIES,
    "mastodon": mastodon.ABILITIES,
    "telegram": telegram.ABILITIES,
    "rsshub": rsshub.ABILITIES,
    "weibo": weibo.ABILITIES,
    "x": x.ABILITIES,
    "reddit": reddit.ABILITIES,
    "snscrape": snscrape.ABILITIES,
    "bluesky": bluesky.ABILITIES,
}
"""What each source can be asked, by its name: the planner reads nothing else of a source."""

DAILY_REQUESTS: Mapping[str, int] = {"weibo": 1_000, "x": 2_000, "reddit": 10_000, "telegram": 10_000}
"""Most requests of a source in a day where the operator set no number: twice of what an hourly plan needs."""
ANY_SOURCE = 50_000

MEDIA_OF: Mapping[str, str] = {
    "telesco.pe": "telegram",
    "telegram-cdn.org": "telegram",
    "twimg.com": "x",
    "redd.it": "reddit",
    "redditmedia.com": "reddit",
    "bsky.app": "bluesky",
}
"""Where platforms keep pictures: what needs a proxy to be read needs it to be seen."""

STREAMS = frozenset({bluesky.NAME})
"""Sources that bring everybody's posts."""


def abilities_of(source: str) -> Abilities:
    """Give what a source can be asked; one that is not named (a file, a test's own) gets everything in one query."""
    return ABILITIES.get(source, Abilities())


def open_sources(settings: Settings, requester: Requester, mac: Mac) -> Mapping[str, Source]:
    """Give the sources that a run may ask; opening one asks nothing.

    Raises BadInputError for a proxy that is none, and for a setting that names a source there is not.
    """
    _check_names("SHOUWANG_PROXIES", settings.proxies)
    _check_names("SHOUWANG_DAILY_REQUESTS", settings.daily_requests)

    def asking(name: str, *, own: str = "") -> Requester:
        return requester_for(name, settings, requester, own=own)

    sources: tuple[Source, ...] = (
        RssSource(settings.feeds, asking("rss")),
        MastodonSource(settings.mastodon_servers, asking("mastodon"), mac=mac),
        TelegramSource(settings.telegram_channels, asking("telegram"), mac=mac),
        RsshubSource(
            settings.rsshub_url,
            settings.rsshub_routes,
            asking("rsshub", own=own_host(settings.rsshub_url) if settings.rsshub_url else ""),
            mac=mac,
        ),
        WeiboSource(settings.weibo_cookie.get_secret_value(), settings.weibo_users, asking("weibo"), mac=mac),
        XSource(settings.x_bearer_token.get_secret_value(), settings.x_posts_a_month, asking("x"), mac=mac),
        RedditSource(
            settings.reddit_client_id,
            settings.reddit_client_secret.get_secret_value(),
            settings.reddit_subreddits,
            asking("reddit"),
            mac=mac,
        ),
        SnscrapeSource(settings.snscrape_channels, settings.snscrape_weibo_users, asking("snscrape"), mac=mac),
        BlueskySource(network_of(settings), asking("bluesky"), mac=mac),
    )
    return {source.name: source for source in sources}


def _check_names(setting: str, named: Iterable[str]) -> None:
    unknown = next((name for name in named if name not in ABILITIES), None)
    if unknown is not None:
        raise BadInputError(f"{unknown} is none of: {' '.join(sorted(ABILITIES))}", field=setting)


def requester_for(name: str, settings: Settings, requester: Requester, *, own: str = "") -> Requester:
    """Give what one source asks through: its proxy, its budget of the day, and a host that is the operator's own."""
    proxy = settings.proxies.get(name)
    most = settings.daily_requests.get(name, DAILY_REQUESTS.get(name, ANY_SOURCE))
    return requester.limited(
        proxy=Proxy.read(proxy) if proxy else None, budget=Budget(name=f"{name}-requests", most=most), own_host=own
    )


def media_ways(settings: Settings, requester: Requester) -> Mapping[str, Requester]:
    """Give what pictures of a platform are asked through, by the end of their host, where it has a proxy."""
    return {
        ending: requester.limited(proxy=Proxy.read(settings.proxies[name]))
        for ending, name in MEDIA_OF.items()
        if name in settings.proxies
    }


def trusted(settings: Settings) -> ssl.SSLContext | None:
    """Give what the operator wants trusted instead of the usual authorities. Raises BadInputError where it is no file."""
    if settings.ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BadInputError("is no file of certificates", field="SHOUWANG_CA_FILE") from error
