"""Checking evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from monitors.errors import BadInputError
from monitors.evidence.files import ExhibitFiles
from monitors.evidence.gate import MEDIA, Capture
from monitors.evidence.seal import Sealer, seal_hit, withhold
from monitors.evidence.verify import Finding, Problem, verify
from monitors.ledger import facts
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import exhibits as table
from monitors.messages import LANGUAGES, say_in
from monitors.profiles.vault import Vault
from monitors.records import Raw
from tests.builders import NOON, a_hit, a_post, a_profile
from tests.servers.ledgers import add_profile

HER, OTHER = "p" * 32, "q" * 32
LINKS = 4


def seal(sealer: Sealer, number: int, profile_id: str = HER) -> str:
    content = f"post {number} of {profile_id}".encode()
    raw = Raw.of(content, url="https://social.example/1", media_type="text/plain", fetched_at=NOON)
    hit = a_hit(profile_id=profile_id, post=a_post(id=f"rss:{number}"))
    (link,) = seal_hit(sealer, hit, [Capture(raw=raw, kind=MEDIA)])
    return link.content_sha256


@dataclass
class Evidence:
    """Four links of hers and two of somebody else, and what is found wrong with them."""

    sealer: Sealer
    contents: list[str]

    def found(self, profile_id: str | None = None) -> list[tuple[Problem, str]]:
        findings = verify(self.sealer, profile_id)
        assert {finding.profile_id for finding in findings} <= {HER}
        return [(finding.problem, finding.place) for finding in findings]

    def change(self, sequence: int, /, **values: Any) -> None:
        with self.sealer.ledger.writing() as connection:
            connection.execute(update(table).where(self._place(sequence)).values(**values))

    def remove(self, *sequences: int) -> None:
        with self.sealer.ledger.writing() as connection:
            for sequence in sequences:
                connection.execute(delete(table).where(self._place(sequence)))

    def row(self, sequence: int) -> dict[str, Any]:
        with self.sealer.ledger.reading() as connection:
            return dict(connection.execute(select(table).where(self._place(sequence))).mappings().one())

    def file(self, number: int) -> Path:
        return self.sealer.files.path(HER, self.contents[number])

    @staticmethod
    def _place(sequence: int) -> Any:
        return (table.c.profile_id == HER) & (table.c.sequence == sequence)


def make(ledger: Ledger, vault: Vault, folder: Path) -> Evidence:
    sealer = Sealer(ledger=ledger, cipher=vault, files=ExhibitFiles(folder, vault))
    add_profile(ledger, vault)
    add_profile(ledger, vault, a_profile(id=OTHER))
    contents = [seal(sealer, number) for number in range(LINKS)]
    for number in range(2):
        seal(sealer, number, OTHER)
    return Evidence(sealer=sealer, contents=contents)


@pytest.fixture
def evidence(ledger: Ledger, vault: Vault, tmp_path: Path) -> Evidence:
    return make(ledger, vault, tmp_path / "exhibits")


@pytest.fixture(scope="module")
def kept(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Evidence for many tries: who changes it puts it back."""
    from monitors.ledger.engine import open_engine
    from tests.servers.ledgers import MASTER_KEY

    folder = tmp_path_factory.mktemp("kept")
    (folder / "ledger.sqlite").write_bytes(migrated_sqlite.read_bytes())
    engine = open_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
    ledger = Ledger(engine)
    yield make(ledger, Vault(ledger, MASTER_KEY), folder / "exhibits")
    engine.dispose()


def test_whole_evidence_has_no_findings(evidence: Evidence) -> None:
    """What was sealed and left alone is found as it was, for one profile and for all."""
    assert evidence.found() == []
    assert evidence.found(HER) == []


@given(st.integers(0, LINKS - 1), st.data())
def test_any_flipped_byte_of_a_file_is_found(kept: Evidence, number: int, data: st.DataObject) -> None:
    """One changed byte anywhere in a stored file is found, and in which file."""
    path = kept.file(number)
    original = path.read_bytes()
    path.write_bytes(flipped(original, data))

    found = kept.found()

    path.write_bytes(original)
    assert found == [(Problem.BYTES_CHANGED, kept.contents[number])]


@given(st.integers(1, LINKS), st.data())
def test_any_flipped_byte_of_a_link_is_found(kept: Evidence, sequence: int, data: st.DataObject) -> None:
    """One changed byte anywhere in a sealed link is found, and in which link."""
    original = kept.row(sequence)["sealed"]
    kept.change(sequence, sealed=flipped(original, data))

    found = kept.found()

    kept.change(sequence, sealed=original)
    assert found == [(Problem.LINK_CHANGED, str(sequence))]


def flipped(content: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    return bytes(changed)


@pytest.mark.parametrize(
    ("column", "value"), [("id", "x" * 32), ("sha256", "0" * 64), ("hit_id", "x" * 32), ("sealed", b"")]
)
def test_a_changed_column_is_found(evidence: Evidence, column: str, value: object) -> None:
    """A column that no longer says what the link says is found."""
    evidence.change(2, **{column: value})

    assert (Problem.LINK_CHANGED, "2") in evidence.found()


def test_a_removed_link_is_found(evidence: Evidence) -> None:
    """A link missing in the middle, or at the start, is named by its place."""
    evidence.remove(1, 3)

    found = evidence.found()

    assert (Problem.LINKS_MISSING, "1") in found
    assert (Problem.LINKS_MISSING, "3") in found


def test_a_chain_cut_at_its_end_is_found(evidence: Evidence) -> None:
    """Removing the last links, with their files too, does not go unnoticed."""
    evidence.remove(3, 4)
    for number in (2, 3):
        evidence.file(number).unlink()

    assert evidence.found() == [(Problem.LINKS_MISSING, "3–4")]


def test_growing_over_a_cut_does_not_hide_it(evidence: Evidence) -> None:
    """A chain that was cut goes on where it once ended, so that the gap stays for good."""
    evidence.remove(4)
    evidence.file(3).unlink()

    seal(evidence.sealer, 9)

    assert evidence.found() == [(Problem.LINKS_MISSING, "4")]


def test_an_emptied_chain_is_found(evidence: Evidence) -> None:
    """Nobody can make it look as if nothing had ever been sealed by removing every link."""
    evidence.remove(1, 2, 3, 4)

    assert (Problem.LINKS_MISSING, "1–4") in evidence.found()


def test_swapped_links_are_found(evidence: Evidence) -> None:
    """Two links that changed places are found."""
    evidence.change(2, sequence=99)
    evidence.change(3, sequence=2)
    evidence.change(99, sequence=3)

    found = evidence.found()

    assert (Problem.LINK_CHANGED, "2") in found
    assert (Problem.LINK_CHANGED, "3") in found


def forget_end(evidence: Evidence) -> None:
    with evidence.sealer.ledger.writing() as connection:
        facts.forget(connection, f"chain:{HER}")


def forge_end(evidence: Evidence) -> None:
    with evidence.sealer.ledger.writing() as connection:
        other = facts.get(connection, f"chain:{OTHER}")
        assert other is not None
        facts.put(connection, f"chain:{HER}", other.value, NOON)


@pytest.mark.parametrize("tamper", [forget_end, forge_end])
def test_a_changed_end_is_found(evidence: Evidence, tamper: Callable[[Evidence], None]) -> None:
    """Where the chain ends cannot be forgotten or taken from somebody else's chain."""
    tamper(evidence)

    assert evidence.found() == [(Problem.END_CHANGED, str(LINKS))]


def test_a_lost_file_is_found(evidence: Evidence) -> None:
    """A file that is gone is told apart from one that was changed."""
    evidence.file(0).unlink()

    assert evidence.found() == [(Problem.BYTES_MISSING, evidence.contents[0])]


def test_an_unknown_file_is_found(evidence: Evidence) -> None:
    """A file that no link speaks of is named: a leftover, or of links that somebody removed."""
    name = evidence.sealer.files.store(HER, b"of no link")

    assert evidence.found() == [(Problem.FILE_UNKNOWN, name)]


def test_withheld_bytes_that_came_back_are_found(evidence: Evidence) -> None:
    """Bytes that had to be deleted and stand on the disk again, from a backup perhaps, are named."""
    withhold(evidence.sealer, HER, evidence.contents[0], NOON, actor="herself")
    evidence.sealer.files.store(HER, f"post 0 of {HER}".encode())

    assert evidence.found() == [(Problem.BYTES_WITHHELD_KEPT, evidence.contents[0])]


def test_a_lost_key_is_one_finding(evidence: Evidence, vault: Vault) -> None:
    """Without the key nothing can be checked, and that is said once."""
    with evidence.sealer.ledger.writing() as connection:
        vault.destroy_key(connection, HER)

    assert evidence.found() == [(Problem.KEY_GONE, "")]


def test_an_unknown_profile_is_an_error(evidence: Evidence) -> None:
    """A mistyped id is not answered with "nothing wrong"."""
    with pytest.raises(BadInputError, match="no such profile"):
        evidence.found("unknown")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_its_words(language: str) -> None:
    """Whatever is found can be told in every language, with its place."""
    say = say_in(language)

    told = [Finding(problem=problem, profile_id=HER, place="7").told(say) for problem in Problem]

    assert all("7" in text or problem is Problem.KEY_GONE for text, problem in zip(told, Problem, strict=True))
    assert all(HER in text for text in told)
