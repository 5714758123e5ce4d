"""All variants of a profile."""

from collections.abc import Iterator

from monitors.matching.names.channels import letters_of
from monitors.matching.names.normalise import read_batch
from monitors.matching.names.variants.variant import Variant
from monitors.records import Method, WatchProfile


def bare_letters(text: str) -> str:
    """Give a name as it is searched: plain, without accents and anything between its letters."""
    return letters_of(read_batch([text])).text[:-1]


def spell_profile(profile: WatchProfile) -> Iterator[Variant]:
    """Give every way to write a profile's names, aliases and handles."""
    for name in (*profile.names, *profile.aliases):
        if pattern := bare_letters(name):
            yield Variant(pattern=pattern, query=name, method=Method.EXACT, strength=4.6)
    for handle in profile.handles:
        if pattern := bare_letters(handle):
            yield Variant(pattern=pattern, query=handle, method=Method.HANDLE, strength=5.3)
