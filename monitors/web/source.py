"""Offering the running version's own source, as AGPL section 13 asks of whoever runs it for others."""

import gzip
import io
import tarfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

import monitors
from monitors.web.visit import Here

HOME = Path(monitors.__file__).parent.parent
PACKAGES = ("monitors", "search")
BESIDE = ("dags", "tests", "docs", "deploy", "benchmarks", ".ci")
PAPERS = ("*.md", "LICENSE", "Makefile", "pyproject.toml", "uv.lock", "Dockerfile", "docker-compose.yml")
LARGEST = 4 << 20
"""Bytes; what is larger is a model's numbers, which the list of what is left out names."""
SKIPPED = frozenset({"__pycache__", ".venv"})


router = APIRouter()


@router.get("/source")
def show_source(visit: Here) -> Response:
    """Say which version this is and where its source is."""
    return visit.show("source", version=version("shouwang"))


@router.get("/source.tar.gz")
def download_source() -> Response:
    """Give the source."""
    name = f"shouwang-{version('shouwang')}.tar.gz"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(archive(), media_type="application/gzip", headers=headers)


@cache
def archive() -> bytes:
    """Pack the source this process runs from; the same source gives the same bytes."""
    left_out = []
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for path in source_files():
            if path.stat().st_size > LARGEST:
                left_out.append(str(path.relative_to(HOME)))
            else:
                _add(tar, str(path.relative_to(HOME)), path.read_bytes())
        _add(tar, "LEFT-OUT.txt", "\n".join(left_out).encode())
    return packed.getvalue()


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
