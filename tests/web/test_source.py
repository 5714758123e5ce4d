"""The offer of the running version's source (AGPL section 13)."""

import io
import tarfile
from pathlib import Path

import monitors
from monitors.web.source import archive
from tests.web.room import Served


def test_archive_is_what_runs(site: Served) -> None:
    """The archive holds this very code with its templates and catalogues, the lock file and the licence."""
    answer = site.client.get("/source.tar.gz")

    with tarfile.open(fileobj=io.BytesIO(answer.content)) as tar:
        names = set(tar.getnames())
        source = tar.extractfile("shouwang/monitors/web/source.py")
        assert source is not None
        assert source.read() == Path(monitors.__file__).with_name("web").joinpath("source.py").read_bytes()
    assert {
        "shouwang/LICENSE",
        "shouwang/uv.lock",
        "shouwang/pyproject.toml",
        "shouwang/search/index.py",
        "shouwang/monitors/alerts/templates/digest/body.html",
        "shouwang/monitors/messages/zh_CN/web.po",
    } <= names


def test_archive_holds_no_rubbish() -> None:
    """Caches, environments and data stay out; the model's numbers, without which nothing runs, are in."""
    with tarfile.open(archive()) as tar:
        names = tar.getnames()

    assert "shouwang/monitors/scoring/model/encoder.onnx" in names
    assert not [name for name in names if "__pycache__" in name or ".venv" in name or name.endswith(".sqlite")]


def test_page_says_the_version(site: Served) -> None:
    """The page names version and licence."""
    assert "守望 0.1.0" in site.client.get("/source").text
