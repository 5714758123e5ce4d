"""Offering the running version's own source, as AGPL section 13 asks of whoever runs it for others."""

import gzip
import io
import tarfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

import monitors
from monitors.web.visit import Here

HOME = Path(monitors.__file__).parent.parent
PACKAGES = ("monitors", "search")
BESIDE = ("dags", "tests", "docs", "deploy", "benchmarks", ".ci")
PAPERS = ("*.md", "LICENSE", "Makefile", "pyproject.toml", "uv.lock", "Dockerfile", "docker-compose.yml")
SKIPPED = frozenset({"__pycache__", ".venv"})


router = APIRouter()


@router.get("/source")
def show_source(visit: Here) -> Response:
    """Say which version this is and where its source is."""
    return visit.show("source", version=version("shouwang"))


@router.get("/source.tar.gz")
def download_source() -> FileResponse:
    """Give the source, the model's numbers included."""
    return FileResponse(archive(), media_type="application/gzip", filename=f"shouwang-{version('shouwang')}.tar.gz")


@cache
def archive() -> Path:
    """Pack the source this process runs from into a file that goes with the process."""
    packed = Path(_folder().name) / "source.tar.gz"
    # Level 1: most of it is the model, which does not get smaller.
    with (
        gzip.GzipFile(packed, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in source_files():
            _add(tar, str(path.relative_to(HOME)), path.read_bytes())
    return packed


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="shouwang-source-")


def source_files() -> list[Path]:
    """Name what the archive is of: the packages, and around them what a checkout has."""
    folders = PACKAGES + (BESIDE if (HOME / "pyproject.toml").exists() else ())
    found = {path for folder in folders for path in (HOME / folder).rglob("*") if path.is_file()}
    if (HOME / "pyproject.toml").exists():
        found |= {path for pattern in PAPERS for path in HOME.glob(pattern)}
    return sorted(path for path in found if not SKIPPED & set(path.parts) and not path.is_symlink())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(f"shouwang/{name}")
    entry.size, entry.mode = len(content), 0o644
    tar.addfile(entry, io.BytesIO(content))
