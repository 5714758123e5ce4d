"""``shouwang score`` without the command line: JSON Lines in, one dictionary a text out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final

from monitors.errors import BadInputError
from monitors.scoring.scorer import Reading, Scorer

_AT_ONCE: Final = 256
_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    id: str
    text: str
    target: str | None


def score_lines(
    scorer: Scorer, stream: BinaryIO, *, file: str, problems: list[BadInputError]
) -> Iterator[dict[str, object]]:
    """Give ``{"id","scores","abusive","labels","stance","nearest"}`` for every line ``{"id","text"[,"target"]}``.

    A line that cannot be read goes into ``problems`` with its place and the rest goes on. A text with nothing to
    read has ``scores`` and ``abusive`` null. At most 256 texts are held at a time.
    """
    lines = _read_lines(stream, file, problems)
    while chunk := list(islice(lines, _AT_ONCE)):
        readings = scorer.score_texts(
            [line.text for line in chunk], [[line.target] if line.target else [] for line in chunk]
        )
        yield from (_to_output(line, reading) for line, reading in zip(chunk, readings, strict=True))


def _to_output(line: _Line, reading: Reading) -> dict[str, object]:
    return {
        "id": line.id,
        "scores": {score.category.value: round(score.probability, _DECIMALS) for score in reading.scores} or None,
        "abusive": None if reading.abusive is None else round(reading.abusive, _DECIMALS),
        "labels": [category.value for category in reading.labels],
        "stance": reading.stance.value if reading.stance else None,
        "nearest": reading.nearest,
    }


def _read_lines(stream: BinaryIO, file: str, problems: list[BadInputError]) -> Iterator[_Line]:
    for number, content in enumerate(stream, start=1):
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
