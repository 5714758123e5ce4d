"""A model that cannot be used: what was found waits, and nobody is told that nothing was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors.records import Stage
from monitors.scoring.onnx_encoder import SHIPPED
from tests.system.house import THREAT, House, threatened_in

QUIET = "没有找到与您有关的新内容"
WAITING = "还有 1 条可能与您有关的内容尚未判断"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A threat against her is in the feed."""
    with threatened_in(tmp_path) as house:
        yield house


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped model, with another file in the place of its weights."""
    folder = tmp_path / "model"
    folder.mkdir()
    for file in SHIPPED.iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "encoder.onnx").unlink()
    (folder / "encoder.onnx").write_bytes(b"torn")
    monkeypatch.setattr("monitors.scoring.scorer.SHIPPED", folder)
    return folder


def digest_of(house: House, folder: Path) -> str:
    house.run("digest", "--preview", str(folder))
    (mail,) = folder.rglob("*.txt")
    return mail.read_text(encoding="utf-8")


@pytest.mark.usefixtures("broken")
def test_a_digest_counts_what_waits_for_the_model(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no quiet day; once the model is whole the threat is told, and the line is gone."""
    said = house.run("run")
    waiting = digest_of(house, tmp_path / "waiting")

    assert said.code == 1
    assert len(house.hits(Stage.MATCHING)) == 1
    assert WAITING in waiting
    assert QUIET not in waiting
    monkeypatch.setattr("monitors.scoring.scorer.SHIPPED", SHIPPED)
    house.lines("run")
    assert house.told() == {THREAT}
    assert "尚未判断" not in digest_of(house, tmp_path / "judged")


def test_doctor_names_the_model_and_what_waits_for_it(house: House, broken: Path) -> None:
    """One clear line for each, with the file and what to do."""
    house.run("run")

    said = house.run("doctor")

    lines = said.out.splitlines()
    assert said.code == 1
    assert sum(str(broken / "encoder.onnx") in line and "Reinstall Shouwang" in line for line in lines) == 1
    assert sum(line.startswith("1 hits wait to be judged") for line in lines) == 1
