"""What lies beside a model's weights: who it is, how it is asked, and the sha256 of every file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from monitors.scoring.encoder import ModelError

FILE_NAME = "manifest.json"
_ADVICE = "Reinstall Shouwang, or export the model again (python -m monitors.scoring.workshop.export)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """How to run an encoder's files so that they give the vectors its heads were fitted on."""

    id: str
    dimension: int
    prefix: str
    pooling: str
    max_tokens: int
    files: Mapping[str, str]
    """File name to sha256."""

    @property
    def revision(self) -> str:
        """Twelve hex digits that change with any file or any way of asking."""
        return sha256(to_json(self).encode()).hexdigest()[:12]


def to_json(manifest: Manifest) -> str:
    """The manifest as it is written and hashed."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model's folder; ``ModelError`` names the file when it cannot be read."""
    path = folder / FILE_NAME
    try:
        fields = json.loads(path.read_bytes())
        manifest = Manifest(**fields)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read", advice=_ADVICE) from error
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path}: is not a model's manifest", advice=_ADVICE) from error
    if manifest.pooling != "mean":
        raise ModelError(f"{path}: pooling '{manifest.pooling}' is not known here", advice=_ADVICE)
    return manifest


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Return if every file is there and unchanged; else ``ModelError`` names the first that is not."""
    for name, expected in manifest.files.items():
        actual = file_sha256(folder / name)
        if actual != expected:
            raise ModelError(f"{folder / name}: sha256 is {actual[:12]}…, expected {expected[:12]}…", advice=_ADVICE)


def file_sha256(path: Path) -> str:
    """The sha256 of a file; ``ModelError`` when it cannot be read."""
    digest = sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read", advice=_ADVICE) from error
    return digest.hexdigest()
