"""How surely copies of pictures are found, by what was done to them: ``make evaluate-images``.

Every picture at hand (workshop/originals.py) is changed in every way of workshop/transforms.py, saved as JPEG and looked
for among all of them; quarters of the pictures join in, so that false pairs are counted over millions.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import numpy as np

from monitors.matching.images.bank import Bank
from monitors.matching.images.copies import Looked, PhotoFeatures
from monitors.matching.images.faces.dlib_encoder import DlibEncoder, locate_models
from monitors.matching.images.features import can_find_features
from monitors.matching.images.fingerprint import Moment, fingerprint, fingerprint_moments, read_moments
from monitors.matching.images.found import Found
from monitors.matching.images.shelves import Shelf, probe_pdq, shelve_pdq
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.matching.images.workshop.counts import Counts, summarise
from monitors.matching.images.workshop.faces import compare, encode_people, report_faces
from monitors.matching.images.workshop.originals import (
    Original,
    cut_tiles,
    data_folder,
    find_pictures,
    read_originals,
    to_jpeg,
)
from monitors.matching.images.workshop.transforms import TRANSFORMS
from monitors.records import Fingerprint

TILE_TRANSFORMS: Final = (
    "jpeg_30", "inner_5_15", "letterbox", "mirrored", "band_15", "vintage", "phone", "side_by_side",
)  # fmt: skip
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
    ]


def evaluate(originals: Sequence[Original], variants: Sequence[Variant]) -> Counts:
    """Look for every variant among all originals."""
    stored = [original.stored for original in originals]
    bank, details, shelf, counts = Bank(stored), PhotoFeatures(stored), shelve_pdq(stored), Counts()
    for number, variant in enumerate(variants):
        moments = variant.make(originals)
        hashes = fingerprint_moments(moments)
        found = bank.find(hashes)
        _count_false(counts, found, variant, originals)
        for other, distance in _nearest_of(shelf, hashes).items():
            if not _is_copy(variant, other, originals):
                counts.remember_near(distance, number, other)
        if not originals[variant.original].is_tile:
            _count_recall(counts, found, details, Looked(moments[0]), variant)
    return counts


def _is_copy(variant: Variant, other: int, originals: Sequence[Original]) -> bool:
    """Whether this original may rightly be found in the variant: it shows what it shows, or what its company does."""
    return originals[other].group in {originals[variant.original].group, originals[variant.company].group}


def _count_recall(
    counts: Counts, found: Sequence[Found], details: PhotoFeatures, picture: Looked, variant: Variant
) -> None:
    by_hash = any(one.photo == variant.original and one.score >= ALERT_SCORE for one in found)
    proof = details.find(picture, among={variant.original})
    counts.quick[variant.transform].add(is_hit=by_hash)
    counts.thorough[variant.transform].add(is_hit=by_hash or any(one.score >= ALERT_SCORE for one in proof))
    if details.find(picture, among={variant.original}, has_gate=False):
        counts.gate.add(is_hit=bool(proof))


def _count_false(counts: Counts, found: Sequence[Found], variant: Variant, originals: Sequence[Original]) -> None:
    counts.hash_pairs += sum(not _is_copy(variant, other, originals) for other in range(len(originals)))
    name = _name_of(variant, originals)
    counts.hash_false += [
        (one.score, name, originals[one.photo].name) for one in found if not _is_copy(variant, one.photo, originals)
    ]


def _nearest_of(shelf: Shelf, hashes: Sequence[Fingerprint]) -> dict[int, int]:
    """Give each original's distance from a picture, over all windows of both, where it is not hopeless."""
    nearest: dict[int, int] = {}
    for probe in probe_pdq(hashes):
        for photo, distance, _ in shelf.within(probe.bits, HOPELESS):
            nearest[photo] = min(distance, nearest.get(photo, HOPELESS))
    return nearest


def prove_nearest(
    counts: Counts, variants: Sequence[Variant], originals: Sequence[Original]
) -> list[tuple[int, str, str]]:
    """Put the nearest pairs that are no copies to the proof, without its gate; give what it found, worst first."""
    details = PhotoFeatures([original.stored for original in originals])
    pairs = defaultdict(list)
    for _, number, other in counts.nearest:
        pairs[number].append(other)
    found = []
    for number, others in pairs.items():
        picture = Looked(variants[number].make(originals)[0])
        name = _name_of(variants[number], originals)
        proofs = details.find(picture, among=others, has_gate=False)
        found += [(proof.details or 0, name, originals[proof.photo].name) for proof in proofs]
    return sorted(found, reverse=True)


def _name_of(variant: Variant, originals: Sequence[Original]) -> str:
    return f"{originals[variant.original].name} {variant.transform}"


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


def report(counts: Counts, false: Sequence[tuple[int, str, str]]) -> Iterator[str]:
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
    yield f"proof: {len(false)} false pairs in the {len(counts.nearest):,} nearest that are no copies"
    yield from (f"    {details} {name} {other}" for details, name, other in false[:9])


def main() -> None:
    """Evaluate what is at hand and print the tables."""
    if not can_find_features():
        sys.exit("evaluate-images needs OpenCV: pip install 'shouwang[images]'")
    if not data_folder().is_dir():
        sys.stderr.write(f"{data_folder()} is missing: set SHOUWANG_DATA; going on with installed pictures only\n")
    wholes = read_originals(find_pictures())
    originals = [*wholes, *cut_tiles(wholes)]
    variants = list_variants(originals)
    _write(f"{len(wholes)} originals, {len(originals) - len(wholes)} tiles, {os.cpu_count()} cores")
    for line in check_published():
        _write(line)
    counts = evaluate(originals, variants)
    for line in (*report(counts, prove_nearest(counts, variants, originals)), *evaluate_faces()):
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
