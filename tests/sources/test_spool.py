"""The spool: whole files or none, read back exactly."""

import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.errors import StopRun
from monitors.records import Batch, Post, Raw
from monitors.sources.spool import Spool
from tests.builders import NOON, a_post


def a_raw(content: bytes, url: str = "https://social.example/feed") -> Raw:
    """Bytes as they arrived."""
    return Raw.of(content, url=url, media_type="text/plain", fetched_at=NOON)


def read_from(raw: Raw, **changed: object) -> Post:
    """A post that was read from these bytes."""
    return a_post(raw_sha256=raw.sha256, **changed)


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """A disk that takes no file longer than this: the kernel refuses to write on."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_round_trip(tmp_path: Path) -> None:
    """Posts come back in their order, and each raw once."""
    spool = Spool(tmp_path / "spool")
    page = a_raw(b"\x00\xff page")
    posts = [read_from(page, id=f"rss:{number}", text=f"第{number}条\r\n二\u2028三") for number in range(3)]

    batch = spool.write("rss", posts, [page, page], at=NOON)

    assert list(spool.posts(batch)) == posts
    assert spool.raws(batch) == {page.sha256: page}
    assert batch.count == 3
    assert batch.path == f"{batch.sha256}.jsonl.zst"


@given(text=st.text(st.characters(exclude_categories=())), content=st.binary())
def test_any_text_and_bytes(tmp_path_factory: pytest.TempPathFactory, text: str, content: bytes) -> None:
    """Any text, half letters too, and any bytes come back as they were."""
    spool = Spool(tmp_path_factory.getbasetemp() / "any")
    raw = a_raw(content)
    post = replace(read_from(raw), text=text)

    batch = spool.write("rss", [post], [raw], at=NOON)

    assert list(spool.posts(batch)) == [post]
    assert spool.raws(batch, {raw.sha256}) == {raw.sha256: raw}
    spool.remove(batch.path)


def test_raws_nobody_refers_to_are_not_kept(tmp_path: Path) -> None:
    """Bytes that no post of the batch was read from are not stored with it."""
    spool = Spool(tmp_path)
    ours, other = a_raw(b"ours"), a_raw(b"other")

    batch = spool.write("rss", [read_from(ours)], [ours, other], at=NOON)

    assert set(spool.raws(batch)) == {ours.sha256}


def test_wanted_raws_only(tmp_path: Path) -> None:
    """Of many raws only those asked for are held in memory; one that was forgotten is simply not given."""
    spool = Spool(tmp_path)
    raws = [a_raw(bytes([number])) for number in range(3)]
    batch = spool.write("rss", [read_from(raw, id=f"rss:{raw.sha256}") for raw in raws], raws, at=NOON)

    assert spool.raws(batch, {raws[1].sha256, "f" * 64}) == {raws[1].sha256: raws[1]}


def test_two_empty_batches_are_two(tmp_path: Path) -> None:
    """Batches never share a name, not even when they hold nothing."""
    spool = Spool(tmp_path)

    assert spool.write("rss", [], [], at=NOON).sha256 != spool.write("rss", [], [], at=NOON).sha256


def test_only_the_owner_reads(tmp_path: Path) -> None:
    """Folder and files are the owner's alone."""
    spool = Spool(tmp_path / "spool")

    batch = spool.write("rss", [a_post()], [], at=NOON)

    assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((spool.folder / batch.path).stat().st_mode) == 0o600


@pytest.mark.parametrize("place", [0, 20, -1], ids=["start", "middle", "end"])
def test_a_changed_byte_stops_the_run(tmp_path: Path, place: int) -> None:
    """A batch with one flipped bit is not read at all."""
    spool = Spool(tmp_path)
    batch = spool.write("rss", [a_post()], [], at=NOON)
    content = bytearray((tmp_path / batch.path).read_bytes())
    content[place] ^= 1
    (tmp_path / batch.path).write_bytes(content)

    with pytest.raises(StopRun, match="was changed on disk") as stopped:
        next(spool.posts(batch))

    assert stopped.value.advice


def test_a_missing_file_stops_the_run(tmp_path: Path) -> None:
    """A batch whose file is gone is an error that says what to do."""
    spool = Spool(tmp_path)
    batch = spool.write("rss", [a_post()], [], at=NOON)
    spool.remove(batch.path)

    assert not spool.has(batch)
    with pytest.raises(StopRun, match="gone from the spool"):
        list(spool.posts(batch))


@pytest.mark.parametrize("path", ["../ledger.sqlite", "/etc/passwd", "", "a/b"])
def test_paths_stay_in_the_spool(tmp_path: Path, path: str) -> None:
    """A batch that was told by somebody else cannot name a file elsewhere."""
    with pytest.raises(StopRun, match="out of the spool"):
        list(Spool(tmp_path).posts(Batch(path=path, count=1, sha256="a" * 64)))


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """When the disk takes no more, there is a clear error and no file, not even a part."""
    spool = Spool(tmp_path / "spool")
    noise = Raw.of(bytes(range(256)) * 64, url="u", media_type="", fetched_at=NOON)

    with full_disk(100), pytest.raises(StopRun, match="cannot be written") as stopped:
        spool.write("rss", [read_from(noise)], [noise], at=NOON)

    assert "make room" in stopped.value.advice
    assert list(spool.folder.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A spool whose place is taken is told like a full disk."""
    (tmp_path / "spool").write_text("a file")

    with pytest.raises(StopRun, match="cannot be written"):
        Spool(tmp_path / "spool").write("rss", [], [], at=NOON)


def test_rewriting_forgets(tmp_path: Path) -> None:
    """A batch written anew is without the post and without bytes from its address; the rest is as it was."""
    spool = Spool(tmp_path)
    hers, shared, other = a_raw(b"hers", "feed#1"), a_raw(b"whole feed", "feed"), a_raw(b"other", "feed#2")
    posts = [read_from(hers, id="rss:1"), read_from(shared, id="rss:2"), read_from(other, id="rss:3")]
    batch = spool.write("rss", posts, [hers, shared, other], at=NOON)

    new = spool.rewrite(batch, post_ids={"rss:1"}, raw_urls={"feed#1", "feed"})

    assert list(spool.posts(new)) == posts[1:]
    assert set(spool.raws(new)) == {other.sha256}
    assert (new.count, new.sha256 != batch.sha256) == (2, True)


def test_files_are_named(tmp_path: Path) -> None:
    """Whole and unfinished batches are listed, strangers' files are not."""
    spool = Spool(tmp_path)
    batch = spool.write("rss", [], [], at=NOON)
    (tmp_path / "half.part").touch()
    (tmp_path / "notes.txt").touch()

    assert {name for name, _ in spool.files()} == {batch.path, "half.part"}
    assert list(Spool(tmp_path / "nowhere").files()) == []
