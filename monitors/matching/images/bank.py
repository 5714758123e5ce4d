"""The hashes of many reference photos, and the best match of a picture with each of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from monitors.matching.images.changes import Change
from monitors.matching.images.found import Found, keep_best
from monitors.matching.images.shelves import (
    Probe,
    is_plain_photo,
    probe_pdq,
    probe_phash,
    shelve_pdq,
    shelve_phash,
)
from monitors.matching.images.verdicts import PDQ_CLOSENESS, PHASH_CLOSENESS, WINDOW_CLOSENESS, Closeness
from monitors.records import Fingerprint


class Bank:
    """Reference photos by their hashes, immutable. A hash is compared with those of its own kind and version only."""

    def __init__(self, photos: Sequence[Sequence[Fingerprint]]) -> None:
        """Take the hashes of each photo; a photo's place here is how it is named in what is found."""
        self._pdq, self._phash = shelve_pdq(photos), shelve_phash(photos)
        self._is_plain = [is_plain_photo(photo) for photo in photos]

    def find(self, picture: Sequence[Fingerprint]) -> list[Found]:
        """Give the best match with each photo that looks like the picture, strongest first."""
        return keep_best(self._find_all(picture))

    def _find_all(self, picture: Sequence[Fingerprint]) -> Iterator[Found]:
        for probe in probe_pdq(picture):
            for photo, distance, change in self._pdq.within(probe.bits, PDQ_CLOSENESS.review):
                done = _combine(change, probe.change)
                closeness = PDQ_CLOSENESS if done.is_whole else WINDOW_CLOSENESS
                if distance <= closeness.review:
                    yield self._judge(photo, distance, done, probe, closeness)
        for probe in probe_phash(picture):
            for photo, distance, change in self._phash.within(probe.bits, PHASH_CLOSENESS.review):
                yield self._judge(photo, distance, change, probe, PHASH_CLOSENESS)

    def _judge(self, photo: int, distance: int, change: Change, probe: Probe, closeness: Closeness) -> Found:
        # Parts and crops that are too plain have no hash; only a whole picture or photo may have one and be plain.
        is_plain = probe.is_plain or (self._is_plain[photo] and change.kept == 100)
        return Found(
            photo=photo,
            method=closeness.method,
            distance=distance,
            bits=closeness.bits,
            score=closeness.score(distance, is_plain=is_plain),
            change=change,
        )


def _combine(photo: Change, picture: Change) -> Change:
    """Say what was done, from what had to be done to the photo and to the picture to make them alike."""
    if not picture.form or not photo.form:
        form = photo.form or picture.form
    else:
        form = "" if photo.form == picture.form else photo.form
    return replace(photo, form=form, is_part=picture.is_part)
