import os
import sys
from pathlib import Path

import pytest
import structlog
from PIL import ImageOps

from monitors.logs import configure_logs
from monitors.matching.images.decoder import PictureError
from monitors.matching.images.match_folders import Line, match_folders
from monitors.matching.images.workshop.transforms import crop
from tests.matching.images.pictures import a_scene, encode


def a_folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def match(photos: Path, candidates: Path, *, quick: bool = False) -> tuple[list[Line], list[str]]:
    errors: list[PictureError] = []
    lines = list(match_folders(photos, candidates, quick=quick, on_error=errors.append))
    return lines, [str(error) for error in errors]


def test_odd_entries_of_a_folder_are_told(tmp_path: Path) -> None:
    """A pipe, a link to nowhere and a link to a folder are told and hold nothing up; odd names can be printed."""
    photos, candidates = tmp_path / "photos", tmp_path / "candidates"
    photos.mkdir()
    candidates.mkdir()
    (photos / "her.png").write_bytes(encode(a_scene()))
    os.mkfifo(candidates / "pipe.jpg")
    (candidates / "nowhere.jpg").symlink_to(tmp_path / "nothing")
    (candidates / "around").symlink_to(candidates)
    Path(os.fsdecode(os.fsencode(candidates) + b"/odd\xff.jpg")).write_bytes(encode(a_scene()))
    problems: list[PictureError] = []

    found = [line["candidate"] for line in match_folders(photos, candidates, on_error=problems.append)]

    assert found == ["odd\\xff.jpg"]
    assert {(problem.file, problem.problem) for problem in problems} == {
        ("pipe.jpg", "unreadable_file"),
        ("nowhere.jpg", "unreadable_file"),
        ("around", "unreadable_file"),
    }


def test_a_line_for_every_copy(tmp_path: Path) -> None:
    """Each pair that looks like a copy is a line, in order of the candidates' names; other pictures are none."""
    photos = a_folder(tmp_path / "photos", {"me.png": encode(a_scene(1)), "us.png": encode(a_scene(2))})
    copies = {"b/mirror.jpg": encode(ImageOps.mirror(a_scene(2)), "JPEG"), "a.webp": encode(a_scene(1), "WEBP")}
    candidates = a_folder(tmp_path / "candidates", copies | {"other.png": encode(a_scene(3))})

    lines, errors = match(photos, candidates)

    assert [(line["candidate"], line["photo"], line["transform"]) for line in lines] == [
        ("a.webp", "me.png", None),
        ("b/mirror.jpg", "us.png", "mirrored"),
    ]
    assert all(list(line) == ["candidate", "photo", "method", "distance", "score", "transform"] for line in lines)
    assert not errors


def test_bad_pictures_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    """What cannot be read is told with its name, once; the good ones are still compared."""
    photos = a_folder(tmp_path / "photos", {"broken.jpg": b"\xff\xd8\xff", "me.png": encode(a_scene())})
    candidates = a_folder(tmp_path / "candidates", {"1.txt": b"hello", "2.png": encode(a_scene()), "3.png": b""})

    lines, errors = match(photos, candidates)

    assert [line["candidate"] for line in lines] == ["2.png"]
    assert errors == ["broken.jpg: damaged", "1.txt: unknown_format", "3.png: empty"]


def test_empty_folders_match_nothing(tmp_path: Path) -> None:
    """No photos, no lines."""
    candidates = a_folder(tmp_path / "candidates", {"1.png": encode(a_scene())})
    photos = a_folder(tmp_path / "photos", {"x/y.txt": b""})

    lines, errors = match(photos, candidates)

    assert lines == []
    assert errors == ["x/y.txt: empty"]


def test_small_parts_are_found_unless_it_must_be_quick(tmp_path: Path) -> None:
    """A small part of a photo is found by its details; with ``quick`` only hashes are compared."""
    photos = a_folder(tmp_path / "photos", {"me.png": encode(a_scene(1)), "us.png": encode(a_scene(2))})
    candidates = a_folder(tmp_path / "candidates", {"part.jpg": encode(crop(a_scene(2), 0.4, 0.35, 0.1, 0.05), "JPEG")})

    [line], _ = match(photos, candidates)
    quickly, _ = match(photos, candidates, quick=True)

    assert (line["photo"], line["method"], line["distance"]) == ("us.png", "local", None)
    assert str(line["transform"]).startswith("cropped to 3")
    assert quickly == []


def test_without_the_extra_one_line_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """Without OpenCV the hashes are still compared, and one line says what is not found and what to type."""
    monkeypatch.setitem(sys.modules, "cv2", None)
    configure_logs("json")
    request.addfinalizer(structlog.reset_defaults)
    photos = a_folder(tmp_path / "photos", {"me.png": encode(a_scene(1))})
    candidates = a_folder(tmp_path / "candidates", {"1.jpg": encode(a_scene(1), "JPEG"), "2.png": encode(a_scene(2))})

    lines, errors = match(photos, candidates)

    told = capsys.readouterr().err.splitlines()
    assert [line["method"] for line in lines] == ["pdq"]
    assert errors == []
    assert len(told) == 1
    assert "pip install 'shouwang[images]'" in told[0]
