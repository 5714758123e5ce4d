"""Golden pairs: what a platform sends, beside the posts we read from it.

``SHOUWANG_GOLDEN=write`` writes the second half anew; the difference is then read by a person before it is committed.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from monitors.codec import to_json
from monitors.records import Post

FIXTURES = Path(__file__).parents[1] / "fixtures"


def pairs(source: str) -> list[object]:
    """Every recording of a source, named by its file."""
    files = sorted((FIXTURES / source).iterdir())
    return [pytest.param(file, id=file.name) for file in files if not file.name.endswith((".posts.json", ".md"))]


def compare(recording: Path, posts: Sequence[Post]) -> None:
    """Hold posts against the second half of a pair."""
    golden = recording.with_name(recording.name + ".posts.json")
    read = [to_json(post) for post in posts]
    if os.environ.get("SHOUWANG_GOLDEN") == "write":
        golden.write_text(json.dumps(read, ensure_ascii=False, indent=1) + "\n")

    assert read == json.loads(golden.read_text())
