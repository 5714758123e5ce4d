"""How surely copies of pictures are found, by what was done to them: ``make evaluate-images``.

Every picture at hand (workshop/originals.py) is changed in every way of workshop/transforms.py, saved as JPEG and looked
for among all of them; quarters and ninths of the pictures join in, so that false pairs are counted over millions.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any, Final

import numpy as np

from monitors.matching.images.bank import Bank
from monitors.matching.images.copies import Looked, PhotoFeatures
from monitors.matching.images.faces.dlib_encoder import DlibEncoder, locate_models
from monitors.matching.images.features import can_find_features
from monitors.matching.images.fingerprint import Moment, fingerprint, fingerprint_moments, read_moments
from monitors.matching.images.found import Found
from monitors.matching.images.shelves import probe_pdq, shelve_pdq
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.matching.images.workshop.counts import Counts, summarise
from monitors.matching.images.workshop.faces import compare, encode_people, report_faces
from monitors.matching.images.workshop.originals import (
    Original,
    choose,
    cut_tiles,
    data_folder,
    find_pictures,
    read_originals,
    to_jpeg,
)
from monitors.matching.images.workshop.transforms import TRANSFORMS

TILE_TRANSFORMS: Final = (
    "jpeg_30", "letterbox", "mirrored", "band_15", "vintage",
)  # fmt: skip
ORIGINALS: Final = 100
"""Files tried, of which two thirds are large enough: enough for intervals; each change of each takes a third of a second."""
HOPELESS: Final = 104
"""Bits: unrelated hashes differ by 128 on average; pairs beyond this are not among the nearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A changed original; ``company`` is what it was put beside, where the change does that."""

    transform: str
    original: int
    company: int

    def make(self, originals: Sequence[Original]) -> tuple[Moment, ...]:
        """Change the original, save it as JPEG and read it as a post's picture is read; always the same."""
        random = np.random.default_rng([self.original, sum(map(ord, self.transform))])
        change = TRANSFORMS[self.transform]
        return read_moments(to_jpeg(change(originals[self.original].image, originals[self.company].image, random), 85))


def list_variants(originals: Sequence[Original]) -> list[Variant]:
    """Give every change of every whole picture, and some of every tile."""
    return [
        Variant(transform=transform, original=number, company=(number + 7) % len(originals))
        for number, original in enumerate(originals)
        for transform in (TILE_TRANSFORMS if original.is_tile else TRANSFORMS)
        if original.has_details
    ]


class Bench:
    """All originals, stored as reference photos are, and every way to look for a variant among them."""

    def __init__(self, originals: Sequence[Original], variants: Sequence[Variant]) -> None:
        self.originals, self.variants = originals, variants
        stored = [original.stored for original in originals]
        self.details = PhotoFeatures(stored)
        self._bank, self._shelf = Bank(stored), shelve_pdq(stored)

    def look_for(self, number: int) -> Counts:
        """Look for one variant among all originals, and count what is found."""
        variant, counts = self.variants[number], Counts()
        moments = variant.make(self.originals)
        found = self._bank.find(fingerprint_moments(moments))
        self._count_false(counts, found, variant)
        if not self.originals[variant.original].is_tile:
            self._count_recall(counts, found, moments[0], variant)
        return counts

    def find_nearest(self, number: int) -> Counts:
        """Look for an original among the others, and remember how near those are that show something else."""
        counts, nearest = Counts(), dict[int, int]()
        hashes = fingerprint_moments(read_moments(self._saved(number)))
        self._count_false(counts, self._bank.find(hashes), Variant(transform="", original=number, company=number))
        for probe in probe_pdq(hashes) if self.originals[number].has_details else ():
            for photo, distance, _ in self._shelf.within(probe.bits, HOPELESS):
                nearest[photo] = min(distance, nearest.get(photo, HOPELESS))
        for other, distance in nearest.items():
            if self.originals[other].has_details and self.originals[other].group != self.originals[number].group:
                counts.remember_near(distance, number, other)
        return counts

    def prove(self, pairs: tuple[int, Sequence[int]]) -> Counts:
        """Put an original and those nearest to it to the proof, without its gate."""
        number, others = pairs
        found = self.details.find(Looked(read_moments(self._saved(number))[0]), among=others, has_gate=False)
        name = self.originals[number].name
        false = [(one.details or 0, name, self.originals[one.photo].name) for one in found]
        return Counts(proved=len(others), proof_false=false)

    def _saved(self, number: int) -> bytes:
        return to_jpeg(self.originals[number].image, 85)

    def _count_recall(self, counts: Counts, found: Sequence[Found], picture: Moment, variant: Variant) -> None:
        by_hash = any(one.photo == variant.original and one.score >= ALERT_SCORE for one in found)
        counts.quick[variant.transform].add(is_hit=by_hash)
        proof = [] if by_hash else self._prove_copy(counts, Looked(picture), variant.original)
        counts.thorough[variant.transform].add(is_hit=by_hash or any(one.score >= ALERT_SCORE for one in proof))

    def _prove_copy(self, counts: Counts, picture: Looked, original: int) -> list[Found]:
        proof = self.details.find(picture, among={original})
        if self.details.find(picture, among={original}, has_gate=False):
            counts.gate.add(is_hit=bool(proof))
        return proof

    def _count_false(self, counts: Counts, found: Sequence[Found], variant: Variant) -> None:
        counts.hash_pairs += sum(not self._is_copy(variant, other) for other in range(len(self.originals)))
        name = self._name_of(variant)
        counts.hash_false += [
            (one.score, name, self.originals[one.photo].name) for one in found if not self._is_copy(variant, one.photo)
        ]

    def _is_copy(self, variant: Variant, other: int) -> bool:
        """Whether this original may rightly be found in the variant: it shows what it shows, or what its company does."""
        mine, company = self.originals[variant.original], self.originals[variant.company]
        return self.originals[other].group in {mine.group, company.group}

    def _name_of(self, variant: Variant) -> str:
        return f"{self.originals[variant.original].name} {variant.transform}"


def evaluate(originals: Sequence[Original], variants: Sequence[Variant], *, workers: int = 1) -> Counts:
    """Look for every variant among all originals; put the nearest originals that show something else to the proof."""
    bench, counts = Bench(originals, variants), Counts()
    for part in _in_parts(bench, Bench.look_for, range(len(variants)), workers):
        counts.take_in(part)
    for part in _in_parts(bench, Bench.find_nearest, range(len(originals)), workers):
        counts.take_in(part)
    near = defaultdict(list)
    for _, number, other in counts.nearest:
        near[number].append(other)
    for part in _in_parts(bench, Bench.prove, list(near.items()), workers):
        counts.take_in(part)
    return counts


_forked: list[Bench] = []
"""What workers were forked with: hundreds of pictures, which are not sent to them."""


def _in_parts(
    bench: Bench, work: Callable[[Bench, Any], Counts], parts: Sequence[Any], workers: int
) -> Iterator[Counts]:
    if workers == 1:
        yield from (work(bench, part) for part in parts)
        return
    _forked[:] = [bench]
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        for done, counts in enumerate(pool.map(_on_forked, [work] * len(parts), parts, chunksize=20), 1):
            if not done % 100:
                sys.stderr.write(f"{work.__name__}: {done} of {len(parts)}\n")
            yield counts


def _on_forked(work: Callable[[Bench, Any], Counts], part: Any) -> Counts:
    return work(_forked[0], part)


def check_published() -> Iterator[str]:
    """Compare our PDQ with the published hashes of pictures at hand."""
    folder = data_folder() / "images"
    expected = folder / "pdq_expected" / "expected.tsv"
    distances = []
    for line in expected.read_text().splitlines() if expected.is_file() else ():
        name, _, bits = line.partition("\t")
        path = folder / "pdq" / name.removeprefix("reg-test-input/")
        if path.is_file():
            distances.append((int(fingerprint(path.read_bytes())[0].bits, 16) ^ int(bits, 16)).bit_count())
    yield f"published PDQ hashes: {len(distances)} pictures, {max(distances, default=0)} bits apart at most (accepted: 10)"


def report(counts: Counts) -> Iterator[str]:
    """Give the tables as lines of Markdown."""
    yield "| change | hashes | hashes and details |\n| --- | --- | --- |"
    for name, tally in sorted(counts.thorough.items(), key=lambda item: item[1].share):
        yield f"| {name} | {counts.quick[name]} | {tally} |"
    yield ""
    yield summarise("hashes", counts.quick)
    yield summarise("hashes and details", counts.thorough)
    yield f"gate: keeps {counts.gate.hits} of {counts.gate.tries} copies that the proof finds"
    alerts = sum(score >= ALERT_SCORE for score, _, _ in counts.hash_false)
    looks = len(counts.hash_false) - alerts
    yield f"hashes: {alerts} false alerts and {looks} false pairs to look at in {counts.hash_pairs:,} pairs"
    yield from (f"    {score} {name} {other}" for score, name, other in sorted(counts.hash_false, reverse=True)[:9])
    yield f"proof: {len(counts.proof_false)} false pairs in the {counts.proved:,} nearest that are no copies"
    yield from (
        f"    {details} {name} {other}" for details, name, other in sorted(counts.proof_false, reverse=True)[:9]
    )


def main() -> None:
    """Evaluate what is at hand and print the tables."""
    if not can_find_features():
        sys.exit("evaluate-images needs OpenCV: pip install 'shouwang[images]'")
    if not data_folder().is_dir():
        sys.stderr.write(f"{data_folder()} is missing: set SHOUWANG_DATA; going on with installed pictures only\n")
    wholes = read_originals(choose(find_pictures(), ORIGINALS))
    tiles = [*cut_tiles(wholes, 2), *cut_tiles(wholes, 3, with_details=False)]
    originals = [*wholes, *tiles]
    variants = list_variants(originals)
    _write(f"{len(wholes)} originals, {len(tiles)} tiles, {len(variants):,} variants, {os.cpu_count()} cores")
    for line in check_published():
        _write(line)
    counts = evaluate(originals, variants, workers=os.cpu_count() or 1)
    for line in (*report(counts), *evaluate_faces()):
        _write(line)


def evaluate_faces() -> Iterator[str]:
    """Measure dlib's face model, where an operator installed it."""
    models, folder = locate_models(), data_folder() / "faces"
    if models is None or not find_spec("dlib") or not folder.is_dir():
        yield "faces: not measured; pip install dlib-bin, and --no-deps face_recognition_models"
        return
    encoder = DlibEncoder(models)
    yield from report_faces(encoder.name, *compare(encode_people(folder, encoder)))


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
