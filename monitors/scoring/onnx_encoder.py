"""The default encoder: an ONNX file run by onnxruntime, without torch."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from monitors.scoring.encoder import ModelError, printable, unit_rows
from monitors.scoring.manifest import read_manifest, verify_files

SHIPPED: Final = Path(__file__).parent / "model"
"""Folder of the model that comes with the package."""

# Padding is wasted work, so texts of one length go together. 32: on two cores a batch of 16 is as fast and one
# of 128 slower (2026-11-23, 40-character posts); it bounds memory at 32 texts of max_tokens.
_BATCH: Final = 32


class OnnxEncoder:
    """Runs the model of a folder; the files are checked and loaded at the first text.

    ``threads`` 0 means every core. One instance may be used from several threads.
    """

    def __init__(self, folder: Path = SHIPPED, *, threads: int = 0) -> None:
        self._folder = folder
        self._threads = threads
        self._manifest = read_manifest(folder)
        self._lock = threading.Lock()
        self._parts: tuple[Any, Any] | None = None

    @property
    def id(self) -> str:
        """The model's name, for people."""
        return self._manifest.id

    @property
    def revision(self) -> str:
        """Changes with any file of the model."""
        return self._manifest.revision

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._manifest.dimension

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, each of length 1."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return vectors
        tokenizer, session = self._load()
        pieces = tokenizer.encode_batch([self._manifest.prefix + printable(text) for text in texts])
        ids = [piece.ids for piece in pieces]
        for batch in _batches_by_length(ids):
            vectors[batch] = self._run(session, [ids[row] for row in batch])
        return vectors

    def _run(self, session: Any, ids: list[list[int]]) -> NDArray[np.float32]:
        tokens, mask = _padded(ids)
        (states,) = session.run(None, {"input_ids": tokens, "attention_mask": mask})
        if states.shape[-1] != self.dimension:
            raise ModelError(f"{self._folder}: vectors have {states.shape[-1]} numbers, manifest says {self.dimension}")
        return unit_rows(_mean_of_tokens(states, mask))

    def _load(self) -> tuple[Any, Any]:
        with self._lock:
            if self._parts is None:
                verify_files(self._folder, self._manifest)
                self._parts = self._load_tokenizer(), self._load_session()
            return self._parts

    def _load_tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(self._manifest.max_tokens)
        tokenizer.no_padding()
        return tokenizer

    def _load_session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # A thread that waits for work sleeps: the machine is shared with a crawler, a database and a search store.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = self._folder / "encoder.onnx"
        try:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own classes share no base but Exception
            raise ModelError(f"{path}: onnxruntime cannot run it") from error


def _batches_by_length(ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    for start in range(0, len(order), _BATCH):
        yield order[start : start + _BATCH]


def _padded(ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids as a rectangle, and 1 where there is a token."""
    width = max(map(len, ids))
    tokens = np.zeros((len(ids), width), dtype=np.int64)
    mask = np.zeros((len(ids), width), dtype=np.int64)
    for row, tokens_of_text in enumerate(ids):
        tokens[row, : len(tokens_of_text)] = tokens_of_text
        mask[row, : len(tokens_of_text)] = 1
    return tokens, mask


def _mean_of_tokens(states: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    weights = mask.astype(np.float32)
    total: NDArray[np.float32] = np.einsum("blh,bl->bh", states, weights)
    mean: NDArray[np.float32] = total / weights.sum(axis=1, keepdims=True)
    return mean
