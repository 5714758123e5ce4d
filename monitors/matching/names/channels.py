"""What is searched: the letters of a batch without anything between them, each with its place in the batch."""

from dataclasses import dataclass

import numpy as np

from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch, to_text
from monitors.matching.names.tables import Places, load_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A reading of a batch. ``places[i]`` is the index into ``batch.codes`` that letter ``i`` comes from."""

    text: str
    places: Places


def letters_of(batch: Batch) -> Channel:
    """Give the bare letters of a batch: no accents, no spaces, signs or pictures; the walls stay."""
    places = np.flatnonzero(batch.kinds >= Kind.WALL).astype(np.int32)
    return Channel(text=to_text(load_tables().bare[batch.codes[places]]), places=places)
