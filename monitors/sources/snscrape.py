"""Telegram channels and Weibo users by snscrape, through its own Python API and over our own requester: optional.

The project's owner named it. Its last release is of 2023-06; on Python before 3.12 these two modules still work. Ours
are the default and see more: of a Telegram post snscrape gives no photo, video, forward, poll or search, and it stops
where a page has no link to older ones; of Weibo it has no search. Its posts have ids of their own, so that asking both
for one channel gives two posts: name it in one place only.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Media, Post, Query, Raw
from monitors.sources import telegram, weibo
from monitors.sources.abilities import Abilities
from monitors.sources.dates import CHINA, read_date
from monitors.sources.html import absolute, unique, unique_media
from monitors.sources.requester import Fetched, Named, Requester
from monitors.sources.requests_adapter import RequesterAdapter, led_through
from monitors.sources.timelines import Entry, Mac, Page, Reach, Timelines, Wanted
from monitors.sources.weibo_posts import said_by

NAME = "snscrape"
ITEMS = 20
"""Taken from it at a time."""
REACH = Reach(first=3, back=20, run=20)
ABILITIES = Abilities(canary=Query(channels=("telegram",)), unseen=("snscrape_media",))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """One of its modules: how a scraper is made, what an item is as a post, what an answer says of itself."""

    open: Callable[[str], Any]
    read: Callable[[Any, str, Fetched], Entry]
    judge: Callable[[Fetched], FetchOutcome]
    named: Named


class SnscrapeSource:
    """Channels and users by name and by number; nothing is asked where snscrape is not installed, and that is said."""

    def __init__(self, channels: Sequence[str], weibo_users: Sequence[str], requester: Requester, *, mac: Mac) -> None:
        self._channels, self._requester, self._mac = telegram.names_of(channels), requester, mac
        self._users = tuple(user for user in weibo_users if user.isdecimal())
        requester.slow_down(telegram.HOST, telegram.INTERVAL)
        requester.slow_down(weibo.HOST, weibo.INTERVAL)

    @property
    def name(self) -> str:
        """Both platforms are one source."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:
        """Give what is new of each channel and user, the oldest first."""
        modules = _modules()
        if modules is None:
            outcome = FetchOutcome(kind=FetchKind.BROKEN, detail="not_installed")
            yield Delta(posts=(), cursor=cursor, outcome=outcome)
            return
        channels = telegram.names_of([*self._channels, *(channel for query in plan for channel in query.channels)])
        timelines = Timelines(NAME, cursor, self._mac)
        # One after the other: what one platform refuses says nothing of the other.
        for kind, names in (("telegram", channels), ("weibo", self._users)):
            yield from timelines.round(
                [
                    Wanted(kind=kind, name=name, ask=self._asking(modules[kind], name, deadline), reach=REACH)
                    for name in names
                ]
            )

    def _asking(self, module: _Module, name: str, deadline: datetime) -> Callable[[str], Page]:
        adapter = RequesterAdapter(self._requester, accept="*/*", deadline=deadline, named=module.named)
        items: Iterator[Any] = iter(())

        def ask(before: str) -> Page:
            nonlocal items
            if not before or adapter.last is None:  # also where a gap of another run is gone on with
                scraper = module.open(name)
                led_through(scraper._session, adapter)  # noqa: SLF001 - the one way to lead it; nothing of its own is changed
                items = scraper.get_items()
            return _page(items, lambda item, last: module.read(item, name, last), adapter, module.judge)

        return ask


def _page(
    items: Iterator[Any],
    read: Callable[[Any, Fetched], Entry],
    adapter: RequesterAdapter,
    judge: Callable[[Fetched], FetchOutcome],
) -> Page:
    entries: list[Entry] = []
    try:
        entries.extend(read(item, _last(adapter)) for item in islice(items, ITEMS))
    except Exception as error:  # noqa: BLE001 - whatever it raises stands for what the last answer was
        return Page(outcome=_failed(adapter.last, judge, type(error).__name__))
    if not entries and adapter.last is not None:
        return Page(outcome=judge(adapter.last) if adapter.last.is_ok else adapter.last.outcome)
    onward = "more" if len(entries) == ITEMS else ""
    return Page(outcome=FetchOutcome(kind=FetchKind.OK), entries=tuple(entries), onward=onward)


def _last(adapter: RequesterAdapter) -> Fetched:
    if adapter.last is None:
        raise LookupError("an item before any answer")
    return adapter.last


def _failed(last: Fetched | None, judge: Callable[[Fetched], FetchOutcome], error: str) -> FetchOutcome:
    if last is None:
        return FetchOutcome(kind=FetchKind.BROKEN, detail=error)
    if not last.is_ok:
        return last.outcome
    judged = judge(last)
    is_fine = judged.kind is FetchKind.OK
    return FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail=error) if is_fine else judged


def _modules() -> dict[str, _Module] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of the way it finds its modules, gone in Python 3.12
            from snscrape.modules.telegram import TelegramChannelScraper
            from snscrape.modules.weibo import WeiboUserScraper
    except (ImportError, AttributeError):
        return None
    # It writes the addresses it asks for into its log.
    logging.getLogger("snscrape").setLevel(logging.CRITICAL + 1)
    return {
        "telegram": _Module(
            open=lambda name: TelegramChannelScraper(name, retries=0),
            read=_channel_post,
            judge=_shown,
            named=Named.BY_CRAWLING,
        ),
        "weibo": _Module(
            open=lambda name: WeiboUserScraper(int(name), retries=0),
            read=_user_post,
            judge=lambda last: said_by(last.content, last.media_type),
            named=Named.BY_SOMEBODY,
        ),
    }


def _shown(last: Fetched) -> FetchOutcome:
    if "/s/" not in last.url:
        return FetchOutcome(kind=FetchKind.NOT_PUBLIC, detail="no_preview")
    if b"tgme_channel_history" not in last.content:
        return FetchOutcome(kind=FetchKind.SCHEMA_CHANGED, detail="no_messages")
    return FetchOutcome(kind=FetchKind.OK if b"data-post" in last.content else FetchKind.EMPTY)


def _channel_post(item: Any, name: str, fetched: Fetched) -> Entry:
    number = int(item.url.rpartition("/")[2])
    preview = item.linkPreview
    said = (item.content, *((preview.title, preview.description) if preview else ()))
    shown = absolute("https://t.me", preview.image) if preview and preview.image else None
    raw = _raw(fetched, f"https://t.me/s/{name}#{NAME}")
    post = Post(
        id=f"{NAME}:telegram/{name}/{number}",
        url=item.url.replace("/s/", "/"),
        text="\n".join(unique(said)),
        author=name,
        media=(Media(url=shown),) if shown else (),
        links=unique([*item.outlinks, preview.href if preview else None]),
        published_at=read_date(item.date.isoformat(), now=fetched.fetched_at),
        fetched_at=fetched.fetched_at,
        raw_sha256=raw.sha256,
    )
    return Entry(key=number, item=post, raw=raw)


def _user_post(item: Any, name: str, fetched: Fetched) -> Entry:
    raw = _raw(fetched, f"https://m.weibo.cn/u/{name}#{NAME}")
    pictures = [Media(url=url) for url in item.pictures or () if url]
    film = [Media(url=item.video, kind="video")] if item.video else []
    original = item.repostedPost
    post = Post(
        id=f"{NAME}:weibo/{item.id}",
        url=item.url,
        text="\n".join(unique([item.text, original.text if original else None])),
        author=name,
        author_name=item.user.screenname if item.user else "",
        media=unique_media([*pictures, *film]),
        links=unique([item.link]),
        published_at=read_date(item.createdAt, now=fetched.fetched_at, zone=CHINA),
        fetched_at=fetched.fetched_at,
        raw_sha256=raw.sha256,
    )
    return Entry(key=int(item.id), item=post, raw=raw)


def _raw(fetched: Fetched, url: str) -> Raw:
    # It gives no bytes of a post: the page it was read from is what there is.
    return Raw.of(fetched.content, url=url, media_type=fetched.media_type or "text/html", fetched_at=fetched.fetched_at)
