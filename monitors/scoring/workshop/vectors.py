"""Vectors of many texts, kept outside the repository so that a second training takes seconds."""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.encoder import Encoder


class CachedEncoder:
    """An encoder that remembers on disk what it has encoded, batch by batch."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def id(self) -> str:
        """The inner encoder's name."""
        return self._encoder.id

    @property
    def revision(self) -> str:
        """The inner encoder's revision."""
        return self._encoder.revision

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The inner encoder's vectors, read from disk when the same model has seen the same batch."""
        key = sha256("\0".join([self.revision, *texts]).encode("utf-8", "replace")).hexdigest()[:24]
        path = cache_folder() / f"{key}.npy"
        if path.exists():
            stored: NDArray[np.float32] = np.load(path)
            return stored
        vectors = self._encoder.encode(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
        return vectors


def cache_folder() -> Path:
    """``SHOUWANG_CACHE``, else a folder under the user's cache."""
    return Path(os.environ.get("SHOUWANG_CACHE", Path.home() / ".cache" / "shouwang")) / "vectors"
