"""Golden pairs: what a platform sends, beside the posts we read from it.

``SHOUWANG_GOLDEN=write`` writes the second half anew; the difference is then read by a person before it is committed.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    read = [_said(to_json(post)) for post in posts]
    if os.environ.get("SHOUWANG_GOLDEN") == "write":
        golden.write_text(json.dumps(read, ensure_ascii=False, indent=1) + "\n")

    assert read == _said(json.loads(golden.read_text()))


def _said(value: Any) -> Any:
    # A field that a record has and a post leaves empty says nothing, and fields are added over time.
    if isinstance(value, dict):
        kept = {key: _said(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {})}
    return [_said(item) for item in value] if isinstance(value, list) else value
