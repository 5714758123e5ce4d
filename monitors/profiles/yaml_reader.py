"""Reading YAML so that every mistake is found in one pass and named by its line and field.

Nodes are read, not Python values: ``no`` and ``007`` stay what was typed, and each has its line.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml

from monitors.profiles.checks import MOST_ENTRIES, MistakeError

LARGEST_FILE = 1 << 20
_START = yaml.Mark("", 0, 0, 0, None, 0)
T = TypeVar("T")
Read = Callable[[yaml.Node, str], Any]
"""Reads one field: takes its node and its place, such as ``names[1]``."""


@dataclass(slots=True, kw_only=True)
class YamlReader:
    """Reads fields of one file, gathering mistakes and remembering at which line each field stands."""

    file: str
    mistakes: list[MistakeError] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def blame(self, mistake: MistakeError, place: str) -> None:
        """Add a mistake with the line of its place, or of what it stands in."""
        known = place
        while known and known not in self.lines:
            known = known[: max(known.rfind("["), known.rfind("."), 0)]
        self.mistakes.append(mistake.at(self.file, self.lines.get(known, 1), place))

    def has_mistake_in(self, place: str) -> bool:
        """Whether this field, or something in it, is blamed already."""
        return any(known.field.startswith(place) for known in self.mistakes)

    def compose(self, content: bytes) -> yaml.Node:
        """Give the top of the file; an empty table after a mistake."""
        try:
            node = _compose(content)
        except MistakeError as mistake:
            self.mistakes.append(mistake.at(self.file, mistake.line, ""))
            node = None
        return yaml.MappingNode("", [], _START, _START) if node is None else node

    def table(
        self, node: yaml.Node, place: str, fields: Mapping[str, Read], *, needed: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Read a table's known fields; a field that could not be read, or has no value, is left out."""
        if not isinstance(node, yaml.MappingNode):
            self.blame(MistakeError("not_a_table"), self._seen(place, node))
            return {}
        values = {here: (name, value) for name, here, value in self._known_fields(node, place, fields)}
        for name in needed:
            if name not in {known for known, _ in values.values()}:
                self.blame(MistakeError("missing"), f"{place}.{name}")
        read = {name: fields[name](value, here) for here, (name, value) in values.items()}
        return {name: value for name, value in read.items() if value is not None}

    def _known_fields(
        self, node: yaml.MappingNode, place: str, fields: Mapping[str, Read]
    ) -> Iterator[tuple[str, str, yaml.Node]]:
        names = set()
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            here = self._seen(f"{place}.{name}" if place else name, key)
            if name not in fields:
                self.blame(MistakeError("unknown_field", choices=" ".join(fields)), here)
            elif name in names:
                self.blame(MistakeError("field_twice"), here)
            elif not _is_nothing(value):
                yield name, here, value
            names.add(name)

    def entries(self, node: yaml.Node, place: str, read: Callable[[yaml.Node, str], T | None]) -> tuple[T, ...]:
        """Read a list; an entry that could not be read is left out."""
        if not isinstance(node, yaml.SequenceNode):
            self.blame(MistakeError("not_a_list"), self._seen(place, node))
            return ()
        if len(node.value) > MOST_ENTRIES:
            self.blame(MistakeError("too_many", most=MOST_ENTRIES), place)
        places = [f"{place}[{number}]" for number in range(min(len(node.value), MOST_ENTRIES))]
        read_ones = [read(entry, self._seen(here, entry)) for entry, here in zip(node.value, places, strict=False)]
        return tuple(one for one in read_ones if one is not None)

    def text(self, node: yaml.Node, place: str, check: Callable[[str], T]) -> T | None:
        """Read one value and check it; None after a mistake."""
        self._seen(place, node)
        if not isinstance(node, yaml.ScalarNode):
            self.blame(MistakeError("not_a_text"), place)
            return None
        try:
            return check("" if _is_nothing(node) else str(node.value))
        except MistakeError as mistake:
            self.blame(mistake, place)
            return None

    def _seen(self, place: str, node: yaml.Node) -> str:
        self.lines[place] = node.start_mark.line + 1
        return place


def whole_number(text: str) -> int:
    """A whole number as people type it."""
    if not text.isascii() or not text.isdecimal():
        raise MistakeError("not_a_number")
    return int(text)


def yes_or_no(text: str) -> bool:
    """``true`` or ``false``; YAML's other spellings of it as well."""
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise MistakeError("not_yes_or_no")
    return words[text.lower()]


def one_of(*choices: str) -> Callable[[str], str]:
    """One of a few words."""

    def check(text: str) -> str:
        if text not in choices:
            raise MistakeError("not_a_choice", choices=" ".join(choices))
        return text

    return check


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _compose(content: bytes) -> yaml.Node | None:
    if len(content) > LARGEST_FILE:
        raise MistakeError("file_too_large", line=1, most=LARGEST_FILE >> 20)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MistakeError("not_utf8", line=content.count(b"\n", 0, error.start) + 1) from error
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError as error:
        raise MistakeError("too_deep", line=1) from error
    except yaml.reader.ReaderError as error:
        raise MistakeError("control_character", line=text.count("\n", 0, error.position) + 1) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MistakeError("broken_yaml", line=mark.line + 1 if mark else 1, problem=error.problem or "") from error
    return node
