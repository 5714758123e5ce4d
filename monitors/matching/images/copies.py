"""Partial copies of photos in a picture: a cheap gate over every photo, then the proof by geometry."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from monitors.matching.images.bank import Bank
from monitors.matching.images.features import Features, can_find_features, find_features
from monitors.matching.images.fingerprint import Moment, fingerprint_moments, stored_features
from monitors.matching.images.found import Found, keep_best
from monitors.matching.images.geometry import Alignment, align, count_votes, pair_up, root_looks
from monitors.matching.images.overlap import Hashes, is_same_all_over, stored_hashes
from monitors.matching.images.pdq import Floats
from monitors.matching.images.placing import Size, place
from monitors.matching.images.verdicts import ALERT_SCORE, DETAILS_REVIEW, DETAILS_TO_TELL, score_details
from monitors.records import Fingerprint, Method

# Measured 2026-10, docs/evaluation.md#pictures: 128 coarse details and 3 that agree keep every copy that the proof
# finds, and 4 in a thousand other pairs, at a tenth of the proof's cost.
GATE_FEATURES: Final = 128
GATE_AGREEING: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """Features with their descriptors made comparable."""

    features: Features
    roots: Floats
    hashes: Hashes = ()
    """Of a photo: what its parts should look like."""

    @classmethod
    def of(cls, features: Features, hashes: Hashes = ()) -> "_Look":
        return cls(features=features, roots=root_looks(features), hashes=hashes)

    @property
    def size(self) -> Size:
        return Size(width=self.features.width, height=self.features.height)

    def coarsest(self, number: int) -> "_Look":
        return _Look(features=self.features.coarsest(number), roots=self.roots[:number])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """A picture as it is, or mirrored."""

    form: str
    look: _Look
    grey: Floats


class Looked:
    """A picture in which photos are looked for: its details, as it is and mirrored."""

    def __init__(self, picture: Moment) -> None:
        features = find_features(picture.grey)
        self.details = len(features)
        self.sides = (
            _Side(form="", look=_Look.of(features), grey=picture.grey),
            _Side(form="mirror", look=_Look.of(features.mirrored()), grey=picture.grey[:, ::-1]),
        )


class PhotoFeatures:
    """The features of reference photos, immutable; a photo's place is how it is named in what is found."""

    def __init__(self, photos: Iterable[Sequence[Fingerprint]]) -> None:
        """Take what is stored of each photo; one without features is never found."""
        self._photos = [_stored_look(photo) for photo in photos]

    def find(self, picture: Looked, *, among: Collection[int] | None = None, has_gate: bool = True) -> list[Found]:
        """Give the photos that the picture shows a part of, the most certain first.

        ``among`` narrows the search; without the gate every pair is put to the proof, ten times slower.
        """
        numbers = range(len(self._photos)) if among is None else among
        with _one_thread():
            return keep_best(
                found for number in numbers for found in self._prove(number, picture.sides, has_gate=has_gate)
            )

    def can_tell(self, number: int, picture: Looked) -> bool:
        """Whether photo and picture have enough details that a copy would be proved by them."""
        photo = self._photos[number]
        return photo is not None and min(len(photo.features), picture.details) >= DETAILS_TO_TELL

    def _prove(self, number: int, sides: Iterable[_Side], *, has_gate: bool) -> Iterator[Found]:
        photo = self._photos[number]
        if photo is None:
            return
        for side in sides:
            if has_gate and not _is_promising(photo, side.look):
                continue
            alignment = _align(photo, side.look)
            if alignment is None or alignment.agreeing < DETAILS_REVIEW:
                continue
            if is_same_all_over(alignment, photo.features, photo.hashes, side.look.features, side.grey):
                yield _to_found(number, alignment, photo, side)


def _stored_look(photo: Sequence[Fingerprint]) -> _Look | None:
    features = stored_features(photo)
    return None if features is None else _Look.of(features, stored_hashes(photo))


def _one_thread() -> AbstractContextManager[Any]:
    """Keep BLAS from starting threads: these products are small, and on a busy machine threads wait for each other.

    2026-10, two cores under load 8: 4 times slower with two threads.
    """
    limited: AbstractContextManager[Any] = _thread_pools().limit(limits=1, user_api="blas")
    return limited


@cache
def _thread_pools() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _is_promising(photo: _Look, picture: _Look) -> bool:
    coarse = photo.coarsest(GATE_FEATURES)
    rows, columns = pair_up(coarse.roots, picture.roots)
    return count_votes(coarse.features, picture.features, rows, columns) >= GATE_AGREEING


def _align(photo: _Look, picture: _Look) -> Alignment | None:
    rows, columns = pair_up(photo.roots, picture.roots)
    return align(photo.features, picture.features, rows, columns)


def _to_found(number: int, alignment: Alignment, photo: _Look, side: _Side) -> Found:
    placing = place(alignment.matrix, photo.size, side.look.size, is_mirrored=side.form == "mirror")
    return Found(
        photo=number,
        method=Method.LOCAL,
        score=score_details(alignment.agreeing),
        change=placing.change,
        details=alignment.agreeing,
        region=placing.region,
    )


class CopySearch:
    """Every stage of finding copies, for pictures at hand: hashes first, the proof where they did not settle it."""

    def __init__(self, photos: Sequence[Sequence[Fingerprint]]) -> None:
        """Take what is stored of each photo; a photo's place is how it is named in what is found."""
        self._bank, self._features = Bank(photos), PhotoFeatures(photos)
        self._everyone = frozenset(range(len(photos)))

    def find(self, moments: Sequence[Moment], *, quick: bool = False) -> list[Found]:
        """Give the best match with each photo, strongest first; ``quick`` compares hashes only.

        A hash that would only ask for a look is dropped where details could prove the copy and do not. Without the
        extra ``images`` it compares hashes only as well.
        """
        hashed = self._bank.find(fingerprint_moments(moments))
        sure = [found for found in hashed if found.score >= ALERT_SCORE]
        unsettled = self._everyone - {found.photo for found in sure}
        if quick or not unsettled or not can_find_features():
            return hashed
        looked = [Looked(moment) for moment in moments]
        proven = [one for picture in looked for one in self._features.find(picture, among=unsettled)]
        open_still = [
            found
            for found in hashed
            if found.photo in unsettled and not all(self._features.can_tell(found.photo, one) for one in looked)
        ]
        return keep_best([*sure, *open_still, *proven])
