"""Hash lists on the command line: hers for others, others' for her."""

import json
from pathlib import Path

import pytest

from monitors.matching.images.exchange import write_threatexchange
from monitors.matching.images.fingerprint import fingerprint_reference
from monitors.records import PhotoSignal, Scope
from tests.builders import a_consent
from tests.matching.images.pictures import a_scene, encode
from tests.servers.web import serving
from tests.system.house import HER, House, house_in

HERS, THEIRS = (
    PhotoSignal(id=name, label="", fingerprints=fingerprint_reference(encode(a_scene(seed))))
    for name, seed in (("a", 1), ("b", 2))
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Watches for one photo of hers."""
    with serving() as web:
        house = house_in(tmp_path, web)
    house.protect(photos=(HERS,))
    return house


def test_her_hashes_are_written_as_others_read_them(house: House) -> None:
    """One hash a line, or StopNCII's JSON; nothing else of her is in it."""
    lines, page = (house.run("images", "export", HER, "--format", kind).out for kind in ("threatexchange", "stopncii"))

    assert lines == write_threatexchange([HERS])
    assert [record["hashValue"] for record in json.loads(page)["hashRecords"]] == [lines.split()[1]]
    assert HER not in lines + page


def test_a_list_is_watched_for_once(house: House, tmp_path: Path) -> None:
    """New hashes become hers to watch for; a line that is none is named, and the rest goes on. It is not given on as hers."""
    file = tmp_path / "list.txt"
    file.write_text(write_threatexchange([THEIRS]) + "pdq 123\n", encoding="utf-8")

    first, second = (house.run("images", "import", str(file), "--profile", HER) for _ in range(2))

    assert json.loads(first.out) == {"profile_id": HER, "new": 1, "known": 0, "found": 0}
    assert json.loads(second.out) == {"profile_id": HER, "new": 0, "known": 1, "found": 0}
    assert (first.code, "list.txt:2" in first.err) == (2, True)
    assert house.run("images", "export", HER).out == write_threatexchange([HERS])


def test_without_consent_nothing_is_watched_for(tmp_path: Path) -> None:
    """A list may not bring in what she did not allow."""
    with serving() as web:
        house = house_in(tmp_path, web)
    house.protect(consents=(a_consent(scope=Scope.NAMES),))
    (tmp_path / "list.txt").write_text(write_threatexchange([THEIRS]), encoding="utf-8")

    said = house.run("images", "import", str(tmp_path / "list.txt"), "--profile", HER)

    assert said.code == 2
    assert house.run("images", "export", HER).out == ""


@pytest.mark.parametrize(
    "arguments",
    [("export", "nobody"), ("export", HER, "--format", "pdf"), ("import", "/nowhere/list.txt", "--profile", HER)],
    ids=["unknown profile", "unknown format", "missing file"],
)
def test_what_cannot_be_done_is_one_clear_line(house: House, arguments: tuple[str, ...]) -> None:
    """Exit 2, and what to mend."""
    said = house.run("images", *arguments)

    assert said.code == 2
    assert len(said.err.strip().splitlines()) == 1
