"""The image: what the Dockerfile copies and installs exists, nothing secret gets in, torch only when asked for."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LET_IN = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]


def test_copies_what_exists_and_is_let_in() -> None:
    """Everything copied from this folder exists, and .dockerignore lets exactly that in."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    copied = {name for line in lines for name in line.split()}

    assert all((ROOT / name).exists() for name in copied)
    assert copied == set(LET_IN)
    assert not any(fnmatch(".env", name) for name in LET_IN)


def test_images_are_pinned() -> None:
    """Both stages start from one exact version, and uv is an exact version too."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", bases[0])
    assert re.search(r"uv==\d+\.\d+\.\d+\n", DOCKERFILE)


def test_installs_from_the_lock_file() -> None:
    """The lock file decides what uv installs, with extras that exist; both installs name the same ones."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    syncs = re.findall(r"uv sync (.*?)\n(?=COPY|\n)", DOCKERFILE, re.DOTALL)

    assert len(syncs) == 2
    assert all("--frozen" in sync for sync in syncs)
    extras = [re.findall(r"--extra (\S+?)\)?(?=\s|$)", sync) for sync in syncs]
    assert extras[0] == extras[1] == ["server", "images", "sentence-transformers"]
    assert set(extras[0]) <= set(project["optional-dependencies"])


def test_torch_only_when_asked_for() -> None:
    """Without the build argument the image has no torch."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    wanted = next(package for package in locked if package["name"] == "shouwang")["optional-dependencies"]

    assert "ARG WITH_TORCH=no\n" in DOCKERFILE
    assert DOCKERFILE.count('$(test "$WITH_TORCH" = yes && echo --extra sentence-transformers)') == 2
    assert DOCKERFILE.count("sentence-transformers") == 2
    assert not {need["name"] for extra in ("server", "images") for need in wanted[extra]} & {
        "torch",
        "sentence-transformers",
    }


def test_runs_without_root() -> None:
    """The last user of the image is not root, and has the id that docker-compose.yml gives files to."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    owner = compose["services"]["elasticsearch-accounts"]["environment"]["OWNER"]

    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["shouwang"]
    assert f"useradd --uid {owner} " in DOCKERFILE
    assert DOCKERFILE.index("USER shouwang") < DOCKERFILE.index("ENTRYPOINT")
