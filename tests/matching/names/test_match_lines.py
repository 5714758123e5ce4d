import json
from collections.abc import Iterator
from io import BytesIO

import pytest

from monitors.errors import BadInputError
from monitors.matching.names.match_lines import (
    EPOCH,
    LETTERS_AT_ONCE,
    LONGEST_LINE,
    TextLine,
    match_lines,
    read_posts,
    read_profiles,
)
from monitors.matching.names.matcher import NameMatcher

LIN = {"id": "p1", "names": ["林晓月"], "aliases": [], "handles": [], "context": ["青河学院"]}


def stream(*lines: object) -> BytesIO:
    """Lines as bytes; what is no bytes is written as JSON."""
    return BytesIO(b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines))


def places(problems: list[BadInputError]) -> list[tuple[int | None, str]]:
    """Line and field of every problem."""
    return [(problem.line, problem.field) for problem in problems]


def matched(*posts: object, every: bool = False, minimum: float = 0.5) -> list[dict[str, object]]:
    """The lines for posts, matched with 林晓月."""
    problems: list[BadInputError] = []
    matcher = NameMatcher(read_profiles(stream(LIN), file="f", problems=problems), now=EPOCH, threshold=minimum)
    lines = list(match_lines(matcher, read_posts(stream(*posts), file="f", problems=problems), every=every))
    assert problems == []
    return lines


def test_one_line_a_post_and_profile() -> None:
    """The strongest place of a post speaks for it."""
    lines = matched({"id": "1", "text": "林晓月，林·晓·月"}, {"id": "2", "text": "无关"}, {"id": "3", "text": "林晓月"})

    assert [line["post_id"] for line in lines] == ["1", "3"]
    assert set(lines[0]) == {"post_id", "profile_id", "method", "score", "span", "reason"}
    assert lines[0]["span"] == [0, 3]


def test_every_place_when_asked() -> None:
    """With ``every`` each place has its line."""
    assert len(matched({"id": "1", "text": "林晓月，林·晓·月"}, every=True)) == 2


def test_what_is_less_likely_is_told_when_asked() -> None:
    """A lower threshold shows what was seen and not believed, and makes no evidence of it."""
    unlikely = {"id": "1", "text": "周末去竹林晓月湾"}

    assert matched(unlikely) == []
    (line,) = matched(unlikely, minimum=0)
    assert float(str(line["score"])) < 0.5


def test_long_posts_are_held_few_at_a_time() -> None:
    """What is held is bounded by letters as well as by posts: lines come before the input is read to its end."""
    read = list[int]()

    def posts() -> Iterator[TextLine]:
        for number in range(8):
            read.append(number)
            yield TextLine(id=str(number), text="林晓月" + "。" * LETTERS_AT_ONCE)

    lines = match_lines(NameMatcher(read_profiles(stream(LIN), file="f", problems=[]), now=EPOCH), posts())

    assert next(lines)["post_id"] == "0"
    assert read == [0]


@pytest.mark.parametrize("array", [True, False], ids=["JSON array", "JSON Lines"])
def test_profiles_come_as_array_or_lines(array: bool) -> None:
    """Both forms of a profiles file give the same profiles."""
    other = LIN | {"id": "p2"}
    content = stream([LIN, other]) if array else stream(LIN, other)
    problems: list[BadInputError] = []

    profiles = read_profiles(content, file="f", problems=problems)

    assert [profile.id for profile in profiles] == ["p1", "p2"]
    assert profiles[0].context == ("青河学院",)
    assert problems == []


@pytest.mark.parametrize(
    ("line", "field"),
    [
        pytest.param(b"{", "", id="broken JSON"),
        pytest.param(b"[1]" * 9, "", id="no JSON either"),
        pytest.param(b"\xff\xfe", "", id="not UTF-8"),
        pytest.param(b'"text"', "", id="not an object"),
        pytest.param({"text": "a"}, "id", id="no id"),
        pytest.param({"id": "1"}, "text", id="no text"),
        pytest.param({"id": "1", "text": 5}, "text", id="a number for a text"),
        pytest.param(b"1" * 5000, "", id="a number too long for Python"),
        pytest.param(b"[" * 200_000, "", id="brackets without end"),
        pytest.param(b'{"id":"1","text":"' + b"a" * LONGEST_LINE + b'"}', "", id="a line of 16 MiB"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(line: object, field: str) -> None:
    """A line that cannot be used is reported with its place; the posts around it are read."""
    problems: list[BadInputError] = []
    good = {"id": "1", "text": "a"}

    posts = list(read_posts(stream(good, line, good), file="posts.jsonl", problems=problems))

    assert [post.id for post in posts] == ["1", "1"]
    assert places(problems) == [(2, field)]
    assert str(problems[0]).startswith("posts.jsonl:2")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"names": "林晓月"}, "names", id="a string for a list"),
        pytest.param({"names": [""]}, "names[0]", id="empty"),
        pytest.param({"names": ["月"]}, "names[0]", id="one letter"),
        pytest.param({"aliases": ["🌙🌙"]}, "aliases[0]", id="only emoji"),
        pytest.param({"names": ["林" * 200]}, "names[0]", id="200 letters"),
        pytest.param({"aliases": ["林\ud800月"]}, "aliases[0]", id="half a character"),
        pytest.param({"names": []}, "names", id="nobody"),
        pytest.param({"aliases": ["林晓"] * 101}, "aliases", id="too many"),
        pytest.param({"id": 7}, "id", id="a number for an id"),
    ],
)
def test_a_bad_profile_is_named_and_the_rest_goes_on(change: dict[str, object], field: str) -> None:
    """A profile that cannot be watched is reported with its field; the others are read."""
    problems: list[BadInputError] = []

    profiles = read_profiles(stream(LIN | change, LIN | {"id": "good"}), file="f", problems=problems)

    assert [profile.id for profile in profiles] == ["good"]
    assert places(problems) == [(1, field)]


def test_names_of_any_script_are_taken() -> None:
    """Mixed scripts and scripts from right to left are no fault."""
    problems: list[BadInputError] = []
    names = ["林xiao月", "محمد علي", "김민지", "Nguyễn Thị Mai", "Анна Петрова"]

    profiles = read_profiles(stream(LIN | {"names": names}), file="f", problems=problems)

    assert len(profiles) == 1
    assert problems == []


def test_the_same_id_twice_is_a_fault() -> None:
    """Two profiles cannot share an id."""
    problems: list[BadInputError] = []

    assert len(read_profiles(stream(LIN, LIN), file="f", problems=problems)) == 1
    assert places(problems) == [(2, "id")]


def test_an_array_says_where_it_breaks() -> None:
    """A fault in an array is told with its line; what stood before it is read."""
    problems: list[BadInputError] = []
    content = BytesIO(b"[\n" + json.dumps(LIN).encode() + b',\n{"id": oops}\n]')

    assert len(read_profiles(content, file="f", problems=problems)) == 1
    assert places(problems) == [(3, "")]
