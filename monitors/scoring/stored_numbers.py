"""Reading ``.npz`` files that something else vouches for."""

import zipfile
import zlib
from collections.abc import Iterable
from hashlib import sha256 as sha256_of
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.encoder import ModelError

ADVICE: Final = (
    "Reinstall Shouwang, or fit the heads again for this encoder (python -m monitors.scoring.workshop.train_heads)."
)
_DAMAGED: Final = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


def read_numbers(path: Path, names: Iterable[str], *, sha256: str) -> dict[str, NDArray[Any]]:
    """The named arrays of a file; ``ModelError`` names the file when it cannot be read or has another sha256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({type(error).__name__})", advice=ADVICE) from error
    if sha256_of(content).hexdigest() != sha256:
        raise ModelError(f"{path}: is not the file that heads.json speaks of", advice=ADVICE)
    try:
        with np.load(BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in names}
    except _DAMAGED as error:
        raise ModelError(f"{path}: has no such numbers ({type(error).__name__})", advice=ADVICE) from error
