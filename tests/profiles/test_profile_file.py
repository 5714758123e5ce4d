"""Profile files."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.errors import BadInputError
from monitors.matching.images.fingerprint import fingerprint_reference
from monitors.matching.names.registration import check_profile
from monitors.messages import LANGUAGES, say_in
from monitors.profiles.profile_file import LARGEST_PHOTO, BadProfileError, read_profile_file
from monitors.records import Fingerprint, ProfileState, Recipient, Schedule, Scope, WatchProfile
from tests.builders import NOON

EXAMPLE = Path(__file__).parents[2] / "docs" / "howto" / "profile.example.yaml"
SHORTEST = """\
names: [林晓月]
recipients:
  - address: lin@mail.example
consents:
  - {scope: names, given_by: self, authority: self}
"""


def hashes_of(content: bytes, name: str) -> tuple[Fingerprint, ...]:
    """The door to the decoder: reads nothing but what starts as a picture should."""
    if not content.startswith(b"picture"):
        raise BadInputError("truncated", file=name)
    return (Fingerprint(algorithm="pdq", version="1", bits=content.hex()),)


def read(folder: Path, text: str | bytes) -> WatchProfile:
    path = folder / "lin.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_profile_file(path, hashes_of, NOON)


def mistakes(folder: Path, text: str | bytes) -> list[tuple[int | None, str, str]]:
    with pytest.raises(BadProfileError) as caught:
        read(folder, text)
    assert all(mistake.file == "lin.yaml" for mistake in caught.value.mistakes)
    return [(mistake.line, mistake.field, mistake.id) for mistake in caught.value.mistakes]


def test_the_example_is_a_profile() -> None:
    """The documented file can be added as it stands, photo included."""
    profile = read_profile_file(EXAMPLE, lambda content, name: fingerprint_reference(content, name=name), NOON)

    assert profile.names == ("林晓月", "Lin Xiaoyue")
    assert profile.handles == ("@linxy_qinghe",)
    assert profile.recipients[0] == Recipient(address="lin@mail.example", language="zh-CN", is_self=True)
    assert profile.recipients[1].is_self is False
    assert [photo.label for photo in profile.photos] == ["毕业照"]
    assert profile.photos[0].fingerprints
    assert {consent.scope for consent in profile.consents} == {Scope.NAMES, Scope.IMAGE_HASHES}
    assert profile.consents[0].expires_at == datetime(2100, 1, 1, tzinfo=UTC)
    assert (profile.consents[1].authority, profile.consents[1].document) == ("representative", "授权委托书 2026-02-11")
    assert profile.was_minor is False


def test_the_example_shows_every_field(tmp_path: Path) -> None:
    """A field that the reader knows stands in the documented file."""
    [(_, _, unknown)] = mistakes(tmp_path, SHORTEST + "colour: blue\n")
    with pytest.raises(BadProfileError) as caught:
        read(tmp_path, SHORTEST + "colour: blue\n")
    known = str(caught.value.mistakes[0].values["choices"]).split()

    shown = [line.partition(":")[0] for line in EXAMPLE.read_text("utf-8").splitlines() if line[:1].isalpha()]

    assert unknown == "unknown_field"
    assert sorted(shown) == sorted(known)


def test_the_shortest_file(tmp_path: Path) -> None:
    """A name, an address and a consent are enough; what is left out takes the careful default."""
    profile = read(tmp_path, SHORTEST)

    assert profile.state is ProfileState.PENDING
    assert profile.was_minor is True
    assert profile.schedule == Schedule()
    assert profile.consents[0].given_at == NOON
    assert len(profile.id) == 32
    assert profile.id != read(tmp_path, SHORTEST).id


def test_what_was_typed_is_kept(tmp_path: Path) -> None:
    """YAML's own ideas of numbers and booleans do not change a name."""
    profile = read(tmp_path, SHORTEST + "aliases: [007, 'No', 2026-03-01, ' 小 月 ']\n")

    assert profile.aliases == ("007", "No", "2026-03-01", "小 月")


def test_what_is_taken_can_be_watched(tmp_path: Path) -> None:
    """Mixed scripts and names from right to left are taken, and matching takes what the file may hold."""
    names = ["Lin晓月", "ليلى حسن", "\u202eليلى\u202c", "김민지", "Nguyễn Thị Mai Anh", "Анна-Мария Петрова", "月" * 80]

    profile = read(tmp_path, SHORTEST + f"aliases: {json.dumps(names)}\n")

    assert list(profile.aliases) == names
    assert check_profile(profile) == []


def test_photos_become_signals(tmp_path: Path) -> None:
    """A photo beside the file is read and only its hashes are kept."""
    (tmp_path / "a.jpg").write_bytes(b"picture a")
    text = (
        SHORTEST.replace("scope: names", "scope: image_hashes")
        + "  - {scope: names, given_by: self, authority: self}\n"
    )

    profile = read(tmp_path, text + "photos:\n  - {file: a.jpg, label: 毕业照}\n")

    assert [photo.fingerprints[0].bits for photo in profile.photos] == [b"picture a".hex()]


CASES = [
    # added or changed text, line, field, mistake
    pytest.param("colour: blue", 6, "colour", "unknown_field", id="unknown field"),
    pytest.param("names: [林晓月]", 6, "names", "field_twice", id="field twice"),
    pytest.param("kind: organisation", 6, "kind", "not_a_person", id="an office"),
    pytest.param("aliases: 月月", 6, "aliases", "not_a_list", id="text for a list"),
    pytest.param("aliases: [[月月]]", 6, "aliases[0]", "not_a_text", id="list for a text"),
    pytest.param("aliases: ['']", 6, "aliases[0]", "empty", id="empty"),
    pytest.param("aliases:\n  - ~", 7, "aliases[0]", "empty", id="null"),
    pytest.param("aliases: [岚]", 6, "aliases[0]", "one_letter", id="one letter"),
    pytest.param("aliases: ['🌙🌙🌙']", 6, "aliases[0]", "no_letters", id="emoji only"),
    pytest.param(f"aliases: [{'月' * 200}]", 6, "aliases[0]", "too_long", id="200 letters"),
    pytest.param('aliases: ["月\\u0000月"]', 6, "aliases[0]", "control_character", id="control character"),
    pytest.param('aliases: ["月\\n月"]', 6, "aliases[0]", "control_character", id="two lines"),
    pytest.param("aliases: [月月, 月 月, 月月]", 6, "aliases[2]", "double", id="same alias"),
    pytest.param("aliases: [林晓月]", 6, "aliases[0]", "double", id="alias is a name"),
    pytest.param("others: [林晓月]", 6, "others[0]", "double", id="a word of another is her name"),
    pytest.param("context: [青河学院]\nothers: [青河学院]", 7, "others[0]", "double", id="a word of another is hers"),
    pytest.param("handles: ['@Lin_x', '＠lin_x']", 6, "handles[1]", "double", id="same handle in another width"),
    pytest.param(f"aliases: [{', '.join(f'a{n:03}' for n in range(101))}]", 6, "aliases", "too_many", id="a crowd"),
    pytest.param("languages: [Chinese please]", 6, "languages[0]", "bad_language", id="language"),
    pytest.param("schedule: {hour: 24}", 6, "schedule.hour", "bad_hour", id="hour"),
    pytest.param("schedule: {hour: eight}", 6, "schedule.hour", "not_a_number", id="hour in words"),
    pytest.param("schedule:\n  timezone: Asia/Qinghe", 7, "schedule.timezone", "unknown_timezone", id="time zone"),
    pytest.param("schedule:\n  timezone: ../../etc/passwd", 7, "schedule.timezone", "unknown_timezone", id="path"),
    pytest.param("schedule: 8", 6, "schedule", "not_a_table", id="number for a table"),
    pytest.param("schedule: {neutral: maybe}", 6, "schedule.neutral", "not_yes_or_no", id="neither yes nor no"),
    pytest.param("adult_in_all_photos: 18", 6, "adult_in_all_photos", "not_yes_or_no", id="age"),
    pytest.param("photos: [{file: missing.jpg}]", 6, "photos[0].file", "cannot_open", id="no such photo"),
    pytest.param("photos: [{file: torn.jpg}]", 6, "photos[0].file", "bad_photo", id="truncated photo"),
    pytest.param("photos: [{file: huge.jpg}]", 6, "photos[0].file", "photo_too_large", id="huge photo"),
    pytest.param(f"photos: [{{file: {'x' * 501}}}]", 6, "photos[0].file", "too_long", id="path of 501 letters"),
    pytest.param("photos: [{label: x}]", 6, "photos[0].file", "missing", id="photo without file"),
    pytest.param(
        "  - {scope: voice, given_by: self, authority: self}", 6, "consents[1].scope", "not_a_choice", id="scope"
    ),
    pytest.param("  - {scope: faces, given_by: self}", 6, "consents[1].authority", "missing", id="no authority"),
    pytest.param(
        "  - {scope: faces, given_by: 林母, authority: guardian}", 6, "consents[1]", "no_document", id="no document"
    ),
    pytest.param(
        "  - {scope: faces, given_by: self, authority: self, expires: 2026-02-28}",
        6,
        "consents[1].expires",
        "expired",
        id="over",
    ),
    pytest.param(
        "  - {scope: faces, given_by: self, authority: self, expires: soon}",
        6,
        "consents[1].expires",
        "not_a_date",
        id="no date",
    ),
    pytest.param("  - {scope: names, given_by: self, authority: self}", 6, "consents[1]", "double", id="scope twice"),
]


@pytest.mark.parametrize(("added", "line", "field", "mistake"), CASES)
def test_a_mistake_is_named(tmp_path: Path, added: str, line: int, field: str, mistake: str) -> None:
    """A mistake is told once, with its line and its field."""
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8 torn")
    with (tmp_path / "huge.jpg").open("wb") as huge:
        huge.truncate(LARGEST_PHOTO + 1)

    found = mistakes(tmp_path, SHORTEST + added + "\n")

    assert found == [(line, field, mistake)]


CHANGED = [
    # what stands in the shortest file, what instead; line, field, mistake
    pytest.param("[林晓月]", "[]", (1, "names", "missing"), id="no name"),
    pytest.param("names: [林晓月]\n", "", (1, "names", "missing"), id="names left out"),
    pytest.param("lin@mail", "lin@", (3, "recipients[0].address", "bad_address"), id="address"),
    pytest.param("lin@mail.example", "lin@localhost", (3, "recipients[0].address", "bad_address"), id="no domain"),
    pytest.param(".example", ".example\n    self: false", (2, "recipients", "nobody_confirms"), id="not she"),
    pytest.param(".example", ".example\n    language: tlh", (4, "recipients[0].language", "not_spoken"), id="klingon"),
    pytest.param("scope: names", "scope: faces", (4, "consents", "no_consent"), id="no consent to names"),
    pytest.param(SHORTEST[SHORTEST.index("consents") :], "", (1, "consents", "no_consent"), id="no consent at all"),
]


@pytest.mark.parametrize(("before", "after", "mistake"), CHANGED)
def test_what_is_needed_is_asked_for(tmp_path: Path, before: str, after: str, mistake: tuple[int, str, str]) -> None:
    """A file without a name, her address or her consent is refused at the right place."""
    assert mistakes(tmp_path, SHORTEST.replace(before, after)) == [mistake]


def test_two_mistakes_of_one_photo(tmp_path: Path) -> None:
    """A photo that cannot be read and a label without text are both told."""
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8 torn")

    found = mistakes(tmp_path, SHORTEST + "photos: [{file: torn.jpg, label: ''}]\n")

    assert found == [(6, "photos[0].label", "empty"), (6, "photos[0].file", "bad_photo")]


def test_photos_need_their_own_consent(tmp_path: Path) -> None:
    """Photos without consent to image hashes are refused."""
    (tmp_path / "a.jpg").write_bytes(b"picture a")

    found = mistakes(tmp_path, SHORTEST + "photos: [{file: a.jpg}]\n")

    assert found == [(4, "consents", "no_consent")]


def test_the_same_photo_twice_is_a_mistake(tmp_path: Path) -> None:
    """Two names of one photo are one photo."""
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"picture a")
    consent = "  - {scope: image_hashes, given_by: self, authority: self}\n"

    found = mistakes(tmp_path, SHORTEST + consent + "photos:\n  - file: a.jpg\n  - file: b.jpg\n")

    assert found == [(9, "photos[1]", "double")]


def test_a_guardian_may_confirm(tmp_path: Path) -> None:
    """With a documented guardian no address needs to be her own."""
    text = SHORTEST.replace("lin@mail.example", "mother@mail.example\n    self: false")

    profile = read(tmp_path, text.replace("authority: self", "authority: guardian, document: 户口本"))

    assert profile.consents[0].document == "户口本"


def test_every_mistake_is_found_at_once(tmp_path: Path) -> None:
    """Somebody who made five mistakes reads all five, in the order of the file."""
    text = "names: [林]\nage: 19\nrecipients:\n  - {address: x, language: zh-CN}\nschedule:\n  hour: -1\n"

    found = mistakes(tmp_path, text)

    assert [line for line, _, _ in found] == [1, 1, 2, 4, 6]
    assert [mistake for _, _, mistake in found] == [
        "one_letter",
        "no_consent",
        "unknown_field",
        "bad_address",
        "not_a_number",
    ]


BROKEN = [
    pytest.param(b"names: [\xe6\x9e\n", 1, "not_utf8", id="half a character"),
    pytest.param("names:\n  - 林晓月\n".encode("gb18030"), 2, "not_utf8", id="GB 18030"),
    pytest.param(b"names: [a, b\nrecipients: x", 2, "broken_yaml", id="open bracket"),
    pytest.param(b"names: a\n\tb: c", 2, "broken_yaml", id="tab"),
    pytest.param(b"a: 1\nb: \x07", 2, "control_character", id="bell"),
    pytest.param(b"a: *nobody", 1, "broken_yaml", id="unknown alias"),
    pytest.param(b"[" * 20_000, 1, "too_deep", id="20,000 brackets"),
    pytest.param(b"# " + b"x" * (1 << 20), 1, "file_too_large", id="1 MiB"),
]


@pytest.mark.parametrize(("content", "line", "mistake"), BROKEN)
def test_a_broken_file_is_told_by_its_line(tmp_path: Path, content: bytes, line: int, mistake: str) -> None:
    """What is no YAML is told first, by its line."""
    assert (line, "", mistake) in mistakes(tmp_path, content)


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"- a\n", b"just text"])
def test_a_file_without_fields_is_no_profile(tmp_path: Path, content: bytes) -> None:
    """An empty file, a list or a sentence is refused."""
    assert mistakes(tmp_path, content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that is not there is told with the path."""
    with pytest.raises(BadProfileError, match=r"missing\.yaml"):
        read_profile_file(tmp_path / "missing.yaml", hashes_of, NOON)


def test_many_laughs_cost_nothing(tmp_path: Path) -> None:
    """Aliases that multiply are not followed into depth."""
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))

    found = mistakes(tmp_path, bomb + "aliases: *a59\n" + SHORTEST)

    assert (61, "aliases[0]", "not_a_text") in [(61, field, mistake) for _, field, mistake in found]


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_clear_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever the file holds, the reader says what is wrong and does not fall over."""
    path = tmp_path_factory.mktemp("any") / "lin.yaml"
    path.write_bytes(content)

    with pytest.raises(BadProfileError) as caught:
        read_profile_file(path, hashes_of, NOON)

    assert caught.value.mistakes


@pytest.mark.parametrize("language", LANGUAGES)
def test_mistakes_speak_her_language(tmp_path: Path, language: str) -> None:
    """A mistake can be told in every language, its numbers filled in."""
    with pytest.raises(BadProfileError) as caught:
        read(tmp_path, SHORTEST + f"aliases: [{'月' * 200}]\n")

    told = caught.value.mistakes[0].told(say_in(language))

    assert "200" in told
    assert "{" not in told


def test_the_error_reads_as_lines(tmp_path: Path) -> None:
    """The command line prints one mistake a line, as file, line, field and what is wrong."""
    with pytest.raises(BadProfileError) as caught:
        read(tmp_path, SHORTEST + "aliases: [岚]\nkind: company\n")

    lines = str(caught.value).splitlines()

    assert lines[0].startswith("lin.yaml:6: aliases[0]: is one letter")
    assert lines[1].startswith("lin.yaml:7: kind: only a person")
