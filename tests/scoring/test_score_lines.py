"""The pure reading behind ``shouwang score``."""

import json
import os
from io import BytesIO

import pytest

from monitors.errors import BadInputError
from monitors.scoring.score_lines import score_lines
from tests.scoring.heads_by_hand import scorer_by_hand


def run(*lines: object) -> tuple[list[dict[str, object]], list[str]]:
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    problems: list[BadInputError] = []
    found = list(score_lines(scorer_by_hand(), BytesIO(content), file="in.jsonl", problems=problems))
    return found, [str(problem) for problem in problems]


def test_one_line_a_text_with_the_fields_of_the_design() -> None:
    """Numbers are rounded to four decimals; labels and stance are ids."""
    ((line,), problems) = run({"id": "a", "text": "east east east", "lang": "en", "url": "https://x.example"})

    assert problems == []
    assert list(line) == ["id", "scores", "abusive", "labels", "stance", "nearest"]
    assert line["labels"] == ["sexual_rumor"]
    assert line["stance"] == "spreads"
    assert line["nearest"] == "rumor-1"
    assert isinstance(line["scores"], dict)
    assert line["scores"]["disclosure"] == 0.0
    assert len(line["scores"]) == 8


def test_unscored_is_kept_apart_from_zero() -> None:
    """Nothing to read gives null, not zeros."""
    ((line,), _) = run({"id": "a", "text": ""})

    assert line == {"id": "a", "scores": None, "abusive": None, "labels": [], "stance": None, "nearest": None}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "in.jsonl:2: is not JSON"),
        (b"\xff\xfe", "in.jsonl:2: is not UTF-8"),
        (b"[1]", "in.jsonl:2: must be an object"),
        ({"text": "x"}, "in.jsonl:2: id: is missing"),
        ({"id": "b"}, "in.jsonl:2: text: is missing"),
        ({"id": 1, "text": "x"}, "in.jsonl:2: id: must be a string"),
        ({"id": "b", "text": None}, "in.jsonl:2: text: must be a string"),
        ({"id": "b", "text": "x", "target": 3}, "in.jsonl:2: target: must be a string"),
    ],
)
def test_bad_line_is_named_and_the_rest_goes_on(line: object, problem: str) -> None:
    """A line that cannot be used is told with file, line and field; its neighbours are scored."""
    found, problems = run({"id": "a", "text": "x"}, line, {"id": "c", "text": "y", "target": None})

    assert [entry["id"] for entry in found] == ["a", "c"]
    assert problems == [problem]


def test_blank_lines_and_a_byte_order_mark_are_no_fault() -> None:
    """Files from other systems are read."""
    found, problems = run(b'\xef\xbb\xbf{"id": "a", "text": "x"}', b"", b"  ")

    assert ([entry["id"] for entry in found], problems) == (["a"], [])


def test_target_is_masked() -> None:
    """The known surface form of the person does not count as a word of the text."""
    (found, _) = run({"id": "a", "text": "east east", "target": "East"})

    assert found[0]["labels"] == []


def test_what_has_come_is_scored_without_waiting_for_more() -> None:
    """A pipe that stays open gives its lines as they are written, and half a line when it is whole."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)  # whoever reads on too early is given nothing, instead of waiting for ever
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as sink:
        found = score_lines(scorer_by_hand(), stream, file="-", problems=[])

        sink.write(b'{"id": "a", "text": "x"}\n{"id": "b"')
        first = next(found)
        sink.write(b', "text": "x"}\n')
        second = next(found)

    assert (first["id"], second["id"]) == ("a", "b")


def test_lines_longer_than_what_is_read_at_once() -> None:
    """A line of several blocks is one line, and the numbers of lines go on over blocks."""
    found, problems = run({"id": "a", "text": "x " * 300_000}, b"{", {"id": "c", "text": "y"})

    assert [entry["id"] for entry in found] == ["a", "c"]
    assert problems == ["in.jsonl:2: is not JSON"]


def test_more_lines_than_are_held_at_once() -> None:
    """Long inputs stream: order and number are kept."""
    found, _ = run(*({"id": str(number), "text": "x"} for number in range(600)))

    assert [entry["id"] for entry in found] == [str(number) for number in range(600)]
