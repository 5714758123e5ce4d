"""How surely copies of pictures are found, by what was done to them. `make evaluate-images` prints these tables.

    python benchmarks/copies.py FOLDER... [--tiles] [--originals N]

Every picture below the folders is an original; pictures of scikit-image and scikit-learn join them where these are
installed. Each is changed in every way of tests/matching/images/transforms.py, saved as JPEG, and looked for among all
originals. With ``--tiles`` quarters of the pictures join in, so that the false pairs are counted over millions.
"""

import argparse
import heapq
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image
from typing_extensions import override

from monitors.matching.images.bank import Bank
from monitors.matching.images.copies import PhotoFeatures
from monitors.matching.images.decoder import PictureError, decode_picture
from monitors.matching.images.features import Features, find_features
from monitors.matching.images.fingerprint import Moment, fingerprint_moments, fingerprint_reference, read_moments
from monitors.matching.images.found import Found
from monitors.matching.images.shelves import Shelf, probe_pdq, shelve_pdq
from monitors.matching.images.verdicts import ALERT_SCORE
from monitors.records import Fingerprint
from tests.matching.images.pictures import encode
from tests.matching.images.transforms import TRANSFORMS

LARGEST = 1_280
HOPELESS = 104
"""Bits: unrelated hashes differ by 128 on average."""
NEAREST = 20_000
TILE_TRANSFORMS = ("jpeg_30", "inner_5_15", "letterbox", "mirrored", "band_15", "vintage", "phone", "side_by_side")


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A picture, and which others show the same thing: only pairs across groups can be false."""

    name: str
    image: Image.Image
    group: int
    stored: tuple[Fingerprint, ...]


@dataclass(slots=True)
class Tally:
    """Hits and tries of one transform at one stage."""

    tries: int = 0
    hits: int = 0

    def add(self, *, is_hit: bool) -> None:
        """Count one try."""
        self.tries += 1
        self.hits += is_hit

    @override
    def __str__(self) -> str:
        low, high = wilson(self.hits, self.tries)
        return f"{self.hits / self.tries:.3f} ({low:.2f} to {high:.2f})"


@dataclass(slots=True)
class Result:
    """Everything that is counted."""

    quick: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    thorough: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    gate: Tally = field(default_factory=Tally)
    hash_pairs: int = 0
    hash_false: list[tuple[float, str, str]] = field(default_factory=list)
    nearest: list[tuple[int, int, int]] = field(default_factory=list)
    """Minus the distance, the variant, the original: a heap of the nearest pairs that are no copies."""


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Give the 95 % interval of a share."""
    z, share = 1.96, hits / tries
    middle = share + z * z / (2 * tries)
    spread = z * (share * (1 - share) / tries + z * z / (4 * tries * tries)) ** 0.5
    return (middle - spread) / (1 + z * z / tries), (middle + spread) / (1 + z * z / tries)


def installed_pictures() -> Iterator[Path]:
    """Give the photographs that come with scikit-image and scikit-learn."""
    names = {
        "skimage": "astronaut camera chelsea coffee coins motorcycle_left rocket",
        "sklearn": "china flower",
    }
    for package, wanted in names.items():
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            yield from (
                path
                for path in sorted(Path(folder).rglob("*.*"))
                if path.stem in wanted.split() and path.suffix in {".png", ".jpg"}
            )


def load(folders: Sequence[Path], *, at_most: int, with_tiles: bool) -> list[Original]:
    """Read the originals and, with tiles, their quarters; what shows the same thing gets one group."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    originals: list[Original] = []
    for path in [*paths, *installed_pictures()][:at_most]:
        try:
            pixels = decode_picture(path.read_bytes(), fit=LARGEST).pixels
        except PictureError:
            continue
        originals.append(to_original(path.name, Image.fromarray(pixels), len(originals)))
    originals = group(originals)
    return originals + [tile for original in originals for tile in tiles_of(original)] if with_tiles else originals


def to_original(name: str, image: Image.Image, number: int) -> Original:
    """Reduce a picture to what is stored of a reference photo."""
    stored = fingerprint_reference(encode(image, "JPEG", quality=92), with_features=True)
    return Original(name=name, image=image, group=number, stored=stored)


def tiles_of(original: Original) -> Iterator[Original]:
    """Give the quarters of a picture that is large enough."""
    width, height = (side // 2 for side in original.image.size)
    if min(width, height) < 200:
        return
    for number in range(4):
        left, top = width * (number % 2), height * (number // 2)
        tile = original.image.crop((left, top, left + width, top + height))
        yield to_original(f"{original.name}/{number}", tile, original.group)


def group(originals: Sequence[Original]) -> list[Original]:
    """Put pictures that are the same, or hold parts of each other, into one group."""
    search, bank = PhotoFeatures([one.stored for one in originals]), Bank([one.stored for one in originals])
    groups = list(range(len(originals)))
    for number, one in enumerate(originals):
        moments = read_moments(encode(one.image, "JPEG", quality=92))
        same = [*search.find(find_features(moments[0].grey)), *bank.find(fingerprint_moments(moments))]
        for found in same:
            if groups[found.photo] != groups[number]:
                print(f"same: {one.name} and {originals[found.photo].name}: {found.details or found.distance}")
                old, new = sorted((groups[found.photo], groups[number]), reverse=True)
                groups = [new if value == old else value for value in groups]
    return [
        Original(name=one.name, image=one.image, group=to, stored=one.stored)
        for one, to in zip(originals, groups, strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A changed original."""

    transform: str
    original: int
    company: int

    def make(self, originals: Sequence[Original]) -> tuple[Moment, ...]:
        """Change the original, save it as JPEG and read it as a post's picture is read; always the same."""
        seed = [self.original, sum(map(ord, self.transform))]
        change = TRANSFORMS[self.transform]
        image = change(originals[self.original].image, originals[self.company].image, np.random.default_rng(seed))
        return read_moments(encode(image.convert("RGB"), "JPEG", quality=85))


def variants(originals: Sequence[Original]) -> Iterator[Variant]:
    """Give every change of every whole picture, and some of every tile."""
    for number, original in enumerate(originals):
        company = (number + 7) % len(originals)
        for transform in TILE_TRANSFORMS if "/" in original.name else TRANSFORMS:
            yield Variant(transform=transform, original=number, company=company)


def evaluate(originals: Sequence[Original]) -> tuple[Result, list[Variant]]:
    """Look for every variant among all originals."""
    stored = [one.stored for one in originals]
    bank, search, shelf = Bank(stored), PhotoFeatures(stored), shelve_pdq(stored)
    result, made = Result(), list(variants(originals))
    for number, variant in enumerate(made):
        moments = variant.make(originals)
        hashes = fingerprint_moments(moments)
        found = bank.find(hashes)
        count_false(result, found, variant, originals)
        remember_nearest(result, nearest_of(shelf, hashes), number, variant, originals)
        if "/" not in originals[variant.original].name:
            count_recall(result, found, search, find_features(moments[0].grey), variant)
        if sys.stderr.isatty():
            print(f"\r{number + 1} of {len(made)}", end="", file=sys.stderr)
    return result, made


def is_copy(variant: Variant, other: int, originals: Sequence[Original]) -> bool:
    """Whether this original may rightly be found in the variant: it is its own, or its company's."""
    shown = {originals[variant.original].group, originals[variant.company].group}
    return originals[other].group in shown


def count_recall(
    result: Result, found: Sequence[Found], search: PhotoFeatures, features: Features, variant: Variant
) -> None:
    """Count whether the variant's original is found, by hashes and by details."""
    by_hash = any(one.photo == variant.original and one.score >= ALERT_SCORE for one in found)
    proof = search.find(features, among={variant.original})
    by_details = any(one.score >= ALERT_SCORE for one in proof)
    result.quick[variant.transform].add(is_hit=by_hash)
    result.thorough[variant.transform].add(is_hit=by_hash or by_details)
    if search.find(features, among={variant.original}, has_gate=False):
        result.gate.add(is_hit=bool(proof))


def count_false(result: Result, found: Sequence[Found], variant: Variant, originals: Sequence[Original]) -> None:
    """Count what the hashes found that is no copy."""
    result.hash_pairs += sum(not is_copy(variant, other, originals) for other in range(len(originals)))
    for one in found:
        if not is_copy(variant, one.photo, originals):
            pair = f"{originals[variant.original].name} {variant.transform}"
            result.hash_false.append((one.score, pair, originals[one.photo].name))


def nearest_of(shelf: Shelf, hashes: Sequence[Fingerprint]) -> dict[int, int]:
    """Give each original's distance from a picture, over all windows of both, where it is not hopeless."""
    nearest: dict[int, int] = {}
    for probe in probe_pdq(hashes):
        for photo, distance, _ in shelf.within(probe.bits, HOPELESS):
            nearest[photo] = min(distance, nearest.get(photo, HOPELESS))
    return nearest


def remember_nearest(
    result: Result, nearest: dict[int, int], number: int, variant: Variant, originals: Sequence[Original]
) -> None:
    """Keep the nearest pairs that are no copies."""
    for other, distance in nearest.items():
        if not is_copy(variant, other, originals):
            heapq.heappush(result.nearest, (-distance, number, other))
    while len(result.nearest) > NEAREST:
        heapq.heappop(result.nearest)


def prove_nearest(result: Result, made: Sequence[Variant], originals: Sequence[Original]) -> list[tuple[int, str, str]]:
    """Try the proof, without its gate, on the nearest pairs that are no copies; give what it found, worst first."""
    search = PhotoFeatures([one.stored for one in originals])
    pairs = defaultdict(list)
    for _, number, other in result.nearest:
        pairs[number].append(other)
    found = []
    for number, others in pairs.items():
        features = find_features(made[number].make(originals)[0].grey)
        name = f"{originals[made[number].original].name} {made[number].transform}"
        proofs = search.find(features, among=others, has_gate=False)
        found += [(proof.details or 0, name, originals[proof.photo].name) for proof in proofs]
    return sorted(found, reverse=True)


def report(result: Result, false: Sequence[tuple[int, str, str]]) -> None:
    """Print the tables as Markdown."""
    print("| change | hashes | hashes and details |\n|---|---|---|")
    for name, tally in sorted(result.thorough.items(), key=lambda item: item[1].hits / item[1].tries):
        print(f"| {name} | {result.quick[name]} | {tally} |")
    for name, stage in (("hashes", result.quick), ("hashes and details", result.thorough)):
        shares = [tally.hits / tally.tries for tally in stage.values()]
        print(f"\n{name}: mean {np.mean(shares):.4f}, worst {min(shares):.3f} over {len(shares)} changes")
    print(f"gate keeps {result.gate.hits} of {result.gate.tries} copies that the proof finds")
    certain = [one for one in result.hash_false if one[0] >= ALERT_SCORE]
    print(
        f"hash stage: {len(certain)} false alerts, {len(result.hash_false)} to look at, in {result.hash_pairs:,} pairs"
    )
    for score, pair, other in sorted(result.hash_false, reverse=True)[:10]:
        print(f"  {score} {pair} {other}")
    print(f"proof: {len(false)} found in the {len(result.nearest):,} nearest pairs that are no copies")
    for details, pair, other in false[:10]:
        print(f"  {details} {pair} {other}")


def main() -> None:
    """Evaluate and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=Path)
    arguments.add_argument("--tiles", action="store_true")
    arguments.add_argument("--originals", type=int, default=10_000)
    options = arguments.parse_args()
    originals = load(options.folders, at_most=options.originals, with_tiles=options.tiles)
    whole = sum("/" not in one.name for one in originals)
    print(f"{whole} originals, {len(originals) - whole} tiles, {os.cpu_count()} cores\n")
    result, made = evaluate(originals)
    report(result, prove_nearest(result, made, originals))


if __name__ == "__main__":
    main()
