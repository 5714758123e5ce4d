"""What every encoder promises: texts in, one vector a text out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitors.errors import StopRun


class ModelError(StopRun):
    """Files of the model are missing, damaged or do not fit each other; the message names the file.

    Posts stay queued as unscored and are scored later.
    """


class Encoder(Protocol):
    """Turns texts into vectors whose dot product says how alike they are.

    Every implementation keeps the order of its input, gives the same vector for the same text whatever
    else is in the batch (to the last few bits), and takes any string: empty, blank, of any script or length.
    """

    @property
    def id(self) -> str:
        """The model's name, for people."""
        ...

    @property
    def revision(self) -> str:
        """Changes whenever the vectors may change; made from the sha256 of the model's files."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text; ``(0, dimension)`` for no texts.

        Rows have length 1, or are all zeros where the model found nothing to read in a text.
        """
        ...


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows scaled to length 1; a row of zeros stays as it is."""
    lengths = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    scaled: NDArray[np.float32] = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
    return scaled


def printable(text: str) -> str:
    """The text without lone surrogates, which JSON may carry and no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
