import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from monitors.matching.images.decoding import DecodingProcess
from monitors.matching.images.frames import UnreadableError, Wish
from monitors.matching.images.worker import MEMORY
from tests.matching.images.pictures import a_jpeg, encode


@pytest.fixture
def decoding() -> Iterator[DecodingProcess]:
    process = DecodingProcess()
    yield process
    process.close()


def pid_of(decoding: DecodingProcess) -> int:
    assert decoding._running is not None
    return decoding._running.process.pid


def problem_of(decoding: DecodingProcess, content: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        decoding.read_frames(content, Wish())
    return caught.value.problem


def test_the_process_stays_warm(decoding: DecodingProcess) -> None:
    """Pictures and problems alike are answered by one process."""
    decoding.read_frames(a_jpeg(), Wish())
    first = pid_of(decoding)

    problem = problem_of(decoding, b"nothing")
    reading = decoding.read_frames(a_jpeg(), Wish())

    assert (problem, reading.format) == ("unknown_format", "JPEG")
    assert pid_of(decoding) == first


@pytest.mark.parametrize(
    ("by", "problem"),
    [(signal.SIGKILL, "decoder_died"), (signal.SIGSEGV, "decoder_died"), (signal.SIGXCPU, "too_slow")],
)
def test_a_picture_that_kills_its_decoder(decoding: DecodingProcess, by: signal.Signals, problem: str) -> None:
    """When a decoder crashes or runs out of time in the middle of a picture, that picture has a problem, the next none."""
    decoding.read_frames(a_jpeg(), Wish())
    victim = pid_of(decoding)
    os.kill(victim, signal.SIGSTOP)

    def strike() -> None:
        os.kill(victim, by)
        os.kill(victim, signal.SIGCONT)

    killer = threading.Timer(0.2, strike)
    killer.start()

    found = problem_of(decoding, a_jpeg())

    killer.join()
    assert found == problem
    assert decoding.read_frames(a_jpeg(), Wish()).format == "JPEG"


def test_a_picture_that_takes_too_long() -> None:
    """A decoder that does not answer in time is ended, and the next picture gets a new one."""
    decoding = DecodingProcess()
    decoding.read_frames(a_jpeg(), Wish())  # starting it may take its time on a busy machine
    os.kill(pid_of(decoding), signal.SIGSTOP)
    decoding._wall_seconds = 0.5

    found = problem_of(decoding, a_jpeg())

    assert found == "too_slow"
    decoding.close()


def test_a_dead_process_is_replaced(decoding: DecodingProcess) -> None:
    """A process that died between two pictures costs neither of them."""
    decoding.read_frames(a_jpeg(), Wish())
    os.kill(pid_of(decoding), signal.SIGKILL)
    os.waitid(os.P_PID, pid_of(decoding), os.WEXITED | os.WNOWAIT)

    assert decoding.read_frames(a_jpeg(), Wish()).format == "JPEG"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_knows_no_secret(decoding: DecodingProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the master key nor anything else of our environment is in the process that meets hostile bytes."""
    monkeypatch.setenv("SHOUWANG_MASTER_KEY", "very-secret")
    decoding.read_frames(a_jpeg(), Wish())

    surroundings = Path(f"/proc/{pid_of(decoding)}/environ").read_bytes()
    limits = Path(f"/proc/{pid_of(decoding)}/limits").read_text()

    assert b"very-secret" not in surroundings
    assert b"SHOUWANG" not in surroundings
    assert f"Max address space         {MEMORY}" in limits
    assert "Max file size             0" in limits


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_the_largest_picture_fits(decoding: DecodingProcess, mode: str) -> None:
    """A picture just within the limit on pixels is decoded within the limits on memory and time."""
    largest = encode(Image.new(mode, (8_000, 8_000), 1), "PNG", compress_level=1)

    reading = decoding.read_frames(largest, Wish(fit=512))

    assert reading.declared == (8_000, 8_000)
    assert (reading.frames[0].width, reading.frames[0].height) == (512, 512)


def test_threads_take_turns(decoding: DecodingProcess) -> None:
    """Many threads may ask at once; each gets its own picture."""
    shades = range(0, 250, 10)
    seen: dict[int, int] = {}

    def ask(shade: int) -> None:
        seen[shade] = decoding.read_frames(encode(Image.new("L", (40, 40), shade)), Wish()).frames[0].pixels[0]

    threads = [threading.Thread(target=ask, args=(shade,)) for shade in shades]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == {shade: shade for shade in shades}


def in_a_child(work: Callable[[], object]) -> None:
    """Fork, work, and fail if that failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: other tests may have threads
        child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(ended) == 0


def shade_of(decoding: DecodingProcess, shade: int) -> int:
    return decoding.read_frames(encode(Image.new("L", (9, 9), shade)), Wish()).frames[0].pixels[0]


def test_a_forked_child_starts_its_own(decoding: DecodingProcess) -> None:
    """After a fork (Airflow's tasks) the child does not talk into its parent's pipes."""
    decoding.read_frames(a_jpeg(), Wish())
    parents = pid_of(decoding)

    def work() -> None:
        assert shade_of(decoding, 77) == 77
        assert pid_of(decoding) != parents
        decoding.close()

    in_a_child(work)

    assert shade_of(decoding, 3) == 3
    assert pid_of(decoding) == parents


def test_a_forked_child_does_not_end_its_parents_process(decoding: DecodingProcess) -> None:
    """What a child closes on its way out is its own."""
    decoding.read_frames(a_jpeg(), Wish())
    parents = pid_of(decoding)

    in_a_child(decoding.close)

    decoding.read_frames(a_jpeg(), Wish())
    assert pid_of(decoding) == parents
