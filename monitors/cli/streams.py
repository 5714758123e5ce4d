"""Opening what a command reads."""

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from monitors.errors import BadInputError

STANDARD_INPUT = "-"


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """Open a file for reading bytes; ``-`` is standard input, ``.gz`` is unpacked. Raises BadInputError."""
    if name == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        stream = cast("BinaryIO", gzip.open(name)) if name.endswith(".gz") else open(name, "rb")  # noqa: PTH123, SIM115
    except OSError as error:
        raise BadInputError(error.strerror or "cannot be read", file=name) from error
    with stream:
        yield stream
