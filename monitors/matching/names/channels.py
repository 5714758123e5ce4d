"""What is searched: readings of a batch in which nothing stands between the letters, each with its place in the batch."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from monitors.matching.names.kinds import Kind
from monitors.matching.names.normalise import Batch, to_text
from monitors.matching.names.sound import all_readings
from monitors.matching.names.tables import CODES, WALL, Places, load_tables
from monitors.matching.names.uses import spread

NO_SOUND, WALL_SOUND = "~", "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A reading of a batch. ``places[i]`` is the index into ``batch.codes`` that letter ``i`` comes from."""

    text: str
    places: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounds:
    """Every code point's sound as ASCII: ``flat[starts[c] : starts[c] + lengths[c]]``."""

    flat: NDArray[np.uint8]
    starts: NDArray[np.int32]
    lengths: NDArray[np.uint8]


def letters_of(batch: Batch) -> Channel:
    """Give the bare letters of a batch: no accents, no spaces, signs or pictures; the walls stay."""
    places = np.flatnonzero(batch.kinds >= Kind.WALL).astype(np.int32)
    return Channel(text=to_text(load_tables().bare[batch.codes[places]]), places=places)


def only(channel: Channel, batch: Batch, posts: NDArray[np.bool_]) -> Channel:
    """Give the places of a channel that are in some posts; the text is left out."""
    starts = np.searchsorted(channel.places, batch.starts)
    _, at = spread(starts[:-1][posts], starts[1:][posts])
    return Channel(text="", places=channel.places[at])


def sounds_of(batch: Batch, posts: NDArray[np.bool_]) -> Channel:
    """Give the pinyin of Chinese letters and Latin letters as they are, in ASCII, of some posts.

    Any other letter is ``~``. Letters that come from the same Chinese letter have the same place.
    """
    sounds = load_sounds()
    _, inside = spread(batch.starts[:-1][posts].astype(np.int64), batch.starts[1:][posts].astype(np.int64))
    places = inside[batch.kinds[inside] >= Kind.WALL]
    codes = load_tables().bare[batch.codes[places]]
    lengths = sounds.lengths[codes]
    ends = np.cumsum(lengths, dtype=np.int64)
    first = sounds.starts[codes] - (ends - lengths)
    flat = sounds.flat[np.repeat(first, lengths) + np.arange(ends[-1] if len(ends) else 0)]
    return Channel(text=flat.tobytes().decode("ascii"), places=np.repeat(places, lengths).astype(np.int32))


@cache
def load_sounds() -> Sounds:
    """Give the sound of every code point; about 0.1 s the first time."""
    spelled = {NO_SOUND: 0}
    pieces, at = [NO_SOUND], 1
    starts, lengths = np.zeros(CODES, dtype=np.int32), np.ones(CODES, dtype=np.uint8)
    entries = {chr(code): chr(code) for code in range(128) if chr(code).isalnum()}
    entries |= {char: readings.usual[0] for char, readings in all_readings().items()} | {chr(WALL): WALL_SOUND}
    for char, sound in entries.items():
        if sound not in spelled:
            spelled[sound] = at
            pieces.append(sound)
            at += len(sound)
        starts[ord(char)], lengths[ord(char)] = spelled[sound], len(sound)
    return Sounds(flat=np.frombuffer("".join(pieces).encode(), dtype=np.uint8), starts=starts, lengths=lengths)
