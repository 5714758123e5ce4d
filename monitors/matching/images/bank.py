"""The hashes of many reference photos, and the best match of a picture with each of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from monitors.matching.images.fingerprint import PDQ, PDQ_VERSION, PHASH, PHASH_VERSION
from monitors.matching.images.hashes import HashTable
from monitors.matching.images.verdicts import MIN_QUALITY, PDQ_CLOSENESS, PHASH_CLOSENESS, Closeness
from monitors.records import Fingerprint, Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A photo that a picture looks like; ``photo`` is its place in the bank."""

    photo: int
    method: Method
    distance: int
    bits: int
    score: float
    change: str
    """How the photo was laid to look like the picture, such as ``mirror``; empty: as it is."""


class Bank:
    """Reference photos by their hashes, immutable. A hash is compared with those of its own kind and version only."""

    def __init__(self, photos: Sequence[Sequence[Fingerprint]]) -> None:
        """Take the hashes of each photo; a photo's place here is how it is named in what is found."""
        self._shelves = (
            _Shelf(photos, PDQ, PDQ_VERSION, PDQ_CLOSENESS),
            _Shelf(photos, PHASH, PHASH_VERSION, PHASH_CLOSENESS),
        )

    def find(self, picture: Iterable[Fingerprint]) -> list[Found]:
        """Give the best match with each photo that looks like the picture, strongest first."""
        best: dict[int, Found] = {}
        for fingerprint in picture:
            for shelf in self._shelves:
                for found in shelf.find(fingerprint):
                    if found.photo not in best or found.score > best[found.photo].score:
                        best[found.photo] = found
        return sorted(best.values(), key=lambda found: (-found.score, found.photo))


class _Shelf:
    """The hashes of one kind and version."""

    def __init__(
        self, photos: Sequence[Sequence[Fingerprint]], algorithm: str, version: str, closeness: Closeness
    ) -> None:
        self._algorithm, self._version, self._closeness = algorithm, version, closeness
        rows = [(at, one) for at, photo in enumerate(photos) for one in photo if self._holds(one)]
        self._photos = np.array([photo for photo, _ in rows], dtype=np.int32)
        self._are_plain = np.array([_is_plain(one) for _, one in rows], dtype=np.bool_)
        self._changes = [_change_of(one) for _, one in rows]
        self._table = HashTable([one.bits for _, one in rows])

    def _holds(self, fingerprint: Fingerprint) -> bool:
        return _algorithm_of(fingerprint) == self._algorithm and fingerprint.version == self._version

    def find(self, fingerprint: Fingerprint) -> Iterator[Found]:
        if not self._holds(fingerprint):
            return
        for row, distance in self._table.within(fingerprint.bits, self._closeness.review):
            is_plain = bool(self._are_plain[row]) or _is_plain(fingerprint)
            yield Found(
                photo=int(self._photos[row]),
                method=self._closeness.method,
                distance=distance,
                bits=self._closeness.bits,
                score=self._closeness.score(distance, is_plain=is_plain),
                change=self._changes[row],
            )


def _algorithm_of(fingerprint: Fingerprint) -> str:
    return fingerprint.algorithm.partition(":")[0]


def _change_of(fingerprint: Fingerprint) -> str:
    return fingerprint.algorithm.partition(":")[2]


def _is_plain(fingerprint: Fingerprint) -> bool:
    return fingerprint.quality is not None and fingerprint.quality < MIN_QUALITY
