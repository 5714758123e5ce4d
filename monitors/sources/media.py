"""Pictures of posts, fetched through the one door into memory and nowhere else."""

from collections import OrderedDict
from datetime import timedelta

from monitors.errors import SkipPost
from monitors.records import Media
from monitors.sources.requester import Named, Requester

LARGEST = 20 * 1024 * 1024
"""Bytes of one picture; the decoder refuses larger ones anyway."""
KEPT_BYTES = 64 * 1024 * 1024
"""Of all pictures remembered: what a run needs twice, to compare and then to seal."""
LONGEST = timedelta(seconds=60)


class MediaFetcher:
    """Fetches pictures and remembers the last ones for a while, in memory."""

    def __init__(self, requester: Requester) -> None:
        self._requester = requester
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, media: Media) -> bytes:
        """Give a picture's bytes. Raises SkipPost with the fetch outcome's id when it cannot be had."""
        if media.url not in self._kept:
            self._keep(media.url, self._fetch(media.url))
        return self._kept[media.url]

    def _fetch(self, url: str) -> bytes:
        deadline = self._requester.clock.now() + LONGEST
        fetched = self._requester.get(url, deadline=deadline, named=Named.BY_A_POST, accept="image/*", cap=LARGEST)
        if not fetched.is_ok:
            raise SkipPost(fetched.outcome.kind.value)
        return fetched.content

    def _keep(self, url: str, content: bytes) -> None:
        self._kept[url] = content
        while sum(map(len, self._kept.values())) > KEPT_BYTES and len(self._kept) > 1:
            self._kept.popitem(last=False)
