from pathlib import Path

import numpy as np
import pytest

from monitors.matching.images.evaluate import Variant, evaluate, list_variants, report
from monitors.matching.images.workshop.counts import wilson
from monitors.matching.images.workshop.originals import cut_tiles, read_originals
from monitors.matching.images.workshop.transforms import TRANSFORMS
from tests.matching.images.pictures import a_scene, encode


def a_folder(root: Path, **pictures: bytes) -> list[Path]:
    paths = [root / f"{name}.jpg" for name in pictures]
    for path, content in zip(paths, pictures.values(), strict=True):
        path.write_bytes(content)
    return paths


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_change_is_the_same_each_time(name: str) -> None:
    """Every change gives a picture, and the same one from the same random numbers."""
    image, other = (a_scene(seed, (320, 240)) for seed in (1, 2))

    once, again = (TRANSFORMS[name](image, other, np.random.default_rng(5)) for _ in range(2))

    assert once.mode == "RGB"
    assert min(once.size) >= 100
    assert once.tobytes() == again.tobytes()


def test_pictures_that_show_the_same_are_one_group(tmp_path: Path) -> None:
    """Only pairs that show different things can be false: a crop of another original is in its group."""
    paths = a_folder(
        tmp_path,
        one=encode(a_scene(1), "JPEG"),
        part=encode(a_scene(1).crop((200, 100, 640, 480)), "JPEG"),
        two=encode(a_scene(2), "JPEG"),
        small=encode(a_scene(3, (90, 60)), "JPEG"),
        text=b"no picture",
    )

    originals = read_originals(iter(paths))

    assert [(original.name, original.group) for original in originals] == [
        ("one.jpg", 0),
        ("part.jpg", 0),
        ("two.jpg", 2),
    ]


def test_counts_what_is_found(tmp_path: Path) -> None:
    """Recall is counted by change and stage, false pairs over everything that is no copy."""
    paths = a_folder(tmp_path, **{f"p{seed}": encode(a_scene(seed), "JPEG") for seed in range(10)})
    wholes = read_originals(iter(paths))
    originals = [*wholes, *cut_tiles(wholes[:1])]
    variants = [
        Variant(transform="jpeg_30", original=0, company=7),
        Variant(transform="corner_15_45", original=1, company=8),
        Variant(transform="phone", original=10, company=2),
    ]

    counts = evaluate(originals, variants)
    together = evaluate(originals, variants, workers=2)

    assert (counts.quick["jpeg_30"].hits, counts.thorough["corner_15_45"].hits) == (1, 1)
    assert "phone" not in counts.quick
    of_variants, of_originals = (14 - 6) + (14 - 2) + (14 - 6), 5 * (14 - 5) + 9 * (14 - 1)
    assert counts.hash_pairs == of_variants + of_originals
    assert (counts.hash_false, counts.proof_false) == ([], [])
    assert counts.proved == len(counts.nearest) > 50
    assert list(report(together)) == list(report(counts))
    assert counts.gate.hits == counts.gate.tries
    assert "| jpeg_30 | 1.000 (0.21 to 1.00) | 1.000 (0.21 to 1.00) |" in "\n".join(report(counts))


def test_tiles_go_through_fewer_changes(tmp_path: Path) -> None:
    """Every change is tried on whole pictures, some on tiles."""
    wholes = read_originals(iter(a_folder(tmp_path, one=encode(a_scene(1), "JPEG"))))
    tiles = list(cut_tiles(wholes))

    assert len(list_variants(wholes)) == len(TRANSFORMS)
    assert len(tiles) == 4
    assert len(list_variants(tiles)) == 4 * 5


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"), [(0, 0, 0, 1), (10, 10, 0.72, 1), (0, 10, 0, 0.28), (50, 100, 0.40, 0.60)]
)
def test_intervals_are_wilsons(hits: int, tries: int, low: float, high: float) -> None:
    """Intervals are right where a share is 0 or 1 too."""
    assert wilson(hits, tries) == pytest.approx((low, high), abs=0.01)
