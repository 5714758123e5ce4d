"""How well a face model tells people apart: every photo against everybody's others."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from monitors.matching.images.decoder import decode_picture
from monitors.matching.images.faces.encoder import FaceEncoder
from monitors.matching.images.faces.matcher import likeness_of
from monitors.matching.images.pdq import Floats

People = Mapping[str, Sequence[Floats]]


def encode_people(folder: Path, encoder: FaceEncoder) -> People:
    """Encode the largest face of each picture; a folder of pictures is a person."""
    people: dict[str, list[Floats]] = {}
    for path in sorted(folder.rglob("*")):
        is_person = path.parent.parent.name in {"images", "train"} and path.suffix in {".png", ".jpg", ".jpeg"}
        faces = encoder.find_faces(decode_picture(path.read_bytes(), fit=640)) if is_person else []
        if faces:
            people.setdefault(path.parent.name, []).append(faces[0].vector)
    return people


def compare(people: People) -> tuple[list[float], list[float]]:
    """Give the likeness of each photo to the other photos of its person, and that of everybody else to them."""
    same, other = [], []
    for name, vectors in people.items():
        strangers = [vector for who, theirs in people.items() if who != name for vector in theirs]
        for number, vector in enumerate(vectors):
            rest = [*vectors[:number], *vectors[number + 1 :]]
            if rest:
                known = np.stack(rest)
                same.append(likeness_of(known, vector))
                other += [likeness_of(known, stranger) for stranger in strangers]
    return same, other


def report_faces(name: str, same: Sequence[float], other: Sequence[float]) -> Iterator[str]:
    """Give the points of the ROC as lines of Markdown."""
    yield f"{name}: {len(same)} photos found again among their person's others, {len(other):,} impostor comparisons"
    yield "| likeness from | found again | impostors |\n| --- | --- | --- |"
    for threshold in (0.90, 0.91, 0.92, 0.93, 0.94, 0.95):
        found, false = (sum(likeness >= threshold for likeness in side) for side in (same, other))
        yield f"| {threshold:.2f} | {found} ({found / len(same):.3f}) | {false} ({false / len(other):.4f}) |"
    yield f"closest impostor: {max(other):.4f}"
