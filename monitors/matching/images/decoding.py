"""Keeping a decoding process warm, asking it, and doing without it when a picture kills it."""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from monitors.matching.images.frames import Frame, Reading, UnreadableError, Wish
from monitors.matching.images.pixels import MAX_BYTES
from monitors.matching.images.worker import ANSWER, REQUEST

WALL_SECONDS: Final = 30.0
"""How long a picture may take by the clock; its processor time is limited to less in the process itself."""
PICTURES_A_PROCESS: Final = 2_000
"""Then a fresh one starts, so that what a decoder leaks stays small."""
_PIPE_BYTES: Final = 2**20


@dataclass(slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    owner: int
    """The process that started it: after a fork, the child must not talk into its parent's pipes."""
    left: int = PICTURES_A_PROCESS

    def is_spent(self) -> bool:
        """Whether another one should be started."""
        return self.owner != os.getpid() or self.left < 1 or self.process.poll() is not None


class DecodingProcess:
    """One process that decodes, started when first asked and again whenever it died. Threads take turns."""

    def __init__(self, *, wall_seconds: float = WALL_SECONDS) -> None:
        self._wall_seconds = wall_seconds
        self._turn = threading.Lock()
        self._running: _Running | None = None

    def read_frames(self, content: bytes, wish: Wish) -> Reading:
        """Decode there. Raises UnreadableError; also ``too_slow`` and ``decoder_died``, which cost the process."""
        if len(content) > MAX_BYTES:
            raise UnreadableError("too_large")
        with self._turn:
            running = self._ready()
            try:
                return _ask(running.process, content, wish, time.monotonic() + self._wall_seconds)
            except TimeoutError as error:
                self._stop()
                raise UnreadableError("too_slow") from error
            except OSError as error:
                raise UnreadableError(_name_death(self._stop())) from error

    def close(self) -> None:
        """End the process; the next picture starts another."""
        with self._turn:
            self._stop()

    def _ready(self) -> _Running:
        if self._running and self._running.is_spent():
            self._stop()
        self._running = self._running or _Running(_start(), os.getpid())
        self._running.left -= 1
        return self._running

    def _stop(self) -> int:
        """End it and give its exit code, or minus the signal that ended it."""
        running, self._running = self._running, None
        if running is None or running.owner != os.getpid():
            return 0
        try:
            running.process.wait(0.1)
        except subprocess.TimeoutExpired:
            running.process.kill()
        with running.process as process:
            return process.wait()


def _name_death(code: int) -> str:
    """Out of processor time is the picture's doing; every other death is a decoder's fault, and worth a look."""
    return "too_slow" if code == -signal.SIGXCPU else "decoder_died"


def _start() -> subprocess.Popen[bytes]:
    """Start it with nothing of our environment but the way to the code: the master key may be in there."""
    surroundings = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "MALLOC_ARENA_MAX": "2"}
    command = [sys.executable, "-m", "monitors.matching.images.worker"]
    process = subprocess.Popen(  # noqa: S603 - our own code, no word from outside
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=surroundings, cwd="/"
    )
    for pipe in _pipes(process):
        os.set_blocking(pipe, False)
        _widen(pipe)
    return process


def _ask(process: subprocess.Popen[bytes], content: bytes, wish: Wish, until: float) -> Reading:
    requests, answers = _pipes(process)
    _send(requests, REQUEST.pack(len(content), wish.fit or 0, wish.at_most, wish.is_grey) + content, until)
    (length,) = ANSWER.unpack(_receive(answers, ANSWER.size, until))
    head = json.loads(_receive(answers, length, until))
    if "problem" in head:
        raise UnreadableError(head["problem"])
    depth = 1 if wish.is_grey else 3
    frames = tuple(
        Frame(width=width, height=height, pixels=_receive(answers, width * height * depth, until))
        for width, height in head["frames"]
    )
    width, height = head["declared"]
    return Reading(format=head["format"], frame_count=head["frame_count"], declared=(width, height), frames=frames)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    if process.stdin is None or process.stdout is None:
        raise BrokenPipeError
    return process.stdin.fileno(), process.stdout.fileno()


def _send(pipe: int, content: bytes, until: float) -> None:
    rest = memoryview(content)
    while rest:
        _wait(pipe, select.POLLOUT, until)
        rest = rest[os.write(pipe, rest[:_PIPE_BYTES]) :]


def _receive(pipe: int, length: int, until: float) -> bytearray:
    received = bytearray()
    while len(received) < length:
        _wait(pipe, select.POLLIN, until)
        part = os.read(pipe, min(length - len(received), _PIPE_BYTES))
        if not part:
            raise BrokenPipeError
        received += part
    return received


def _wait(pipe: int, event: int, until: float) -> None:
    poll = select.poll()
    poll.register(pipe, event)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
        raise TimeoutError


def _widen(pipe: int) -> None:
    """Let more than 64 KB into a pipe at once, where the system can."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
