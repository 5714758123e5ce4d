"""Records as JSON and back, exactly: what the spool writes a line of and the ledger seals.

Every field is written, so that a later default changes no stored record. A field that an older version did not
write takes today's default. Times become ISO 8601 in UTC, bytes base64, enums their value, tuples arrays.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from monitors.errors import BadInputError


class Record(Protocol):
    """Any of our dataclasses."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


R = TypeVar("R", bound=Record)


class Codec(NamedTuple):
    """How one type is written and read; ``write`` is None where the value is JSON already."""

    write: Callable[[Any], Any] | None
    read: Callable[[Any], Any]


def to_json(record: Record) -> dict[str, Any]:
    """Give the record as an object of plain JSON values. Raises ValueError for a naive time."""
    written: dict[str, Any] = _of_record(type(record)).write(record)  # type: ignore[misc] # a record's is never None
    return written


def from_json(kind: type[R], content: Mapping[str, Any]) -> R:
    """Give the record back. Raises BadInputError naming the field that is missing, unknown or of a wrong type."""
    record: R = _of_record(kind).read(content)
    return record


def to_line(record: Record) -> bytes:
    """Give the record as one line of JSON without its line end; even lone surrogates of a post survive."""
    text = json.dumps(to_json(record), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def from_line(kind: type[R], line: bytes) -> R:
    """Give the record back from its line. Raises BadInputError when it is not JSON or not that record."""
    try:
        content = json.loads(line)
    except ValueError as error:
        raise BadInputError("not JSON") from error
    return from_json(kind, content)


@cache
def _of_record(kind: type[Record]) -> Codec:
    hints = get_type_hints(kind)
    codecs = {field.name: _of_type(hints[field.name]) for field in fields(kind)}
    required = [field.name for field in fields(kind) if field.default is field.default_factory is MISSING]

    def write(record: Record) -> dict[str, Any]:
        written = {}
        for name, codec in codecs.items():
            value = getattr(record, name)
            written[name] = value if codec.write is None else codec.write(value)
        return written

    def read(content: Any) -> Record:
        _check(content, dict, "object")
        _check_names(content, codecs, required)
        return kind(**{name: _read_at(name, codecs[name], value) for name, value in content.items()})

    return Codec(write, read)


def _check_names(content: Mapping[str, Any], known: Mapping[str, Codec], required: list[str]) -> None:
    for name in content:
        if name not in known:
            raise BadInputError("unknown field", field=name)
    for name in required:
        if name not in content:
            raise BadInputError("missing", field=name)


def _read_at(place: str, codec: Codec, value: Any) -> Any:
    try:
        return codec.read(value)
    except BadInputError as error:
        separator = "." if error.field and not error.field.startswith("[") else ""
        raise BadInputError(error.reason, field=f"{place}{separator}{error.field}") from error


def _of_type(hint: Any) -> Codec:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _of_optional(hint)
    if origin is tuple:
        return _of_tuple(get_args(hint))
    if origin is Mapping:
        return Codec(dict, lambda value: {key: _text(item) for key, item in _check(value, dict, "object").items()})
    if is_dataclass(hint):
        return _of_record(hint)  # type: ignore[arg-type] # a class, which typing cannot know here
    if issubclass(hint, Enum):
        return Codec(lambda value: value.value, lambda value: _enum(hint, value))
    return _PLAIN[hint]


def _of_optional(hint: Any) -> Codec:
    (inner,) = (_of_type(part) for part in get_args(hint) if part is not NoneType)
    write = inner.write
    return Codec(
        None if write is None else lambda value: None if value is None else write(value),
        lambda value: None if value is None else inner.read(value),
    )


def _of_tuple(parts: tuple[Any, ...]) -> Codec:
    repeats = parts[-1] is Ellipsis
    inner = _of_type(parts[0])

    def write(items: tuple[Any, ...]) -> list[Any]:
        return list(items) if inner.write is None else [inner.write(item) for item in items]

    def read(items: Any) -> tuple[Any, ...]:
        _check(items, list, "array")
        if not repeats and len(items) != len(parts):
            raise BadInputError(f"not {len(parts)} items")
        return tuple(_read_at(f"[{number}]", inner, item) for number, item in enumerate(items))

    if not repeats and len(set(parts)) > 1:
        raise TypeError("a tuple of different types has no codec")
    return Codec(write, read)


def _check(value: Any, kind: type | tuple[type, ...], name: str) -> Any:
    # JSON's true is an int to Python, and never a number to us.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadInputError(f"not a {name}" if name[0] not in "aeiou" else f"not an {name}")
    return value


def _text(value: Any) -> str:
    return _check(value, str, "string")  # type: ignore[no-any-return]


def _enum(kind: type[Enum], value: Any) -> Enum:
    try:
        return kind(_text(value))
    except ValueError as error:
        raise BadInputError(f"not one of: {' '.join(member.value for member in kind)}") from error


def _write_time(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a naive time may not be stored")
    return moment.astimezone(UTC).isoformat()


def _read_time(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value))
    except ValueError as error:
        raise BadInputError("not a time in ISO 8601") from error
    if moment.tzinfo is None:
        raise BadInputError("a time without its zone")
    return moment.astimezone(UTC)


def _read_bytes(value: Any) -> bytes:
    try:
        return b64decode(_text(value), validate=True)
    except (Base64Error, ValueError) as error:
        raise BadInputError("not base64") from error


_PLAIN = {
    str: Codec(None, _text),
    bool: Codec(None, lambda value: _check(value, bool, "boolean")),
    int: Codec(None, lambda value: _check(value, int, "whole number")),
    float: Codec(None, lambda value: float(_check(value, (int, float), "number"))),
    datetime: Codec(_write_time, _read_time),
    bytes: Codec(lambda value: b64encode(value).decode(), _read_bytes),
}
