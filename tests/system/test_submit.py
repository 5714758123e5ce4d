"""Handing in what somebody saw: found on a person's word, proved and searchable like any other hit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors.cli.demo.pictures import copy_badly, draw_picture
from monitors.ledger import exhibits
from monitors.matching.images.fingerprint import fingerprint_reference
from monitors.records import Method, PhotoSignal, Recipient
from tests.servers.web import Web, serving
from tests.system.house import HER, NOBODY, OTHER, House, house_in

PHOTO = draw_picture("lin")
PAGE = "<html><body><p>图书馆八点关门</p></body></html>".encode()
"""Says nothing of her."""


@pytest.fixture
def web() -> Iterator[Web]:
    """Serves what was seen."""
    with serving() as server:
        server.answer("/seen", PAGE, headers={"Content-Type": "text/html; charset=utf-8"})
        yield server


@pytest.fixture
def house(tmp_path: Path, web: Web) -> House:
    """Watches over her, by name and by photo, and over another."""
    house = house_in(tmp_path, web)
    house.protect(photos=(PhotoSignal(id="a", label="", fingerprints=fingerprint_reference(PHOTO)),), was_minor=False)
    house.protect(id=OTHER, names=("陈雨桐",), recipients=(Recipient(address="chen@mail.example"),))
    return house


@pytest.fixture
def seen(tmp_path: Path, web: Web) -> list[str]:
    """A text, a screenshot and an address; only the screenshot shows anything of hers."""
    (tmp_path / "seen.txt").write_text(NOBODY, encoding="utf-8")
    (tmp_path / "seen.jpg").write_bytes(copy_badly(PHOTO))
    return [str(tmp_path / "seen.txt"), str(tmp_path / "seen.jpg"), web.url("/seen")]


def test_what_was_handed_in_is_a_hit(house: House, seen: list[str]) -> None:
    """Each thing is a hit because somebody says so, its bytes are sealed, and the search store has it."""
    taken = house.lines("submit", *seen, "--profile", HER, "--note", "她看到的")

    hits = {hit.id: hit for hit in house.hits()}
    text, picture, page = (hits[str(row["hit_id"])] for row in taken)
    assert all(Method.SUBMITTED in {match.method for match in hit.matches} for hit in (text, picture, page))
    assert Method.PDQ in {match.method for match in picture.matches}
    assert (text.post.text, page.post.text) == (NOBODY, "图书馆八点关门")
    with house.opened() as parts, parts.ledger.reading() as ledger:
        proofs = {hit_id: exhibits.of_hit(ledger, HER, hit_id) for hit_id in hits}
        kept = {link.sha256 for links in proofs.values() for link in links}
    assert all(proofs.values())
    assert len(kept) == 3
    assert {document.hit_id for document in house.documents()} == set(hits)
    assert house.run("evidence", "verify").code == 0


def test_handed_in_twice_it_is_one_hit(house: House, seen: list[str]) -> None:
    """The same things give the same hits and no second proof; for another person they are hits of hers."""
    first = house.lines("submit", *seen, "--profile", HER)

    again = house.lines("submit", *seen, "--profile", HER)
    others = house.lines("submit", *seen, "--profile", OTHER)

    assert again == first
    assert {row["hit_id"] for row in others}.isdisjoint(row["hit_id"] for row in first)
    with house.opened() as parts, parts.ledger.reading() as ledger:
        assert [len(exhibits.chain_of(ledger, profile)) for profile in (HER, OTHER)] == [3, 3]
    assert len(house.hits()) == 6
    assert house.adds_up()


def test_what_cannot_be_had_is_told(tmp_path: Path, house: House, seen: list[str], web: Web) -> None:
    """An address that is gone and bytes that are nothing are named by their place; the rest is taken in."""
    (tmp_path / "broken").write_bytes(b"\x00\x01\x02")

    said = house.run("submit", web.url("/gone"), str(tmp_path / "broken"), *seen, "--profile", HER)

    assert said.code == 2
    problems = [line for line in said.err.splitlines() if line.startswith("item-")]
    assert [line.partition(":")[0] for line in problems] == ["item-1", "item-2"]
    assert len(house.hits()) == 3


def test_a_file_that_is_not_there_is_said_before_anything_is_asked(house: House, seen: list[str], web: Web) -> None:
    """A mistyped name, or a person nobody confirmed, is bad input; nothing was fetched or kept."""
    mistyped = house.run("submit", *seen, "no-such-file.txt", "--profile", HER)
    nobody = house.run("submit", *seen, "--profile", "x" * 32)

    assert (mistyped.code, nobody.code) == (2, 2)
    assert "no-such-file.txt" in mistyped.err
    assert web.asked("/seen") == 0
    assert house.hits() == []
