"""The house itself: what the README promises, what the docs link to, what starting up costs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEAVY = ("sqlalchemy", "fastapi", "alembic", "onnxruntime", "torch", "airflow", "PIL", "scipy", "httpx")


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_help_imports_nothing_heavy() -> None:
    """`shouwang --help` answers without the ledger, the web, the model or a picture library."""
    code = f"""
import sys
from monitors.cli import run
run(["--help"])
print("loaded:", [name for name in {HEAVY!r} if name in sys.modules])
"""

    said = python(code)

    assert "loaded: []" in said
    assert "Usage" in said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page leads to a file of the repository."""
    targets = [target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8"))]

    missing = [target for target in targets if "://" not in target and target and not (page.parent / target).exists()]

    assert missing == []


def test_reference_pages_are_fresh() -> None:
    """The generated pages say what the code says."""
    made = python("import sys, json; sys.path.insert(0, 'docs'); import generate; print(json.dumps(generate.pages()))")

    import json

    for name, text in json.loads(made).items():
        assert (ROOT / "docs/reference" / name).read_text(encoding="utf-8") == text, f"{name} is stale: make docs"


def test_readme_targets_exist() -> None:
    """Every `make` target a page names is in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))}

    assert named <= targets


def test_versions_agree() -> None:
    """The package says the version that the project says."""
    from monitors import __version__

    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_no_test_folder_is_a_package() -> None:
    """An __init__.py under tests/ would shadow a package of ours."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
