"""``shouwang score`` without the command line: JSON Lines in, one dictionary a text out."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import count, islice
from typing import Any, Final

from monitors.errors import BadInputError
from monitors.scoring.scorer import Reading, Scorer

_AT_ONCE: Final = 256
_BLOCK: Final = 1 << 18
_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    id: str
    text: str
    target: str | None


def score_lines(
    scorer: Scorer, stream: BufferedIOBase, *, file: str, problems: list[BadInputError]
) -> Iterator[dict[str, object]]:
    """Give ``{"id","scores","abusive","labels","stance","nearest"}`` for every line ``{"id","text"[,"target"]}``.

    A line that cannot be read goes into ``problems`` with its place and the rest goes on. A text with nothing to
    read has ``scores`` and ``abusive`` null. What has come is scored without waiting for more; at most 256 texts
    are scored, and about 256 KiB read, at a time.
    """
    numbers = count(1)
    for arrived in _arrivals(stream):
        lines = _read_lines(zip(arrived, numbers, strict=False), file, problems)
        while chunk := list(islice(lines, _AT_ONCE)):
            readings = scorer.score_texts(
                [line.text for line in chunk], [[line.target] if line.target else [] for line in chunk]
            )
            yield from (_to_output(line, reading) for line, reading in zip(chunk, readings, strict=True))


def _arrivals(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """Whole lines, as many as are there: a file gives a block of them, a pipe what was written meanwhile."""
    held = bytearray()
    while block := stream.read1(_BLOCK):
        held += block
        end = held.rfind(b"\n", len(held) - len(block))
        if end >= 0:
            yield bytes(held[:end]).split(b"\n")
            del held[: end + 1]
    if held:
        yield [bytes(held)]


def _to_output(line: _Line, reading: Reading) -> dict[str, object]:
    return {
        "id": line.id,
        "scores": {score.category.value: round(score.probability, _DECIMALS) for score in reading.scores} or None,
        "abusive": None if reading.abusive is None else round(reading.abusive, _DECIMALS),
        "labels": [category.value for category in reading.labels],
        "stance": reading.stance.value if reading.stance else None,
        "nearest": reading.nearest,
    }


def _read_lines(numbered: Iterable[tuple[bytes, int]], file: str, problems: list[BadInputError]) -> Iterator[_Line]:
    for content, number in numbered:
        if content.strip():
            try:
                yield _to_line(_to_fields(content))
            except _Fault as fault:
                problems.append(BadInputError(fault.reason, file=file, line=number, field=fault.field))


class _Fault(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason, self.field = reason, field


def _to_fields(content: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _Fault("is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _Fault("is not JSON") from error
    if not isinstance(fields, dict):
        raise _Fault("must be an object")
    return fields


def _to_line(fields: dict[str, Any]) -> _Line:
    for name in ("id", "text"):
        if name not in fields:
            raise _Fault("is missing", name)
    for name in ("id", "text", "target"):
        if not isinstance(fields.get(name, ""), str) and not (name == "target" and fields[name] is None):
            raise _Fault("must be a string", name)
    return _Line(id=fields["id"], text=fields["text"], target=fields.get("target") or None)
