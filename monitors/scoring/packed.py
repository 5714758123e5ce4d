"""Reads the packed folder that the workshop starts from: 4-bit weights in blocks of 32, a tenth of the size."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WEIGHTS: Final = "weights.q.safetensors"
_BLOCK: Final = 32
_COPIED: Final = ("config.json", "tokenizer.json", "tokenizer_config.json", "modules.json", "sentence_bert_config.json")


def is_packed(folder: Path) -> bool:
    """Whether the folder holds packed weights."""
    return (folder / WEIGHTS).is_file()


def unpack_weights(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Every tensor of the model by its usual name, as 32-bit floats.

    A packed matrix is stored as two tensors: ``<name>.q``, two weights a byte (the low half belongs to the
    first 16 weights of a block), and ``<name>.d``, one scale a block. A weight is ``(nibble - 8) * scale``.
    """
    from safetensors.numpy import load_file

    stored = load_file(str(folder / WEIGHTS))
    weights = {name: array.astype(np.float32) for name, array in stored.items() if not name.endswith((".q", ".d"))}
    for name in (name.removesuffix(".q") for name in stored if name.endswith(".q")):
        weights[name] = _unpack(stored[f"{name}.q"], stored[f"{name}.d"])
    return weights


def load_packed(folder: Path, *, device: str = "cpu") -> Any:
    """The packed folder as a ``SentenceTransformer``; nothing is fetched."""
    import torch
    from safetensors.numpy import save_file
    from sentence_transformers import SentenceTransformer

    with TemporaryDirectory() as name:
        unpacked = Path(name)
        save_file(unpack_weights(folder), str(unpacked / "model.safetensors"), {"format": "pt"})
        for file in _COPIED:
            shutil.copy(folder / file, unpacked)
        shutil.copytree(folder / "1_Pooling", unpacked / "1_Pooling")
        (unpacked / "2_Normalize").mkdir()
        return SentenceTransformer(name, device=device, model_kwargs={"dtype": torch.float32})


def _unpack(nibbles: NDArray[np.uint8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    rows = nibbles.shape[0]
    pairs = nibbles.reshape(rows, -1, _BLOCK // 2)
    levels = np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.float32) - 8
    return (levels * scales.astype(np.float32).reshape(rows, -1, 1)).reshape(rows, -1)
