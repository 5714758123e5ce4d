"""The process in which pictures are decoded: small, without secrets, with little memory and little time.

It reads requests on standard input and answers on standard output until its input ends. A request: its length, ``fit``
(0: as it is), ``at_most`` and ``is_grey`` (8 + 4 + 4 + 1 bytes), then the content. An answer: the length of a JSON object (4 bytes), the object, then
the pixels of its frames.
"""

import json
import os
import resource
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from monitors.matching.images.frames import Reading, UnreadableError, Wish
from monitors.matching.images.pixels import read_frames

REQUEST: Final = struct.Struct("<QII?")
ANSWER: Final = struct.Struct("<I")
MEMORY: Final = 2 * 2**30
"""Address space. The largest picture we read takes 1.1 GB of it (tests/matching/images/test_worker.py)."""
SECONDS: Final = 20
"""Processor time of one picture; the largest takes about 3 s."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request, each within its own share of processor time."""
    while header := requests.read(REQUEST.size):
        length, fit, at_most, is_grey = REQUEST.unpack(header)
        _allow_seconds()
        head, bodies = _answer(requests.read(length), Wish(fit=fit or None, at_most=at_most, is_grey=is_grey))
        answers.write(ANSWER.pack(len(head)) + head)
        answers.writelines(bodies)
        answers.flush()


def _answer(content: bytes, wish: Wish) -> tuple[bytes, tuple[bytes | bytearray, ...]]:
    try:
        reading = read_frames(content, wish)
    except UnreadableError as error:
        return json.dumps({"problem": error.problem}).encode(), ()
    return _head_of(reading), tuple(frame.pixels for frame in reading.frames)


def _head_of(reading: Reading) -> bytes:
    head = {
        "format": reading.format,
        "frame_count": reading.frame_count,
        "declared": reading.declared,
        "frames": [(frame.width, frame.height) for frame in reading.frames],
    }
    return json.dumps(head).encode()


def _allow_seconds() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def lock_down() -> None:
    """Give up what decoding does not need: memory beyond the limit, writing files, dumping core."""
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        # macOS has no limit on address space; there the other guards have to do.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))


def main() -> None:
    """Serve standard input and output; whatever a library prints goes nowhere."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    lock_down()
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
