"""Stored hashes as rows that can be compared: which is of the whole picture, which of a crop or a part."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.matching.images.changes import AS_IT_IS, Change
from monitors.matching.images.fingerprint import (
    PDQ,
    PDQ_CROPS,
    PDQ_DIGITS,
    PDQ_PARTS,
    PDQ_VERSION,
    PHASH,
    PHASH_DIGITS,
    PHASH_VERSION,
)
from monitors.matching.images.hashes import HashTable, Packed, pack
from monitors.matching.images.pdq import FORMS
from monitors.matching.images.verdicts import BLANK_QUALITY, MIN_QUALITY
from monitors.matching.images.windows import CROPS, CROPS_VERSION, NOTHING, PARTS, PARTS_VERSION
from monitors.records import Fingerprint

_KINDS: Final = (*(Change(form=form) for form in FORMS), *(Change(kept=crop.percent) for crop in CROPS))
"""What a row of a photo stands for: the forms it can be laid in, then its crops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One hash of a picture, to be compared with every row."""

    bits: str
    change: Change = AS_IT_IS
    is_plain: bool = False


class Shelf:
    """Hashes of one length of many photos, in arrays: ten photos have 860 of them."""

    def __init__(self, photos: Iterable[tuple[Packed, NDArray[np.uint8]]]) -> None:
        """Take each photo's hashes and, for each hash, its kind; a photo's place here is its number."""
        kinds: list[NDArray[np.uint8]] = []

        def rows() -> Iterator[Packed]:
            for packed, of_photo in photos:
                kinds.append(of_photo)
                yield packed

        self._table = HashTable(rows())
        self._photo = np.repeat(np.arange(len(kinds), dtype=np.int32), [len(of_photo) for of_photo in kinds])
        self._kind = np.concatenate([np.zeros(0, dtype=np.uint8), *kinds])

    def within(self, bits: str, limit: int) -> Iterator[tuple[int, int, Change]]:
        """Give the photo, the distance and the kind of every row that differs by ``limit`` bits at most."""
        for row, distance in self._table.within(bits, limit):
            yield int(self._photo[row]), distance, _KINDS[self._kind[row]]


def shelve_pdq(photos: Iterable[Iterable[Fingerprint]]) -> Shelf:
    """Put the PDQ hashes of photos in order: whole ones, laid ones and those of crops."""
    return Shelf(_pdq_rows(photo) for photo in photos)


def shelve_phash(photos: Iterable[Iterable[Fingerprint]]) -> Shelf:
    """Put the pHashes of photos in order."""
    return Shelf(_phash_rows(photo) for photo in photos)


def probe_pdq(picture: Iterable[Fingerprint]) -> Iterator[Probe]:
    """Give the PDQ hashes of a picture: the whole, then its parts."""
    for one in picture:
        if one.algorithm == PDQ and one.version == PDQ_VERSION:
            if not _is_blank(one):
                yield Probe(bits=one.bits, is_plain=_is_plain(one))
        elif one.algorithm == PDQ_PARTS and one.version == PARTS_VERSION:
            for place, part in enumerate(PARTS):
                bits = one.bits[place * PDQ_DIGITS : (place + 1) * PDQ_DIGITS]
                if bits != NOTHING:
                    yield Probe(bits=bits, change=part.change)


def probe_phash(picture: Iterable[Fingerprint]) -> Iterator[Probe]:
    """Give the pHashes of a picture; a plain one has none that says anything."""
    return (Probe(bits=one.bits) for one in _phashes(picture))


def is_plain_photo(photo: Iterable[Fingerprint]) -> bool:
    """Whether a photo shows too little for the hash of the whole to be trusted."""
    return any(one.algorithm == PDQ and _is_plain(one) for one in photo)


def _pdq_rows(photo: Iterable[Fingerprint]) -> tuple[Packed, NDArray[np.uint8]]:
    rows, kinds = [np.zeros((0, PDQ_DIGITS // 2), dtype=np.uint8)], [np.zeros(0, dtype=np.uint8)]
    for one in photo:
        algorithm, _, form = one.algorithm.partition(":")
        if algorithm == PDQ and one.version == PDQ_VERSION and form in FORMS and not _is_blank(one):
            rows.append(pack(one.bits, digits=PDQ_DIGITS))
            kinds.append(np.array([FORMS.index(form)], dtype=np.uint8))
        elif one.algorithm == PDQ_CROPS and one.version == CROPS_VERSION:
            crops = pack(one.bits, digits=PDQ_DIGITS)
            said = np.flatnonzero(crops.any(axis=1))
            rows.append(crops[said])
            kinds.append((said + len(FORMS)).astype(np.uint8))
    return np.concatenate(rows), np.concatenate(kinds)


def _phash_rows(photo: Iterable[Fingerprint]) -> tuple[Packed, NDArray[np.uint8]]:
    bits = "".join(one.bits for one in _phashes(photo))
    rows = pack(bits, digits=PHASH_DIGITS)
    return rows, np.zeros(len(rows), dtype=np.uint8)


def _phashes(picture: Iterable[Fingerprint]) -> list[Fingerprint]:
    stored = list(picture)
    if is_plain_photo(stored):
        return []
    return [one for one in stored if one.algorithm == PHASH and one.version == PHASH_VERSION]


def _is_blank(fingerprint: Fingerprint) -> bool:
    return fingerprint.quality is not None and fingerprint.quality < BLANK_QUALITY


def _is_plain(fingerprint: Fingerprint) -> bool:
    return fingerprint.quality is not None and fingerprint.quality < MIN_QUALITY
