"""Writes the reference vectors that CI compares the shipped encoder with, so that CI needs no torch.

    python -m monitors.scoring.workshop.golden PACKED_FOLDER

One sentence a line is read from ``tests/scoring/golden/sentences.txt``.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from monitors.scoring.manifest import read_manifest
from monitors.scoring.onnx_encoder import SHIPPED
from monitors.scoring.st_encoder import SentenceTransformerEncoder

_FOLDER: Final = Path("tests/scoring/golden")
# Rounding a 384-number unit vector to 4 decimals moves its cosine by less than 1e-6.
_DECIMALS: Final = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Encode every sentence in 32-bit floats and write them beside their vectors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packed", type=Path)
    parser.add_argument("--folder", type=Path, default=_FOLDER)
    options = parser.parse_args(arguments)
    sentences = (options.folder / "sentences.txt").read_text(encoding="utf-8").splitlines()
    encoder = SentenceTransformerEncoder(options.packed, prefix=read_manifest(SHIPPED).prefix)
    lines = [
        json.dumps({"text": text, "vector": [round(float(number), _DECIMALS) for number in vector]}, ensure_ascii=False)
        for text, vector in zip(sentences, encoder.encode(sentences), strict=True)
    ]
    body = ",\n".join(lines)
    head = f'{{"model": "{encoder.id}", "revision": "{encoder.revision}", "sentences": [\n'
    (options.folder / "encoder_vectors.json").write_text(f"{head}{body}\n]}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
