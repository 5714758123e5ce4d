"""Evidence bundles."""

import ast
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.errors import BadInputError
from monitors.evidence import check_bundle
from monitors.evidence.check_bundle import check
from monitors.evidence.export import export
from monitors.evidence.files import ExhibitFiles
from monitors.evidence.gate import MEDIA, Capture
from monitors.evidence.seal import Sealer, seal_hit, withhold
from monitors.ledger import audit, hits
from monitors.ledger.engine import Ledger
from monitors.ledger.tables import exhibits as table
from monitors.profiles.vault import Vault
from monitors.records import Fingerprint, Raw
from tests.builders import NOON, a_hit, a_post, a_profile
from tests.servers.ledgers import add_profile

HER = "p" * 32


def capture(content: bytes, media_type: str, **changed: Any) -> Capture:
    raw = Raw.of(content, url="https://social.example/\ud800", media_type=media_type, fetched_at=NOON)
    return Capture(raw=raw, **changed)


@pytest.fixture
def sealer(sqlite_ledger: Ledger, sqlite_vault: Vault, tmp_path: Path) -> Sealer:
    """Two hits of hers: a page, a picture, the page again, and a picture that was withheld later."""
    sealer = Sealer(ledger=sqlite_ledger, cipher=sqlite_vault, files=ExhibitFiles(tmp_path / "exhibits", sqlite_vault))
    add_profile(sqlite_ledger, sqlite_vault)
    one, two = (a_hit(post=a_post(id=f"rss:{number}", text="林晓月 🌙")) for number in range(2))
    with sqlite_ledger.writing() as connection:
        hits.put(connection, sqlite_vault, [one, two], batch_sha256="b" * 64, at=NOON)
    page = capture("<p>林晓月</p>".encode(), "text/html; charset=utf-8")
    fingerprints = (Fingerprint(algorithm="pdq", version="1", bits="ff", quality=100),)
    picture = capture(b"\xff\xd8\xff picture", "application/octet-stream", kind=MEDIA, fingerprints=fingerprints)
    seal_hit(sealer, one, [page, picture])
    (_, later) = seal_hit(sealer, two, [page, capture(b"another", "image/png", kind=MEDIA)])
    withhold(sealer, HER, later.content_sha256, NOON, actor="herself")
    return sealer


@pytest.fixture
def bundle(sealer: Sealer, tmp_path: Path) -> Path:
    return export(sealer, HER, tmp_path / "bundle", NOON, actor="herself")


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the bundle's own check as a lawyer would: nothing of ours can be imported."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py")]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd="/", check=False, timeout=60)


def test_a_bundle_checks_itself(bundle: Path) -> None:
    """A copy of the bundle anywhere says that it is as it was sealed, and names the head of the chain."""
    done = run(bundle)

    chain = json.loads((bundle / "chain.json").read_bytes().decode("utf-8", "surrogatepass"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "as it was sealed" in done.stdout
    assert chain["head"] in done.stdout
    assert done.stderr == ""


def test_a_bundle_holds_the_originals(bundle: Path) -> None:
    """Bytes stand there as they arrived, pages as text that runs nothing; what was withheld is not there."""
    files = {path.name: path.read_bytes() for path in (bundle / "files").iterdir()}

    assert files == {"0001.txt": "<p>林晓月</p>".encode(), "0002.jpg": b"\xff\xd8\xff picture"}
    assert sorted(path.name for path in bundle.iterdir()) == [
        "README.txt",
        "SHA256SUMS",
        "chain.json",
        "files",
        "hits.json",
        "verify.py",
    ]


def test_a_bundle_tells_the_posts_only(bundle: Path) -> None:
    """Who is shown the bundle reads the posts, not what was looked for or why they matched."""
    text = (bundle / "hits.json").read_text("utf-8")

    assert [hit["post"]["text"] for hit in json.loads(text)] == ["林晓月 🌙", "林晓月 🌙"]
    assert "query" not in text
    assert "candidate" not in text


def test_only_the_owner_reads_a_bundle(bundle: Path) -> None:
    """What stands in the clear is closed to other users of the machine."""
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [bundle, *bundle.rglob("*")]}

    assert modes == {0o700, 0o600}


def test_sha256sum_agrees(bundle: Path) -> None:
    """The list of hashes is one that `sha256sum -c` reads, for who trusts no script."""
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=bundle, check=False, timeout=60
    )

    assert done.returncode == 0


def test_a_zip_is_the_same_bundle(sealer: Sealer, tmp_path: Path) -> None:
    """Packed and unpacked, it checks itself just so."""
    path = export(sealer, HER, tmp_path / "bundle.zip", NOON, actor="herself")

    with ZipFile(path) as archive:
        archive.extractall(tmp_path / "unpacked")

    assert run(tmp_path / "unpacked").returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_byte_of_a_bundle_is_found(bundle: Path, data: st.DataObject) -> None:
    """One changed byte in any file makes the check say no, and never fall over."""
    path = data.draw(st.sampled_from([path for path in sorted(bundle.rglob("*")) if path.is_file()]))
    original = path.read_bytes()
    changed = bytearray(original)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(changed))

    problems, _ = check(bundle)

    path.write_bytes(original)
    assert problems


def resum(folder: Path) -> None:
    """Write the list of hashes anew, as somebody would who changes a bundle on purpose."""
    from hashlib import sha256

    lines = [
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


def edit_chain(folder: Path, edit: Any) -> None:
    path = folder / "chain.json"
    chain = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    edit(chain)
    path.write_bytes(json.dumps(chain, ensure_ascii=False).encode("utf-8", "surrogatepass"))


EDITS = [
    pytest.param(lambda chain: chain["links"][0].update(url="https://other.example"), "changed link", id="address"),
    pytest.param(lambda chain: chain["links"].pop(1), "missing or moved", id="link removed"),
    pytest.param(lambda chain: chain["links"].pop(), "does not end", id="last link removed"),
    pytest.param(lambda chain: chain["links"].reverse(), "missing or moved", id="order"),
    pytest.param(lambda chain: chain["files"].clear(), "bytes missing", id="files forgotten"),
]


@pytest.mark.parametrize(("edit", "problem"), EDITS)
def test_a_clever_change_is_found(bundle: Path, edit: Any, problem: str) -> None:
    """Whoever changes the chain and writes the list of hashes anew is still found out."""
    edit_chain(bundle, edit)
    resum(bundle)

    done = run(bundle)

    assert done.returncode == 1
    assert problem in done.stdout


def test_files_that_come_or_go_are_found(bundle: Path) -> None:
    """A file too many and a file too few are named."""
    (bundle / "files" / "0001.txt").unlink()
    (bundle / "extra.txt").write_text("x")

    done = run(bundle)

    assert done.returncode == 1
    assert "missing file / 缺少文件: files/0001.txt" in done.stdout
    assert "unknown file / 多出的文件: extra.txt" in done.stdout


def test_what_is_lost_is_said(sealer: Sealer, tmp_path: Path) -> None:
    """Evidence that cannot be read any more does not stop the export; the bundle's check says what is missing."""
    name = next(sealer.files.names(HER))
    sealer.files.path(HER, name).write_bytes(b"torn")
    with sealer.ledger.writing() as connection:
        connection.execute(table.update().where(table.c.sequence == 2).values(sealed=b"torn"))

    done = run(export(sealer, HER, tmp_path / "bundle", NOON, actor="herself"))

    assert done.returncode == 1
    assert "bytes missing" in done.stdout
    assert "missing or moved" in done.stdout


def test_an_export_is_audited(sealer: Sealer, bundle: Path) -> None:
    """She can read who took her evidence out, and when."""
    with sealer.ledger.reading() as connection:
        entries = audit.entries_of(connection, HER)

    assert bundle.exists()
    assert [(entry.action, entry.actor, entry.at) for entry in entries][-1] == ("exported", "herself", NOON)


def test_nothing_is_overwritten(sealer: Sealer, bundle: Path) -> None:
    """A place that is taken is refused, and what is there stays."""
    with pytest.raises(BadInputError, match="already"):
        export(sealer, HER, bundle, NOON, actor="herself")

    assert run(bundle).returncode == 0


def test_an_unknown_profile_is_refused(sealer: Sealer, tmp_path: Path) -> None:
    """A mistyped id makes no empty bundle."""
    with pytest.raises(BadInputError, match="no such profile"):
        export(sealer, "unknown", tmp_path / "bundle", NOON, actor="herself")

    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_an_export_that_broke_leaves_nothing(
    sealer: Sealer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """When the disk is full half-way no half bundle stays."""

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("monitors.evidence.export._pretty", full)
    (tmp_path / "out").mkdir()

    with pytest.raises(OSError, match="No space"):
        export(sealer, HER, tmp_path / "out" / name, NOON, actor="herself")

    assert list((tmp_path / "out").iterdir()) == []


def test_a_profile_without_evidence_has_a_bundle(sealer: Sealer, sqlite_vault: Vault, tmp_path: Path) -> None:
    """Nothing sealed yet is an empty bundle that is in order."""
    other = add_profile(sealer.ledger, sqlite_vault, a_profile(id="q" * 32))

    bundle = export(sealer, other.id, tmp_path / "bundle", NOON, actor="operator")

    assert run(bundle).returncode == 0
    shutil.rmtree(bundle)


def test_the_check_runs_on_an_old_python() -> None:
    """A court's computer may be old: the check is written in the language of Python 3.8."""
    source = Path(check_bundle.__file__).read_text("utf-8")

    tree = ast.parse(source, feature_version=(3, 8))

    assert tree.body
