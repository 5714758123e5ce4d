"""What an operator does now and then: score again, rebuild, take evidence along, move house."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from monitors.ledger import hits
from tests.servers.elasticsearch import ElasticsearchNode
from tests.servers.web import serving
from tests.system.house import HER, RUMOUR, THREAT, House, feed, house_in

STORES = ["embedded", pytest.param("elasticsearch", marks=pytest.mark.needs_elasticsearch)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two posts about her went the whole way."""
    with serving() as web:
        house = house_in(tmp_path, web)
        house.protect()
        web.answer("/feed.xml", feed(THREAT, RUMOUR))
        house.lines("run")
        yield house


def test_rescoring_takes_old_hits_to_the_model_of_today(house: House) -> None:
    """Each gets new scores, keeps the old ones, and is found with the new; done again, nothing is left to do."""
    with house.opened() as parts:
        aged = [
            replace(hit, scores=tuple(replace(score, revision="2020", probability=0.0) for score in hit.scores))
            for hit in house.hits()
        ]
        with parts.ledger.writing() as ledger:
            hits.replace(ledger, parts.vault, aged)
        revision = parts.scorer().revision

    (first,), (second,) = house.lines("rescore"), house.lines("rescore")

    assert (first["rescored"], second["rescored"]) == (2, 0)
    for hit in house.hits():
        assert {score.revision for score in hit.scores} == {revision}
        assert {score.revision for score in hit.earlier_scores} == {"2020"}
    assert all(document.model and document.model.endswith(revision) for document in house.documents())
    assert all(document.probability for document in house.documents())


@pytest.mark.parametrize("store", STORES)
def test_a_search_store_that_is_lost_comes_back_the_same(
    house: House, store: str, request: pytest.FixtureRequest
) -> None:
    """The ledger alone gives every document again; built over a store that is well, nothing changes either."""
    lose: Callable[[], None] = (house.home / "index.sqlite").unlink
    if store == "elasticsearch":
        node: ElasticsearchNode = request.getfixturevalue("elasticsearch_node")
        prefix: str = request.getfixturevalue("index_prefix")
        house, lose = house.settled(elasticsearch_url=node.url, index_prefix=prefix), partial(node.forget, prefix)
        house.lines("index", "rebuild")
    before = set(house.documents())
    assert len(before) == 2

    lose()
    lost = house.run("index", "check")
    rebuilt = [house.lines("index", "rebuild") for _ in range(2)]

    assert lost.code == 1
    assert rebuilt == [[{"documents": 2}]] * 2
    assert set(house.documents()) == before
    assert house.run("index", "check").code == 0


def test_a_bundle_proves_itself_elsewhere(tmp_path: Path, house: House) -> None:
    """Its own check passes without anything of ours, and fails once a byte of what was said is another."""
    bundle = tmp_path / "bundle"
    house.run("evidence", "export", HER, "--to", str(bundle))

    def check() -> int:
        return subprocess.run(
            [sys.executable, "-I", "verify.py"], cwd=bundle, capture_output=True, check=False
        ).returncode

    assert check() == 0
    proof = next(path for path in (bundle / "files").iterdir() if THREAT.encode() in path.read_bytes())
    proof.write_bytes(proof.read_bytes().replace("校门".encode(), "校园".encode()))
    assert check() != 0


def test_a_backed_up_key_opens_the_ledger_elsewhere(tmp_path: Path, house: House) -> None:
    """Ledger and exhibits moved to another home say what is missing; with the key put back, all of it opens."""
    backup, moved = tmp_path / "key.backup", tmp_path / "moved"
    house.run("key", "backup", "--to", str(backup))
    shutil.copytree(house.home, moved, ignore=shutil.ignore_patterns("master.key", "index.sqlite*"))
    elsewhere = house.settled(home=str(moved))

    without = elsewhere.run("profile", "show", HER)
    shutil.copy(backup, moved / "master.key")

    assert without.code == 1
    assert "master key" in without.err
    (shown,) = elsewhere.lines("profile", "show", HER)
    assert shown["names"] == ["林晓月"]
    assert elsewhere.run("evidence", "verify").code == 0
    assert elsewhere.lines("index", "rebuild") == [{"documents": 2}]
