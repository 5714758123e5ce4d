"""Which indices are ours: one behind an alias, and a second one while the first is made anew.

Everybody reads and writes ``PREFIX-hits``. While a rebuild runs, ``PREFIX-hits-next`` names the index it fills; then
both aliases change in one step.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from monitors.errors import StopRun
from search.elastic.connection import REBUILD
from search.index import StoreUnavailableError
from search.words import VERSION as WORDS_VERSION

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

VERSION = 1000 + WORDS_VERSION
"""Of the mapping (thousands) and of the words in it; kept in the mapping's ``_meta``."""


@dataclass(frozen=True, slots=True)
class Names:
    """What our indices are called."""

    prefix: str

    @property
    def alias(self) -> str:
        """Where everybody reads and writes."""
        return f"{self.prefix}-hits"

    @property
    def next(self) -> str:
        """What a rebuild fills; there is none while none runs."""
        return f"{self.prefix}-hits-next"

    @property
    def pattern(self) -> str:
        """Every index of ours."""
        return f"{self.prefix}-hits-made-*"

    @property
    def first(self) -> str:
        """The index made where there is none: the same name from whoever makes it."""
        return f"{self.prefix}-hits-made-first"

    def made_at(self, moment: datetime) -> str:
        """The index of a rebuild: a name that no other has or had."""
        return f"{self.prefix}-hits-made-{moment:%Y%m%d-%H%M%S-%f}"


def template_of(names: Names) -> dict[str, Any]:
    """Give the index template as Elasticsearch takes it."""
    template: dict[str, Any] = json.loads(files("search.elastic").joinpath("templates/hits.json").read_text("utf-8"))
    template["index_patterns"] = [names.pattern]
    template["template"]["mappings"]["_meta"] = {"version": VERSION}
    return template


def set_up(client: "Elasticsearch", names: Names) -> None:
    """Install the template and, where there is none, the first index; may be repeated at any time.

    An index made by another version stays as it is: ``check`` says so, a rebuild mends it.
    """
    client.indices.put_index_template(name=names.alias, **template_of(names))
    if client.indices.exists_alias(name=names.alias):
        return
    answer = client.options(ignore_status=400).indices.create(index=names.first, aliases={names.alias: {}})
    if "error" in answer and not client.indices.exists_alias(name=names.alias):
        raise StopRun("the search index lost its name", advice=REBUILD)


def start_next(client: "Elasticsearch", names: Names) -> str:
    """Make an empty index for a rebuild and give its name; what an interrupted rebuild left is deleted."""
    client.indices.put_index_template(name=names.alias, **template_of(names))
    for leftover in _behind(client, names.next):
        client.indices.delete(index=leftover, ignore_unavailable=True)
    made = names.made_at(datetime.now(UTC))
    client.indices.create(index=made, aliases={names.next: {}})
    return made


def flip(client: "Elasticsearch", names: Names, made: str) -> None:
    """Put the rebuilt index in place of every other one of ours, in one step."""
    if made not in _behind(client, names.next):
        raise StoreUnavailableError("another rebuild took over", advice="Wait for it; nothing is lost.")
    others = [name for name in client.indices.get(index=names.pattern, features="aliases") if name != made]
    client.indices.update_aliases(
        actions=[
            {"remove": {"index": made, "alias": names.next, "must_exist": True}},
            {"add": {"index": made, "alias": names.alias}},
            *({"remove_index": {"index": other}} for other in others),
        ]
    )


def abandon(client: "Elasticsearch", names: Names, made: str) -> None:
    """Delete the index of a rebuild that failed, unless it is in use: an answer may be lost after the flip."""
    if made in _behind(client, names.next):
        client.indices.delete(index=made, ignore_unavailable=True)


def is_rebuilding(client: "Elasticsearch", names: Names) -> bool:
    """Whether a rebuild is under way, or one was interrupted."""
    return bool(client.indices.exists_alias(name=names.next))


def version_of(client: "Elasticsearch", names: Names) -> int | None:
    """Give the version of the mapping in use; None where there is no index."""
    if not client.indices.exists_alias(name=names.alias):
        return None
    (found,) = client.indices.get_mapping(index=names.alias).values()
    return int(found["mappings"].get("_meta", {}).get("version", 0))


def require_version(client: "Elasticsearch", names: Names) -> None:
    """Refuse an index of another version, which would miss what it holds, and one that is not there."""
    found = version_of(client, names)
    if found is None:
        raise StopRun("the search index does not exist", advice=REBUILD)
    if found != VERSION:
        raise StopRun("the search index was made by another version", advice=REBUILD)


def _behind(client: "Elasticsearch", alias: str) -> list[str]:
    """Give the indices with that alias."""
    return list(client.indices.get_alias(name=alias)) if client.indices.exists_alias(name=alias) else []
