"""Latin names with letters hidden: J*ne Doe. Only the few posts that hold masks are looked at."""

import re
from collections.abc import Iterator
from itertools import pairwise

from monitors.matching.names.candidates import Candidate
from monitors.matching.names.kinds import MASK
from monitors.matching.names.normalise import Batch
from monitors.matching.names.place import Place
from monitors.matching.names.shelf import Shelf
from monitors.matching.names.variants.variant import Rule, Trait
from monitors.records import Method

MASKED = Trait(Rule.MASKED, Method.MASK, 0.0)
_TOKEN = re.compile(rf"[a-z{MASK}'’\-]+")


def masked_names(shelf: Shelf, batch: Batch) -> Iterator[Candidate]:
    """Give the pairs of tokens, one at least with a mask in it, that may be first and last part of a Latin name."""
    if not shelf.latin:
        return
    for post in range(len(batch)):
        text, start = batch.text_of(post), int(batch.starts[post])
        for one, other in pairwise(_TOKEN.finditer(text)):
            if MASK in one.group() + other.group() and other.start() - one.end() == 1:
                places = tuple(range(start + one.start(), start + other.end()))
                for entry in shelf.latin.get((one.group()[0], other.group()[0]), ()):
                    parts = shelf.entries[entry].entry.parts
                    if _hides(one.group(), parts[0]) and _hides(other.group(), parts[-1]):
                        yield Candidate(place=Place(batch=batch, post=post, places=places), trait=MASKED, entry=entry)


def _hides(shown: str, part: str) -> bool:
    """Whether a token is the part with some letters masked, each run of masks one letter or more."""
    return bool(re.fullmatch(re.sub(f"{MASK}+", ".+", re.escape(shown)), part))
