"""From the people who are protected to what sources are asked: the same for everyone, and for nobody by name."""

import re
from collections.abc import Iterable, Sequence

from monitors.records import Query, WatchProfile

_NO_TAG = re.compile(r"[\W_]+")
SHORTEST_LATIN_TAG = 4
"""Letters. Initials such as ``lxy`` are the tag of a thousand other things; in Chinese two characters are a name."""


def plan_queries(profiles: Sequence[WatchProfile]) -> tuple[Query, ...]:
    """Give what to ask: one query with every name, tag and handle once, in an order that says nothing of whose.

    Nothing to look for gives no query. Sources match nothing: what they bring is compared with everyone.
    """
    words = _sorted(word for profile in profiles for word in (*profile.names, *profile.aliases))
    handles = _sorted(handle.lstrip("@") for profile in profiles for handle in profile.handles)
    tags = _sorted(filter(_is_telling, map(_tag, words)))
    return (Query(words=words, handles=handles, tags=tags),) if words or handles else ()


def _sorted(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({item.strip() for item in items} - {""}))


def _tag(word: str) -> str:
    # Platforms join the words of a tag: "Lin Xiaoyue" is #LinXiaoyue. Case does not matter to them.
    return _NO_TAG.sub("", word)


def _is_telling(tag: str) -> bool:
    return len(tag) >= (SHORTEST_LATIN_TAG if tag.isascii() else 2) and not tag.isdigit()
