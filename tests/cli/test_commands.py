"""The command line as a person and a program meet it."""

import gzip
import json
import random
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli_runs import ROOT, settings_env, shouwang

POST = {"id": "a", "text": "林晓月你等着，明天别想走出校门"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"SHOUWANG_HOME": str(tmp_path / "home")}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.yaml"
    path.write_text(
        "names: [林晓月]\nrecipients:\n  - address: lin@mail.example\n    self: true\n"
        "consents:\n  - scope: names\n    given_by: self\n    authority: self\n",
        encoding="utf-8",
    )
    return path


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_match_says_where_and_why(tmp_path: Path, env: dict[str, str]) -> None:
    """One JSON line a post and profile, with method, span and reason."""
    profiles, posts = tmp_path / "profiles.json", tmp_path / "posts.jsonl"
    profiles.write_text(json.dumps([{"id": "p", "names": ["林晓月"]}]), encoding="utf-8")
    posts.write_text(json.dumps(POST), encoding="utf-8")

    said = shouwang("match", "--profiles", str(profiles), "--posts", str(posts), env=env)

    (line,) = lines(said.out)
    assert said.code == 0
    assert (line["post_id"], line["profile_id"], line["method"], line["span"]) == ("a", "p", "exact", [0, 3])


def test_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path, env: dict[str, str]) -> None:
    """A line that is no JSON costs itself only; the exit code says that there was one."""
    profiles, posts = tmp_path / "profiles.json", tmp_path / "posts.jsonl"
    profiles.write_text(json.dumps([{"id": "p", "names": ["林晓月"]}]), encoding="utf-8")
    posts.write_bytes(b"not json\n\xff\xfe\n" + json.dumps(POST).encode())

    said = shouwang("match", "--profiles", str(profiles), "--posts", str(posts), env=env)

    assert said.code == 2
    assert len(lines(said.out)) == 1
    assert f"{posts}:1" in said.err
    assert f"{posts}:2" in said.err


def test_half_a_character_comes_out_as_it_came_in(tmp_path: Path, env: dict[str, str]) -> None:
    """An unpaired surrogate, which no encoding takes, leaves as the escape it came as; nothing stops."""
    profiles, posts = tmp_path / "profiles.json", tmp_path / "posts.jsonl"
    profiles.write_text(json.dumps([{"id": "p", "names": ["林晓月"]}]), encoding="utf-8")
    posts.write_text('{"id":"\\ud83d","text":"\\ude00林\\ud83d晓月"}\n' + json.dumps(POST), encoding="utf-8")

    said = shouwang("match", "--profiles", str(profiles), "--posts", str(posts), env=env)

    assert said.code == 0, said.err
    assert [line["post_id"] for line in lines(said.out)] == ["\ud83d", POST["id"]]
    assert lines(said.out)[0]["span"] == [1, 5]


def test_known_others_and_a_threshold_are_the_callers(tmp_path: Path, env: dict[str, str]) -> None:
    """``others`` of a profile argue against a namesake; --min 0 shows what was not believed, 2 is no probability."""
    profiles, posts = tmp_path / "profiles.json", tmp_path / "posts.jsonl"
    profiles.write_text(json.dumps([{"id": "p", "names": ["林晓月"], "others": ["平原大学"]}]), encoding="utf-8")
    posts.write_text(json.dumps({"id": "a", "text": "平原大学的林晓月"}), encoding="utf-8")
    asked = ("match", "--profiles", str(profiles), "--posts", str(posts))

    silent, low, wrong = (shouwang(*asked, *more, env=env) for more in ((), ("--min", "0"), ("--min", "2")))

    assert (silent.code, silent.out) == (0, "")
    assert [float(str(line["score"])) < 0.5 for line in lines(low.out)] == [True]
    assert wrong.code == 2


def test_profiles_and_posts_are_not_both_standard_input(env: dict[str, str]) -> None:
    """One input cannot be two files: bad usage, said in one line."""
    said = shouwang("match", "--profiles", "-", "--posts", "-", env=env)

    assert (said.code, len(said.err.splitlines())) == (2, 1)


def test_score_reads_standard_input(env: dict[str, str]) -> None:
    """`score` without a file judges what is piped in, and keeps an empty text apart from zero."""
    said = shouwang("score", env=env, stdin=json.dumps(POST) + "\n" + json.dumps({"id": "b", "text": ""}))

    threat, empty = lines(said.out)
    assert said.code == 0
    assert threat["id"] == "a"
    assert isinstance(threat["scores"], dict)
    assert empty["scores"] is None


def test_score_answers_while_the_input_is_open(env: dict[str, str]) -> None:
    """Whoever pipes line by line has each answer before the next question."""
    command = [sys.executable, "-m", "monitors.cli", "score"]
    with subprocess.Popen(
        command, cwd=ROOT, env=settings_env(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(POST).encode() + b"\n")

        (is_there, _, _) = select.select([process.stdout], [], [], 60)

    assert is_there


def test_score_uses_the_encoder_of_the_settings(env: dict[str, str]) -> None:
    """Figures of the shipped model under the name of another would be worse than none."""
    own = {"SHOUWANG_ENCODER": "/nonexistent"}
    headless = shouwang("score", env=env | own, stdin=json.dumps(POST))
    missing = shouwang("score", env=env | own | {"SHOUWANG_ENCODER_HEADS": "/nonexistent"}, stdin=json.dumps(POST))
    threads = shouwang("score", env=env | {"SHOUWANG_ENCODER_THREADS": "many"}, stdin=json.dumps(POST))

    assert (headless.code, missing.code, threads.code) == (2, 1, 2)
    assert "SHOUWANG_ENCODER_HEADS" in headless.err
    assert "SHOUWANG_ENCODER_THREADS" in threads.err
    assert [said.out for said in (headless, missing, threads)] == ["", "", ""]


def packed_posts() -> bytes:
    noise = random.Random(7).randbytes(40_000).hex()
    posts = [POST, {"id": "b"}, {"id": "c", "text": noise}]
    return gzip.compress("\n".join(map(json.dumps, posts)).encode())


@pytest.mark.parametrize(
    "command", [["score"], ["match", "--profiles", "{profiles}", "--posts"]], ids=["score", "match"]
)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(packed_posts()[:20_000], id="cut short"),
        pytest.param(packed_posts()[:20_000] + b"\xff" * 100 + packed_posts()[20_100:], id="overwritten"),
        pytest.param(b"no gzip", id="something else"),
        pytest.param(b"\x1f", id="one byte"),
    ],
)
def test_damaged_archive_is_named(tmp_path: Path, env: dict[str, str], command: list[str], content: bytes) -> None:
    """Bad input in one line with the file's name; what was wrong before the damage is told too."""
    profiles, packed = tmp_path / "profiles.json", tmp_path / "posts.jsonl.gz"
    profiles.write_text(json.dumps([{"id": "p", "names": ["林晓月"]}]), encoding="utf-8")
    packed.write_bytes(content)

    said = shouwang(*(part.format(profiles=profiles) for part in command), str(packed), env=env)

    assert said.code == 2, said.err
    assert said.err.splitlines()[-1] == f"{packed}: is damaged"
    if len(content) > 10_000:
        assert said.err.splitlines()[:-1] == [f"{packed}:2: text: is missing"]


def test_lines_before_the_damage_are_scored(tmp_path: Path, env: dict[str, str]) -> None:
    """What could be read of a download that broke off is not lost."""
    packed = tmp_path / "posts.jsonl.gz"
    packed.write_bytes(packed_posts()[:20_000])

    said = shouwang("score", str(packed), env=env)

    assert [line["id"] for line in lines(said.out)] == [POST["id"]]


def test_profile_waits_for_its_code(profile: Path, env: dict[str, str]) -> None:
    """A registered profile is pending; a wrong code is bad input and leaves it so."""
    added = shouwang("profile", "add", str(profile), env=env)
    profile_id = added.out.strip()

    wrong = shouwang("profile", "confirm", profile_id, "--code", "AAAAAAAA", env=env)
    listed = shouwang("profile", "list", env=env)

    assert added.code == 0
    assert wrong.code == 2
    assert lines(listed.out) == [{"id": profile_id, "state": "pending", "hits": 0}]


def test_bad_profile_names_every_mistake(tmp_path: Path, env: dict[str, str]) -> None:
    """Each mistake has file, line and field."""
    path = tmp_path / "bad.yaml"
    path.write_text(
        "names: [林晓月]\ncolour: red\nrecipients:\n  - address: nobody\n    self: true\n", encoding="utf-8"
    )

    said = shouwang("profile", "add", str(path), env=env)

    assert said.code == 2
    assert "bad.yaml:2: colour" in said.err
    assert "bad.yaml:4: recipients[0].address" in said.err


def test_unknown_source_is_bad_usage(env: dict[str, str]) -> None:
    """A source that does not exist is named, with those that do."""
    said = shouwang("run", "--source", "myspace", env=env)

    assert said.code == 2
    assert "myspace" in said.err
    assert "rss" in said.err


def test_missing_import_file_is_bad_input(env: dict[str, str]) -> None:
    """An archive that is not there is one clear line."""
    said = shouwang("run", "--source", "jsonl:/no/such/file.jsonl", env=env)

    assert said.code == 2
    assert "file.jsonl" in said.err
    assert "Traceback" not in said.err


def test_unreachable_ledger_is_one_clear_line(env: dict[str, str]) -> None:
    """A database that does not answer fails with 1 and no traceback."""
    said = shouwang(
        "profile", "list", env=env | {"SHOUWANG_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"}
    )

    assert said.code == 1
    assert "Traceback" not in said.err


def test_doctor_says_what_to_do(profile: Path, env: dict[str, str]) -> None:
    """A new installation has no backup of its key, and is told so."""
    shouwang("profile", "add", str(profile), env=env)

    said = shouwang("doctor", env=env)

    assert said.code == 1
    assert "key backup" in said.out


def test_images_match_compares_two_folders(tmp_path: Path, env: dict[str, str]) -> None:
    """A copy saved again is found; a broken file is named and the rest goes on."""
    from monitors.cli.demo.pictures import copy_badly, draw_picture

    photos, candidates = tmp_path / "photos", tmp_path / "candidates"
    photos.mkdir()
    candidates.mkdir()
    (photos / "a.jpg").write_bytes(draw_picture("a"))
    (candidates / "copy.jpg").write_bytes(copy_badly(draw_picture("a")))
    (candidates / "other.jpg").write_bytes(draw_picture("b"))
    (candidates / "broken.jpg").write_bytes(draw_picture("a")[:2000])

    said = shouwang("images", "match", "--photos", str(photos), "--candidates", str(candidates), env=env)

    assert said.code == 2
    assert [line["candidate"] for line in lines(said.out)] == ["copy.jpg"]
    assert "broken.jpg" in said.err


def test_images_match_quick_compares_hashes_only(tmp_path: Path, env: dict[str, str]) -> None:
    """With --quick every line comes from a hash, with its distance."""
    from monitors.cli.demo.pictures import copy_badly, draw_picture

    photos, candidates = tmp_path / "photos", tmp_path / "candidates"
    photos.mkdir()
    candidates.mkdir()
    (photos / "a.jpg").write_bytes(draw_picture("a"))
    (candidates / "copy.jpg").write_bytes(copy_badly(draw_picture("a")))

    said = shouwang("images", "match", "--photos", str(photos), "--candidates", str(candidates), "--quick", env=env)

    [line] = lines(said.out)
    assert (said.code, line["candidate"], line["photo"]) == (0, "copy.jpg", "a.jpg")
    assert line["method"] in {"phash", "pdq", "window"}
    assert isinstance(line["distance"], int)


def test_bundled_example_profile_is_good(env: dict[str, str]) -> None:
    """The example of the docs registers as it stands."""
    said = shouwang("profile", "add", str(ROOT / "docs/howto/profile.example.yaml"), env=env)

    assert said.err.count("profile.example") == 0
    assert said.code == 0
