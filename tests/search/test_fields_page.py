import re
from pathlib import Path

from search.elastic.aliases import Names, template_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "index-fields.md"


def test_every_field_is_told_of() -> None:
    """The page lists each field of the mapping with its type, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| .+ \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    properties = template_of(Names("shouwang"))["template"]["mappings"]["properties"]

    assert dict(rows) == {name: field["type"] for name, field in properties.items()}
