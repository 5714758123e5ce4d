"""What sources are asked, for everyone at once."""

import re
from collections.abc import Iterable, Sequence

from monitors.records import Query, WatchProfile

NO_TAG = re.compile(r"[^\w]+")
"""What a hashtag cannot hold on any platform we ask."""


def plan_queries(profiles: Sequence[WatchProfile]) -> tuple[Query, ...]:
    """Give one query with the names, tags and handles of all profiles, sorted, so that none says whose they are.

    Empty profiles give one empty query: a feed is read whole, whatever is asked.
    """
    names = [name for profile in profiles for name in (*profile.names, *profile.aliases)]
    handles = [handle.lstrip("@") for profile in profiles for handle in profile.handles]
    return (
        Query(words=_sorted(names), tags=_sorted(NO_TAG.sub("", name) for name in names), handles=_sorted(handles)),
    )


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
