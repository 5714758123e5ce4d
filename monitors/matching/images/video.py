"""Key frames of a video, by PyAV (extra ``images``). Runs behind the decoder's door only."""

from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any

import av

from monitors.matching.images.formats import sniff_video
from monitors.matching.images.frames import MAX_PIXELS, Reading, UnreadableError, Wish


def read_key_frames(content: bytes, wish: Wish) -> Reading:
    """Decode key frames from the whole length of a video.

    The container's format is the sniffed one and other files are refused, so that nothing in it can name a file or an
    address that is then opened.
    """
    try:
        with av.open(
            BytesIO(content), format=sniff_video(content), metadata_errors="replace", io_open=_refuse
        ) as video:
            return _read(video, wish)
    except (av.FFmpegError, IndexError) as error:
        raise UnreadableError("damaged") from error


def _read(video: Any, wish: Wish) -> Reading:
    stream = video.streams.video[0]
    declared = (stream.codec_context.width, stream.codec_context.height)
    if declared[0] * declared[1] > MAX_PIXELS:
        raise UnreadableError("too_large")
    stream.codec_context.skip_frame = "NONKEY"
    stream.thread_type = "NONE"
    frames = tuple(wish.frame(frame.to_image()) for frame in _spread(video, stream, wish.at_most))
    if not frames:
        raise UnreadableError("damaged")
    return Reading(format="VIDEO", frame_count=max(stream.frames, len(frames)), declared=declared, frames=frames)


def _spread(video: Any, stream: Any, at_most: int) -> Iterator[Any]:
    if not video.duration:
        yield from islice(video.decode(stream), at_most)
        return
    seen = set()
    for step in range(at_most):
        video.seek(video.duration * step // at_most)
        frame = next(video.decode(stream), None)
        if frame is not None and frame.pts not in seen:
            seen.add(frame.pts)
            yield frame


def _refuse(*_: object) -> object:
    raise PermissionError("a video may not open other files")
