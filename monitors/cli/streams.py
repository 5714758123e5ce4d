"""Opening what a command reads."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import cast

from monitors.errors import BadInputError

STANDARD_INPUT = "-"


@contextmanager
def open_input(name: str) -> Iterator[BufferedReader]:
    """Open a file for reading bytes; ``-`` is standard input, ``.gz`` is unpacked.

    Raises BadInputError, also for what is damaged further on, when what came before it has been read.
    """
    if name == STANDARD_INPUT:
        yield cast("BufferedReader", sys.stdin.buffer)
        return
    try:
        # A GzipFile is read like a BufferedReader, though it is none.
        stream = cast("BufferedReader", gzip.open(name)) if name.endswith(".gz") else open(name, "rb")  # noqa: PTH123, SIM115
    except OSError as error:
        raise BadInputError(error.strerror or "cannot be read", file=name) from error
    with stream:
        try:
            yield stream
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInputError("is damaged", file=name) from error
