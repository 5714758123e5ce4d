"""How fast pictures are compared, on one core, beside named baselines. `make bench` prints this table.

    python benchmarks/images.py [PICTURE]

Without a picture one of 1080 × 810 is drawn. Every line has the median and the best of its runs.
"""

import os

os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})

import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import cv2
import imagehash
import numpy as np
import pdqhash
from PIL import Image, ImageDraw

from monitors.matching.images.bank import Bank
from monitors.matching.images.contents import read_words, score_imagery
from monitors.matching.images.copies import Looked, PhotoFeatures
from monitors.matching.images.decoder import decode_frames, decode_picture
from monitors.matching.images.faces.dlib_encoder import DlibEncoder, locate_models
from monitors.matching.images.features import find_features
from monitors.matching.images.fingerprint import fingerprint, fingerprint_reference, read_moments
from monitors.matching.images.hashes import HashTable
from monitors.matching.images.windows import hash_crops, hash_parts
from monitors.matching.images.workshop.transforms import crop, inset
from monitors.records import Fingerprint
from tests.matching.images.pictures import a_scene, encode


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one run: the median, and the best, which other work on the machine disturbs least."""

    median: float
    best: float


Line = tuple[str, Timing, str]


def measure(work: Callable[[], object], *, seconds: float = 2.0) -> Timing:
    """Time as many runs as fit, at least seven."""
    work()
    runs: list[float] = []
    while len(runs) < 7 or sum(runs) < seconds * 1000:
        start = time.perf_counter()
        work()
        runs.append((time.perf_counter() - start) * 1000)
    return Timing(statistics.median(runs), min(runs))


def draw() -> bytes:
    """A scene with the grain of a phone's camera."""
    grain = np.random.default_rng(3).normal(0, 4, (810, 1080, 3))
    pixels = np.clip(np.asarray(a_scene(size=(1080, 810)), dtype=np.float64) + grain, 0, 255)
    return encode(Image.fromarray(pixels.astype(np.uint8)), "JPEG", quality=85)


def time_fingerprint(content: bytes) -> list[Line]:
    """The whole cheap fingerprint, beside decoding alone and what others take for one hash."""
    full = Image.open(BytesIO(content)).convert("RGB")
    pixels = np.asarray(full)
    [moment] = read_moments(content)
    return [
        ("fingerprint: decode in its process, PDQ, 17 parts, pHash", measure(lambda: fingerprint(content)), "ours"),
        ("  decode to 512 grey, in its process", measure(lambda: read_moments(content)), "with PDQ"),
        ("  hashes of 17 parts", measure(lambda: hash_parts(moment.grey)), ""),
        ("decode the full picture in its process", measure(lambda: decode_frames(content, at_most=1)), "limit"),
        ("decode the full picture here", measure(lambda: Image.open(BytesIO(content)).convert("RGB")), "limit"),
        ("imagehash.phash, already decoded", measure(lambda: imagehash.phash(full)), "goal"),
        ("pdqhash.compute, already decoded", measure(lambda: pdqhash.compute(pixels)), ""),
        ("imagehash.crop_resistant_hash, already decoded", measure(lambda: imagehash.crop_resistant_hash(full)), ""),
        ("reference photo: 8 forms, 62 crops, features", measure(lambda: fingerprint_reference(content, with_features=True)), "once"),
        ("  hashes of 62 crops", measure(lambda: hash_crops(moment.grey)), ""),
    ]  # fmt: skip


def time_scan() -> list[Line]:
    """One query among a million hashes."""
    table = HashTable([np.random.default_rng(1).integers(0, 256, (1_000_000, 32), dtype=np.uint8)])
    return [("scan of 1,000,000 hashes, one query", measure(lambda: table.within("5a" * 32, 52)), "goal 10")]


def time_bank() -> list[Line]:
    """Ten thousand profiles with ten photos each, and one picture with its parts."""
    base = fingerprint_reference(encode(a_scene()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bank = Bank([base] * 100_000)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    other: tuple[Fingerprint, ...] = fingerprint(encode(a_scene(2)))
    return [
        ("100,000 photos with all forms and crops: one picture, 18 hashes", measure(lambda: bank.find(other)), f"{grown:.0f} MB"),
    ]  # fmt: skip


def time_retro_match() -> list[Line]:
    """A new profile's ten photos against stored hashes: what happens when a photo is added."""
    bank = Bank([fingerprint_reference(encode(a_scene(seed))) for seed in range(10)])
    stored = [fingerprint(encode(a_scene(seed))) for seed in range(20, 30)] * 10
    timing = measure(lambda: [bank.find(picture) for picture in stored])
    in_ten_minutes = 600_000 / timing.median * len(stored)
    return [("100 stored pictures against ten new photos", timing, f"{in_ten_minutes:,.0f} in 10 minutes")]


def time_parts_of_photos() -> list[Line]:
    """One candidate against a profile's ten photos, features cached."""
    photos = PhotoFeatures([fingerprint_reference(encode(a_scene(seed)), with_features=True) for seed in range(10)])
    copy, other = (
        read_moments(encode(image, "JPEG"))[0] for image in (inset(crop(a_scene(3), 0.3), a_scene(40)), a_scene(41))
    )
    return [
        ("features of one picture", measure(lambda: find_features(other.grey)), ""),
        ("a picture that holds a part of one of ten photos", measure(lambda: photos.find(Looked(copy))), "goal 150"),
        ("a picture that holds none of ten photos", measure(lambda: photos.find(Looked(other))), "goal 150"),
    ]  # fmt: skip


def time_contents(content: bytes) -> list[Line]:
    """What a picture shows, by models: for every picture of a post, where the extra ``images`` is installed."""
    page = Image.new("RGB", (720, 1280), "white")
    for line in range(10):
        ImageDraw.Draw(page).text((40, 60 + 110 * line), "see you at three by the library", "black", font_size=30)
    screenshot = encode(page, "JPEG", quality=80)
    return [
        ("words in a photo", measure(lambda: read_words(content)), ""),
        ("words in a screenshot of ten lines", measure(lambda: read_words(screenshot)), ""),
        ("how sexual a picture may be", measure(lambda: score_imagery(content)), ""),
    ]


def time_faces(content: bytes) -> list[Line]:
    """The operator's model, if dlib is installed with its files."""
    models = locate_models()
    if models is None or not find_spec("dlib"):
        return []
    encoder, picture = DlibEncoder(models), decode_picture(content, fit=640)
    return [("faces in a picture of 640 pixels, dlib", measure(lambda: encoder.find_faces(picture)), "one core")]


def lines(content: bytes) -> Iterator[Line]:
    """Give every line of the table as it is measured."""
    yield from time_bank()  # first: what it adds to the peak of memory is what it takes
    yield from time_fingerprint(content)
    yield from time_scan()
    yield from time_parts_of_photos()
    yield from time_contents(content)
    yield from time_faces(content)
    yield from time_retro_match()


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    content = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else draw()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; picture of {len(content):,} bytes\n")
    print(f"{'milliseconds':<68} {'median':>9} {'best':>9}")
    for name, timing, note in lines(content):
        print(f"{name:<68} {timing.median:9.2f} {timing.best:9.2f}  {note}", flush=True)


if __name__ == "__main__":
    main()
