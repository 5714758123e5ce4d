"""What is the embedded store's own: the rest is in tests/contract/test_index_contract.py."""

import resource
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitors.errors import StopRun
from search.embedded import schema
from search.embedded.store import EmbeddedIndex
from search.index import Document, Search, StoreUnavailableError
from tests.builders import a_document


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "index.sqlite"


def many(number: int, text: str = "林晓月", **changed: object) -> list[Document]:
    return [a_document(hit_id=f"{place:032x}", text=f"{text} {place}", **changed) for place in range(number)]


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Somebody else who is in the middle of reading."""
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM documents").fetchone()
        yield


def holders(path: Path, word: bytes) -> list[str]:
    return [file.name for file in sorted(path.parent.iterdir()) if word in file.read_bytes()]


def test_file_is_its_owners_alone(path: Path) -> None:
    """Nobody else on the machine may read the index or list its folder."""
    EmbeddedIndex(path).put(many(1))

    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("with_secure_words", [True, False], ids=["this SQLite", "as before 3.42"])
def test_withdrawn_bytes_leave_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch, with_secure_words: bool) -> None:
    """After a withdrawal no byte of the profile's posts is in the file or its log, older versions included."""
    if not with_secure_words:
        monkeypatch.setattr(schema, "HAS_SECURE_WORDS", False)
    index = EmbeddedIndex(path)
    index.put(many(300, "zanzibarish", profile_id="m" * 32))
    index.put(many(300, "zanzibarian crow", profile_id="m" * 32))
    index.put([a_document(text="dolomite", profile_id="t" * 32)])
    before = {word: holders(path, word) for word in (b"zanzibar", b"dolomite")}

    index.delete_profile("m" * 32)

    assert all(before.values())
    assert (holders(path, b"zanzibar"), holders(path, b"m" * 32)) == ([], [])
    assert holders(path, b"dolomite")
    assert (index.find(Search(words="dolomite")).total, index.check()) == (1, [])


def test_withdrawal_says_when_a_reader_keeps_bytes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody reads, the log keeps what was deleted: an error says so, and calling again finishes it."""
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    index = EmbeddedIndex(path)
    index.put(many(3, "zanzibar"))

    with reading(path), pytest.raises(StoreUnavailableError, match="still in its log"):
        index.delete_profile("p" * 32)
    index.delete_profile("p" * 32)

    assert holders(path, b"zanzibar") == []


def test_deleted_hits_leave_the_disk_too(path: Path) -> None:
    """What retention deletes is gone from the file as well."""
    index = EmbeddedIndex(path)
    index.put([*many(5, "zanzibar"), a_document(text="dolomite")])

    index.delete([document.hit_id for document in many(5)])

    assert (holders(path, b"zanzibar"), holders(path, b"dolomite") != []) == ([], True)


def test_many_write_and_read_at_once(path: Path) -> None:
    """Writers wait for each other and readers for nobody: nothing is lost, no reader sees half a batch."""
    index = EmbeddedIndex(path)
    seen: list[int] = []

    def put_ten(batch: int) -> None:
        index.put([a_document(hit_id=f"{batch}-{place}", text="林晓月") for place in range(10)])
        seen.append(index.find(Search(words="林晓月")).total)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put_ten, range(16)))

    assert (index.find(Search(words="林晓月")).total, {total % 10 for total in seen}) == (160, {0})


def test_put_waits_for_a_rebuild(path: Path) -> None:
    """A hit put while the index is rebuilt stands in the new one."""
    index = EmbeddedIndex(path)
    index.put(many(1))
    putting = threading.Thread(target=index.put, args=([a_document(hit_id="f" * 32, text="新来")],))

    def hits() -> Iterator[Document]:
        putting.start()
        yield from many(3)

    index.rebuild(hits())
    putting.join(10)

    assert index.find(Search()).total == 4


def test_a_batch_is_stored_whole_or_not_at_all(path: Path) -> None:
    """A batch that fails half-way leaves nothing behind."""
    index = EmbeddedIndex(path)
    index.put(many(1))
    broken = a_document(found_at=None)

    with pytest.raises(TypeError):
        index.put([*many(5), broken])

    assert index.find(Search()).total == 1


def test_a_locked_store_is_a_typed_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another writer does not end, the error says that it may work later."""
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    index = EmbeddedIndex(path)
    index.put(many(1))

    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="SQLITE_BUSY"):
            index.put(many(2))

    assert index.find(Search()).total == 1


def test_a_full_disk_is_a_typed_error(path: Path) -> None:
    """Where nothing more can be written, the error says what to look at and what was stored stays."""
    index = EmbeddedIndex(path)
    index.put(many(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))

    try:
        with pytest.raises(StoreUnavailableError, match="cannot be used now") as error:
            index.put(many(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert (error.value.advice != "", index.find(Search()).total, index.check()) == (True, 1, [])


def test_a_place_that_cannot_be_opened_is_a_typed_error(tmp_path: Path) -> None:
    """A file where the folder should be: a typed error, not a trace."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailableError, match="cannot be opened"):
        EmbeddedIndex(tmp_path / "file" / "index.sqlite").find(Search())


def break_header(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def break_pages(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


def break_words(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM words_data WHERE id > 10")


@pytest.mark.parametrize("damage", [break_header, break_pages, break_words])
def test_a_damaged_file_is_named_and_mended(path: Path, damage: object) -> None:
    """A damaged file is never searched as if it were whole; a rebuild makes it anew."""
    index = EmbeddedIndex(path)
    index.put(many(300))
    damage(path)  # type: ignore[operator] # parametrised: a function above

    problems = index.check()
    with pytest.raises(StopRun, match="damaged") as error:
        index.find(Search(words="林晓月"))
    number = index.rebuild(many(300))

    assert (problems, error.value.advice) == (["damaged"], "Type: shouwang index rebuild")
    assert (number, index.check(), index.find(Search(words="林晓月")).total) == (300, [], 300)


def test_words_that_do_not_fit_the_documents_are_named(path: Path) -> None:
    """A document without its words would never be found: the check sees it."""
    index = EmbeddedIndex(path)
    index.put(many(2))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM words WHERE rowid = 1")

    assert index.check() == ["words_differ"]


def test_an_index_of_another_version_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folded by other rules an index would miss what it holds: it is refused until it was rebuilt."""
    index = EmbeddedIndex(path)
    with monkeypatch.context() as earlier:
        earlier.setattr(schema, "VERSION", 999)
        index.put(many(2))

    with pytest.raises(StopRun, match="another version"):
        index.find(Search())

    assert (index.check(), index.rebuild(many(2)), index.check()) == (["outdated"], 2, [])


def test_no_file_is_named(path: Path) -> None:
    """Where nothing was ever put the check says so, and makes no file."""
    assert (EmbeddedIndex(path).check(), path.exists()) == (["missing"], False)
