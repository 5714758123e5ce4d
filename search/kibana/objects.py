"""Kibana's saved objects: the envelope that every one has, and the kinds we use besides charts (lens.py).

Versions are pinned low on purpose: Kibana migrates an older object up and refuses a newer one. Attributes that Kibana
keeps as JSON in a string stay strings here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]

CORE_VERSION = "8.8.0"
PINNED = {"index-pattern": "8.0.0", "search": "10.5.0", "lens": "8.9.0", "dashboard": "10.2.0"}
"""``typeMigrationVersion`` of each kind; its attributes are written in that version's shape."""

SOURCE_NAME = "kibanaSavedObjectMeta.searchSourceJSON.index"
GRID_COLUMNS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A place on a dashboard, in columns of 48 and rows, that shows another saved object."""

    kind: str
    object_id: str
    x: int
    y: int
    width: int
    height: int


def saved_object(kind: str, object_id: str, attributes: JsonObject, references: Sequence[JsonObject]) -> JsonObject:
    """Give the object as one line of an export holds it."""
    return {
        "attributes": attributes,
        "coreMigrationVersion": CORE_VERSION,
        "id": object_id,
        "managed": False,
        "references": list(references),
        "type": kind,
        "typeMigrationVersion": PINNED[kind],
    }


def reference_to(kind: str, object_id: str, name: str) -> JsonObject:
    """Give a reference, which the attributes use by its name."""
    return {"id": object_id, "name": name, "type": kind}


def kql(query: str = "") -> JsonObject:
    """Give a query in Kibana's language."""
    return {"query": query, "language": "kuery"}


def in_string(value: object) -> str:
    """Give JSON as Kibana keeps it inside a string."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def data_view(
    object_id: str,
    *,
    title: str,
    name: str,
    time_field: str,
    labels: Mapping[str, str],
    values: Mapping[str, JsonObject],
) -> JsonObject:
    """Give a data view. ``labels`` names fields for people, ``values`` the words that stand for a field's ids."""
    attributes = {
        "title": title,
        "name": name,
        "timeFieldName": time_field,
        "fieldAttrs": in_string({field: {"customLabel": label} for field, label in labels.items()}),
        "fieldFormatMap": in_string(values),
        "runtimeFieldMap": "{}",
        "sourceFilters": "[]",
        "fields": "[]",
        "typeMeta": "{}",
        "allowHidden": False,
    }
    return saved_object("index-pattern", object_id, attributes, [])


def words_for(entries: Mapping[str, str]) -> JsonObject:
    """Give the format that shows a word in place of an id; an unknown id is shown as it is."""
    lookup = [{"key": key, "value": value} for key, value in entries.items()]
    return {"id": "static_lookup", "params": {"lookupEntries": lookup, "unknownKeyValue": None}}


def saved_search(
    object_id: str,
    *,
    view_id: str,
    title: str,
    description: str,
    query: str,
    columns: Sequence[str],
    newest_by: str,
    breakdown: str = "",
) -> JsonObject:
    """Give a saved search of Discover, newest first."""
    source = {"highlightAll": True, "version": True, "query": kql(query), "filter": [], "indexRefName": SOURCE_NAME}
    attributes = {
        "title": title,
        "description": description,
        "columns": list(columns),
        "sort": [[newest_by, "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": in_string(source)},
    }
    if breakdown:
        attributes["breakdownField"] = breakdown
    return saved_object("search", object_id, attributes, [reference_to("index-pattern", view_id, SOURCE_NAME)])


def dashboard(object_id: str, *, title: str, description: str, panels: Sequence[Panel], since: str) -> JsonObject:
    """Give a dashboard whose panels show other objects by reference."""
    names = [f"p{number}" for number in range(1, len(panels) + 1)]
    options = {
        "useMargins": True,
        "syncColors": False,
        "syncCursor": True,
        "syncTooltips": False,
        "hidePanelTitles": False,
    }
    attributes = {
        "title": title,
        "description": description,
        "panelsJSON": in_string([_placed(name, panel) for name, panel in zip(names, panels, strict=True)]),
        "optionsJSON": in_string(options),
        "kibanaSavedObjectMeta": {"searchSourceJSON": in_string({"query": kql(), "filter": []})},
        "timeRestore": True,
        "timeFrom": since,
        "timeTo": "now",
        "version": 1,
    }
    references = [
        reference_to(panel.kind, panel.object_id, f"{name}:panel_{name}")
        for name, panel in zip(names, panels, strict=True)
    ]
    return saved_object("dashboard", object_id, attributes, references)


def _placed(name: str, panel: Panel) -> JsonObject:
    return {
        "panelIndex": name,
        "gridData": {"i": name, "x": panel.x, "y": panel.y, "w": panel.width, "h": panel.height},
        "type": panel.kind,
        "panelRefName": f"panel_{name}",
        "embeddableConfig": {"enhancements": {}},
    }
