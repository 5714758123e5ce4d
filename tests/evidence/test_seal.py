"""Sealing hits."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from monitors.evidence.custody import exhibits_of_hit, read_chain
from monitors.evidence.files import ExhibitFiles
from monitors.evidence.gate import MEDIA, MINOR, Capture
from monitors.evidence.seal import Sealer, seal_hit, sweep, withhold
from monitors.evidence.verify import verify
from monitors.ledger import audit, exhibits, profiles
from monitors.ledger.engine import Ledger
from monitors.profiles.vault import Vault
from monitors.records import Category, Exhibit, Fingerprint, Hit, ProfileState, Raw, Severity
from tests.builders import NOON, a_hit, a_post, a_profile, a_score
from tests.servers.ledgers import add_profile

HER = "p" * 32
PDQ = Fingerprint(algorithm="pdq", version="1", bits="ff")


def a_capture(content: bytes = b'{"text":"x"}', media_type: str = "application/json", **changed: object) -> Capture:
    raw = Raw.of(content, url="https://social.example/1", media_type=media_type, fetched_at=NOON)
    return replace(Capture(raw=raw), **changed)  # type: ignore[arg-type]


def a_picture(content: bytes = b"picture", **changed: object) -> Capture:
    return a_capture(content, "image/jpeg", kind=MEDIA, fingerprints=(PDQ,), **changed)


def hits(count: int) -> list[Hit]:
    return [a_hit(post=a_post(id=f"rss:{number}")) for number in range(count)]


@pytest.fixture
def sealer(ledger: Ledger, vault: Vault, tmp_path: Path) -> Sealer:
    return Sealer(
        ledger=ledger, cipher=vault, files=ExhibitFiles(tmp_path / "exhibits", vault), tools={"shouwang": "test"}
    )


def chain(sealer: Sealer) -> tuple[Exhibit, ...]:
    with sealer.ledger.reading() as connection:
        return read_chain(connection, sealer.cipher, HER)


def problems(sealer: Sealer) -> list[str]:
    return [finding.problem for finding in verify(sealer)]


@pytest.fixture
def her(ledger: Ledger, vault: Vault) -> None:
    add_profile(ledger, vault)


@pytest.mark.usefixtures("her")
def test_a_hit_is_proved_by_its_bytes(sealer: Sealer) -> None:
    """Each of a hit's captures is a link of one chain, and its bytes come back as they arrived."""
    (hit,) = hits(1)
    captures = [a_capture(), a_picture()]

    sealed = seal_hit(sealer, hit, captures)

    assert [(link.sequence, link.kind, link.media_type) for link in sealed] == [
        (1, "post", "application/json"),
        (2, "media", "image/jpeg"),
    ]
    assert [sealer.files.read(HER, link.content_sha256) for link in sealed] == [b'{"text":"x"}', b"picture"]
    assert sealed[1].previous == sealed[0].sha256
    assert sealed[0].captured_at == NOON
    assert sealed[0].tools == {"shouwang": "test"}
    assert chain(sealer) == sealed
    with sealer.ledger.reading() as connection:
        assert exhibits_of_hit(connection, sealer.cipher, HER, hit.id) == sealed
    assert problems(sealer) == []


@pytest.mark.usefixtures("her")
def test_sealing_again_adds_nothing(sealer: Sealer) -> None:
    """A stage that was killed and repeated leaves one link a content; what is new is added."""
    (hit,) = hits(1)
    seal_hit(sealer, hit, [a_capture()])

    again = seal_hit(sealer, hit, [a_capture(), a_capture(), a_picture()])

    assert [link.kind for link in again] == ["media"]
    assert [link.sequence for link in chain(sealer)] == [1, 2]


@pytest.mark.usefixtures("her")
def test_one_file_for_many_hits(sealer: Sealer) -> None:
    """The same bytes of two hits are one file with two links."""
    for hit in hits(2):
        seal_hit(sealer, hit, [a_capture()])

    assert len(chain(sealer)) == 2
    assert len(list(sealer.files.names(HER))) == 1
    assert problems(sealer) == []


def test_a_minors_picture_is_never_written(sealer: Sealer, vault: Vault) -> None:
    """Of a picture that may not be kept the link has address, time and hashes, and no byte reaches the disk."""
    add_profile(sealer.ledger, vault, a_profile(was_minor=True))
    (hit,) = hits(1)

    post, picture = seal_hit(sealer, hit, [a_capture(), a_picture()])

    assert post.is_stored
    assert not picture.is_stored
    assert (picture.reason, picture.url, picture.fingerprints) == (MINOR, "https://social.example/1", (PDQ,))
    assert list(sealer.files.names(HER)) == [post.content_sha256]
    assert problems(sealer) == []


@pytest.mark.usefixtures("her")
def test_an_account_is_left_alone(sealer: Sealer) -> None:
    """A post that tells what its writer suffered is not collected, unless a person asks."""
    hit = a_hit(scores=(a_score(category=Category.DISCLOSURE),), severity=Severity.NONE)

    assert seal_hit(sealer, hit, [a_capture()]) == ()
    assert chain(sealer) == ()
    assert len(seal_hit(sealer, hit, [a_capture()], is_asked=True)) == 1


def test_nothing_is_sealed_for_who_withdraws(sealer: Sealer, vault: Vault) -> None:
    """From the moment she asks nothing is added; of an erased profile neither file nor link appears."""
    add_profile(sealer.ledger, vault, a_profile(state=ProfileState.WITHDRAWING))
    (hit,) = hits(1)

    asked = seal_hit(sealer, hit, [a_capture()])
    with sealer.ledger.writing() as connection:
        vault.destroy_key(connection, HER)
        profiles.erase(connection, HER)
    erased = seal_hit(sealer, hit, [a_capture()])

    assert asked == erased == ()
    assert list(sealer.files.names(HER)) == []


@pytest.mark.usefixtures("her")
def test_writers_at_once_make_one_chain(sealer: Sealer) -> None:
    """Processes that seal at the same time take turns: no place is taken twice, none is left out."""
    found = hits(12)
    parts = [found[:6], found[4:10], found[6:]]

    def seal_all(part: list[Hit]) -> None:
        for hit in part:
            seal_hit(sealer, hit, [a_capture(hit.id.encode())])

    threads = [threading.Thread(target=seal_all, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [link.sequence for link in chain(sealer)] == list(range(1, 13))
    assert problems(sealer) == []


@pytest.mark.usefixtures("her")
def test_a_crash_after_the_bytes_loses_nothing(sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between bytes and link, the bytes wait without a link; the next try takes them."""
    (hit,) = hits(1)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr(exhibits, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            seal_hit(sealer, hit, [a_capture()])
    left = list(sealer.files.names(HER))

    sealed = seal_hit(sealer, hit, [a_capture()])

    assert left == [sealed[0].content_sha256]
    assert problems(sealer) == []


@pytest.mark.usefixtures("her")
def test_an_end_put_back_forks_nothing(sealer: Sealer) -> None:
    """When the record of the chain's end is an older one, the next link still follows the last."""
    one, two, three = hits(3)
    seal_hit(sealer, one, [a_capture()])
    with sealer.ledger.reading() as connection:
        older = exhibits.sealed_head(connection, HER)
    seal_hit(sealer, two, [a_capture()])
    with sealer.ledger.writing() as connection:
        exhibits.put_head(connection, HER, older or b"", NOON)

    (link,) = seal_hit(sealer, three, [a_capture()])

    assert link.sequence == 3
    assert problems(sealer) == []


@pytest.mark.usefixtures("her")
def test_leftovers_are_swept(sealer: Sealer) -> None:
    """Files without a link, finished or not, go; every file with a link stays."""
    (hit,) = hits(1)
    (kept,) = seal_hit(sealer, hit, [a_capture()])
    sealer.files.store(HER, b"left by a crash")
    sealer.files.path(HER, "half.part").write_bytes(b"half")

    assert sweep(sealer) == 2
    assert sweep(sealer) == 0
    assert list(sealer.files.names(HER)) == [kept.content_sha256]
    assert problems(sealer) == []


@pytest.mark.usefixtures("her")
def test_a_person_may_have_bytes_deleted(sealer: Sealer) -> None:
    """What a person says may not be kept is deleted, the chain says so, and it does not come back with another hit."""
    first, second = hits(2)
    (sealed,) = seal_hit(sealer, first, [a_picture()])

    done = [withhold(sealer, HER, sealed.content_sha256, NOON, actor="herself") for _ in range(2)]
    (again,) = seal_hit(sealer, second, [a_picture()])

    assert done == [True, False]
    assert list(sealer.files.names(HER)) == []
    assert [link.kind for link in chain(sealer)] == ["media", "withheld", "media"]
    assert not again.is_stored
    assert problems(sealer) == []
    with sealer.ledger.reading() as connection:
        (entry,) = audit.entries_of(connection, HER)
    assert (entry.action, entry.actor, entry.subject) == ("withheld", "herself", sealed.content_sha256)


@pytest.mark.usefixtures("her")
def test_nothing_of_the_post_stands_in_the_clear(sealer: Sealer, tmp_path: Path) -> None:
    """Neither the bytes nor the address of a post can be read from the files of evidence."""
    seal_hit(sealer, a_hit(), [a_capture("林晓月".encode())])

    stored = b"".join(path.read_bytes() for path in (tmp_path / "exhibits").rglob("*") if path.is_file())

    assert "林晓月".encode() not in stored
    with sealer.ledger.reading() as connection:
        rows = exhibits.chain_of(connection, HER)
    assert b"social.example" not in b"".join(row.sealed for row in rows)
