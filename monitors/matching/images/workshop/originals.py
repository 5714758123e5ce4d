"""The pictures that copies are made of: what is at hand, read once and grouped by what they show."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image

from monitors.matching.images.bank import Bank
from monitors.matching.images.copies import Looked, PhotoFeatures
from monitors.matching.images.decoder import PictureError, decode_picture
from monitors.matching.images.fingerprint import fingerprint_moments, fingerprint_reference, read_moments
from monitors.records import Fingerprint

_LARGEST: Final = 800
_SMALLEST: Final = 250
"""A shorter side below this is an icon."""
_SMALLEST_TILE: Final = 100
# Photographs only: hand-drawn logos, retinas and galaxies are nobody's holiday.
_INSTALLED: Final = {
    "skimage": {"astronaut", "camera", "chelsea", "coffee", "coins", "motorcycle_left", "rocket", "brick", "grass", "gravel"},
    "sklearn": {"china", "flower"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A picture, and which others show the same thing: only pairs across groups can be false."""

    name: str
    image: Image.Image
    group: int
    stored: tuple[Fingerprint, ...]
    is_tile: bool = False
    has_details: bool = True


def data_folder() -> Path:
    """Give the folder of data for measuring."""
    return Path(os.environ.get("SHOUWANG_DATA", "../shared/data"))


def find_pictures() -> Iterator[Path]:
    """Give the files that are there: those of the data folder, then those that came with installed packages."""
    images, faces = data_folder() / "images", data_folder() / "faces"
    yield from sorted((images / "originals").glob("*"))
    yield from sorted((images / "distractors").glob("*"))
    yield from sorted((images / "pdq").rglob("aaa-orig.jpg"))
    yield from sorted(path for path in faces.rglob("*") if path.suffix in {".jpg", ".jpeg", ".png"})
    for package, wanted in _INSTALLED.items():
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield from sorted(path for path in Path(folder).rglob("*.[jp][pn]g") if path.stem in wanted)


def read_originals(paths: Iterator[Path]) -> list[Original]:
    """Read pictures, leave out what is too small or no picture, and group those that show the same thing."""
    originals: list[Original] = []
    for path in paths:
        try:
            picture = decode_picture(path.read_bytes(), fit=_LARGEST)
        except PictureError:
            continue
        if min(picture.declared) >= _SMALLEST:
            originals.append(to_original(path.name, Image.fromarray(picture.pixels), len(originals)))
    return _group(originals)


def choose(paths: Iterable[Path], number: int) -> Iterator[Path]:
    """Give so many of the files, the same ones each time and by no taste of anybody's."""
    yield from sorted(sorted(paths), key=lambda path: sha256(path.name.encode()).digest())[:number]


def cut_tiles(originals: Sequence[Original], sides: int = 2, *, with_details: bool = True) -> Iterator[Original]:
    """Give the ``sides`` × ``sides`` parts of those pictures that are large enough: more pictures to be mistaken for."""
    for original in originals:
        width, height = (side // sides for side in original.image.size)
        for number in range(sides * sides) if min(width, height) >= _SMALLEST_TILE else ():
            left, top = width * (number % sides), height * (number // sides)
            tile = original.image.crop((left, top, left + width, top + height))
            name = f"{original.name}/{sides}.{number}"
            yield replace(to_original(name, tile, original.group, with_details=with_details), is_tile=True)


def to_original(name: str, image: Image.Image, group: int, *, with_details: bool = True) -> Original:
    """Reduce a picture to what is stored of a reference photo."""
    stored = fingerprint_reference(to_jpeg(image, 92), with_features=with_details)
    return Original(name=name, image=image, group=group, stored=stored, has_details=with_details)


def to_jpeg(image: Image.Image, quality: int) -> bytes:
    """Save a picture as JPEG."""
    file = BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()


def _group(originals: Sequence[Original]) -> list[Original]:
    """Put pictures that are the same, or hold parts of each other, into one group."""
    groups = list(range(len(originals)))
    for number, same in _find_same(originals):
        old, new = max(groups[same], groups[number]), min(groups[same], groups[number])
        groups = [new if group == old else group for group in groups]
    return [replace(original, group=group) for original, group in zip(originals, groups, strict=True)]


def _find_same(originals: Sequence[Original]) -> Iterator[tuple[int, int]]:
    stored = [original.stored for original in originals]
    details, bank = PhotoFeatures(stored), Bank(stored)
    for number, original in enumerate(originals):
        moments = read_moments(to_jpeg(original.image, 92))
        for found in (*details.find(Looked(moments[0])), *bank.find(fingerprint_moments(moments))):
            yield number, found.photo
