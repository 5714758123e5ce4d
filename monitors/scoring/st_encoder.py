"""The reference encoder: sentence-transformers, for any model by name or folder, training and GPUs."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.encoder import ModelError, printable, unit_rows
from monitors.scoring.packed import is_packed, load_packed

_BATCH: Final = 32


class SentenceTransformerEncoder:
    """Runs any sentence-transformers model: a hub id, a folder, or a packed folder.

    ``prefix`` is what the model's card asks to put before each text. The model is loaded at once, since its
    dimension and revision are not known before.
    """

    def __init__(self, model: str | Path, *, prefix: str = "", device: str = "cpu", threads: int = 0) -> None:
        self._model = _load(model, device=device, threads=threads)
        self._prefix = prefix
        self._id = Path(model).name if Path(model).is_dir() else str(model)
        self._revision = _weights_revision(self._model, prefix)

    @property
    def id(self) -> str:
        """The model's name, for people."""
        return self._id

    @property
    def revision(self) -> str:
        """Made from the weights themselves, whichever way they were stored."""
        return self._revision

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, each of length 1."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            [self._prefix + printable(text) for text in texts],
            batch_size=_BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return unit_rows(np.asarray(vectors, dtype=np.float32))


def _load(model: str | Path, *, device: str, threads: int) -> Any:
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelError(
            "sentence-transformers is not installed", advice="pip install 'shouwang[sentence-transformers]'"
        ) from error
    if threads:
        torch.set_num_threads(threads)
    folder = Path(model)
    if is_packed(folder):
        return load_packed(folder, device=device)
    try:
        # Weights stored in 16 bits would be run in 16 bits too, which a CPU does slowly and roughly.
        precision = {"dtype": torch.float32} if device == "cpu" else {}
        return SentenceTransformer(str(model), device=device, model_kwargs=precision)
    except OSError as error:
        raise ModelError(f"{model}: sentence-transformers cannot load it") from error


def _weights_revision(model: Any, prefix: str) -> str:
    digest = sha256(prefix.encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]
