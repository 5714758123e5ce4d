"""Pictures and videos of posts: through the guard, within bounds, in memory and never on disk."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import TypeVar
from urllib.parse import urlsplit

from monitors.errors import SkipPost
from monitors.records import FetchKind, Media
from monitors.sources.requester import Named, Requester

T = TypeVar("T")

LARGEST = 20 * 1024 * 1024
"""Bytes of one file; Mastodon takes pictures up to 16 MB."""
KEPT_BYTES = 64 * 1024 * 1024
LONGEST = timedelta(seconds=30)
DEAD_FOR = timedelta(minutes=10)
"""A host that could not be reached is left alone for so long: one dead host must not stop a whole batch."""
SHOWN_ON = {"sinaimg.cn": "https://weibo.com/"}
"""Hosts that show a picture only to who says on which platform it was found, and what we say: where we found it."""


class MediaFetcher:
    """Fetches media, and keeps what came last for the stage that wants it again. One object a process.

    ``ways`` are other requesters for hosts that end so, such as those behind the proxy of their platform.
    """

    def __init__(self, requester: Requester, ways: Mapping[str, Requester] | None = None) -> None:
        self._requester, self._ways = requester, dict(ways or {})
        self._addresses: dict[str, str] = {}
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._dead: dict[str, datetime] = {}
        self._lock = Lock()

    def get(self, media: Media) -> bytes:
        """Give a file's bytes as they are now. Raises SkipPost with the id of what stood in the way.

        The ids: ``too_large``, ``encoding``, ``robots``, ``refused_…`` of the guard, or the kind of the fetch outcome.
        """
        kept = self._kept(media)
        if kept is not None:
            return kept
        content = self._fetch(media.url)
        self._keep(media.url, content)
        return content

    def _fetch(self, url: str) -> bytes:
        host, now = _host(url), self._requester.clock.now()
        if self._dead.get(host, now) > now:
            raise SkipPost(FetchKind.UNREACHABLE.value)
        referer = _by_ending(SHOWN_ON, host)
        fetched = (_by_ending(self._ways, host) or self._requester).get(
            url,
            deadline=now + LONGEST,
            named=Named.BY_A_POST,
            accept="image/*, video/*;q=0.9",
            headers={"Referer": referer} if referer else {},
            cap=LARGEST,
        )
        if fetched.outcome.kind is FetchKind.UNREACHABLE:
            self._dead[host] = self._requester.clock.now() + DEAD_FOR
        if not fetched.is_ok:
            detail = fetched.outcome.detail
            says_more = detail in {"too_large", "encoding", "robots"} or detail.startswith("refused_")
            raise SkipPost(detail if says_more else fetched.outcome.kind.value)
        return fetched.content

    def _kept(self, media: Media) -> bytes | None:
        with self._lock:
            key = media.sha256 or self._addresses.get(media.url, "")
            if key not in self._contents:
                return None
            self._contents.move_to_end(key)
            return self._contents[key]

    def _keep(self, url: str, content: bytes) -> None:
        key = sha256(content).hexdigest()
        with self._lock:
            self._contents[key] = content
            self._addresses[url] = key
            while sum(map(len, self._contents.values())) > KEPT_BYTES:
                self._contents.popitem(last=False)
            if len(self._addresses) > 10 * len(self._contents) + 1_000:
                self._addresses = {url: key for url, key in self._addresses.items() if key in self._contents}


def _by_ending(known: Mapping[str, T], host: str) -> T | None:
    name = host.partition(":")[0]
    return next((found for ending, found in known.items() if name == ending or name.endswith(f".{ending}")), None)


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""  # the guard refuses it
