"""Finds what Kibana would refuse, or worse: would take and not be able to draw.

Schema, references and, against the mapping of a real Elasticsearch, every field that a column, a sort, a query or a
chart uses. What it catches is held by its own list of deliberate mistakes (test_checker.py).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from search.kibana.objects import GRID_COLUMNS, PINNED
from tests.search.kibana.schemas import ATTRIBUTES, ENVELOPE, Schema

Object = dict[str, Any]

DATES = {"date", "date_nanos"}
NUMBERS = {"long", "integer", "short", "byte", "double", "float", "half_float", "scaled_float"}
BUCKETS = {"terms": {"keyword", "boolean", "ip"} | DATES | NUMBERS, "date_histogram": DATES}
METRICS = {"count": None, "unique_count": None, "last_value": None, "min": NUMBERS | DATES, "max": NUMBERS | DATES}
METRICS |= {"average": NUMBERS, "sum": NUMBERS, "median": NUMBERS}
ROWS = "___records___"
SORTABLE = {"keyword", "boolean", "ip"} | DATES | NUMBERS
ACCESSORS = ("xAccessor", "splitAccessor", "metricAccessor", "breakdownByAccessor", "maxAccessor")
SOURCE_NAME = "kibanaSavedObjectMeta.searchSourceJSON.index"
STRINGS_OF_JSON = ("fields", "fieldAttrs", "fieldFormatMap", "runtimeFieldMap", "sourceFilters", "typeMeta")


@dataclass(frozen=True, slots=True)
class World:
    """What the objects must fit: each other, the mapping's fields with their types, and the names of our indices."""

    ids: frozenset[tuple[str, str]]
    fields: Mapping[str, str]
    indices: frozenset[str]


def check(lines: Iterable[str], mapping: Mapping[str, Any], indices: Iterable[str]) -> list[str]:
    """Give every mistake with the object it is in; empty when Kibana could draw everything."""
    objects = [json.loads(line) for line in lines]
    ids = [(one.get("type"), one.get("id")) for one in objects]
    world = World(frozenset(ids), fields_of(mapping), frozenset(indices))
    found = [] if len(world.ids) == len(ids) else ["two objects of one type and id"]
    return found + [
        f"{one.get('type')}:{one.get('id')}: {problem}" for one in objects for problem in _check_one(one, world)
    ]


def fields_of(mapping: Mapping[str, Any]) -> dict[str, str]:
    """Give the type of every field of a mapping."""
    return {name: field["type"] for name, field in mapping["properties"].items()}


def _check_one(one: Object, world: World) -> Iterator[str]:
    envelope = list(_schema(ENVELOPE, one))
    yield from envelope
    if envelope:
        return
    kind, attributes = one["type"], one["attributes"]
    if one["typeMigrationVersion"] != PINNED[kind]:
        yield f"typeMigrationVersion is not the pinned {PINNED[kind]}"
    wrong = list(_schema(ATTRIBUTES[kind], attributes))
    yield from wrong
    yield from _references(one, world)
    if not wrong:
        yield from CHECKS[kind](one, world)


def _schema(schema: Schema, value: Any) -> Iterator[str]:
    for error in Draft202012Validator(schema).iter_errors(value):
        yield f"{error.json_path}: {error.message[:100]}"


def _references(one: Object, world: World) -> Iterator[str]:
    names = [reference["name"] for reference in one["references"]]
    if len(set(names)) != len(names):
        yield "two references of one name"
    for reference in one["references"]:
        if (reference["type"], reference["id"]) not in world.ids:
            yield f"nothing is {reference['type']}:{reference['id']}"


def _parsed(one: Object, text: str, what: str, problems: list[str]) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        problems.append(f"{what} of {one['id']} is not JSON")
        return None


def _check_view(one: Object, world: World) -> Iterator[str]:
    attributes, problems = one["attributes"], list[str]()
    if attributes["title"] not in world.indices:
        yield f"{attributes['title']!r} is no index of ours"
    if world.fields.get(attributes.get("timeFieldName", "")) not in DATES:
        yield "timeFieldName is no date"
    parsed = {key: _parsed(one, attributes[key], key, problems) for key in STRINGS_OF_JSON if key in attributes}
    yield from problems
    for key in ("fieldAttrs", "fieldFormatMap"):
        yield from _unknown_fields(parsed.get(key) or {}, world, key)


def _check_search(one: Object, world: World) -> Iterator[str]:
    attributes, problems = one["attributes"], list[str]()
    yield from _unknown_fields(attributes.get("columns", []), world, "columns")
    for field, *_ in attributes.get("sort", []):
        if world.fields.get(field) not in SORTABLE:
            yield f"cannot sort by {field!r}"
    breakdown = attributes.get("breakdownField")
    if breakdown and world.fields.get(breakdown) not in BUCKETS["terms"]:
        yield f"cannot break down by {breakdown!r}"
    source = _parsed(one, attributes["kibanaSavedObjectMeta"]["searchSourceJSON"], "searchSourceJSON", problems)
    yield from problems
    names = {reference["name"] for reference in one["references"]}
    if source is not None:
        if source.get("indexRefName") != SOURCE_NAME or names != {SOURCE_NAME}:
            yield "the data view is not referred to by the name that is used"
        yield from _query(source["query"], world)


def _check_lens(one: Object, world: World) -> Iterator[str]:
    state = one["attributes"]["state"]
    layers, drawing = state["datasourceStates"]["formBased"]["layers"], state["visualization"]
    drawn = drawing.get("layers", [drawing])
    if {layer.get("layerId") for layer in drawn} != set(layers):
        yield "layers that are drawn are not those that are counted"
    if {reference["name"] for reference in one["references"]} != {
        f"indexpattern-datasource-layer-{id_}" for id_ in layers
    }:
        yield "each layer refers to its data view by its own name"
    for layer in layers.values():
        yield from _check_columns(layer, world)
    for layer in drawn:
        yield from _check_drawn(layer, layers.get(layer.get("layerId"), {}).get("columns", {}))
    yield from _query(state["query"], world)


def _check_columns(layer: Object, world: World) -> Iterator[str]:
    columns = layer.get("columns", {})
    if layer.get("columnOrder") != list(columns):
        yield "columnOrder is not the columns"
    for id_, column in columns.items():
        operation, field = column.get("operationType"), column.get("sourceField")
        if operation not in BUCKETS and operation not in METRICS:
            yield f"{id_}: no operation {operation!r} in our vocabulary"
            continue
        if column.get("isBucketed") != (operation in BUCKETS):
            yield f"{id_}: isBucketed is wrong"
        yield from _check_field_of(id_, operation, field, world)
        order = column.get("params", {}).get("orderBy", {})
        if order.get("type") == "column" and order.get("columnId") not in columns:
            yield f"{id_}: ordered by a column that is not there"


def _check_field_of(id_: str, operation: str, field: str, world: World) -> Iterator[str]:
    if operation == "count" and field == ROWS:
        return
    if field not in world.fields:
        yield f"{id_}: no field {field!r}"
        return
    allowed = (BUCKETS | METRICS)[operation]
    if world.fields[field] == "text" or (allowed is not None and world.fields[field] not in allowed):
        yield f"{id_}: no {operation} of a {world.fields[field]} such as {field!r}"


def _check_drawn(layer: Object, columns: Object) -> Iterator[str]:
    used = [layer[name] for name in ACCESSORS if layer.get(name)]
    used += [*layer.get("accessors", []), *layer.get("primaryGroups", []), *layer.get("metrics", [])]
    used += [column["columnId"] for column in layer.get("columns", [])]
    if set(used) != set(columns):
        yield "columns that are drawn are not those that are counted"


def _check_dashboard(one: Object, world: World) -> Iterator[str]:
    attributes, problems = one["attributes"], list[str]()
    panels = _parsed(one, attributes["panelsJSON"], "panelsJSON", problems) or []
    _parsed(one, attributes["optionsJSON"], "optionsJSON", problems)
    source = _parsed(one, attributes["kibanaSavedObjectMeta"]["searchSourceJSON"], "searchSourceJSON", problems)
    yield from problems
    if source is not None:
        yield from _query(source["query"], world)
    if attributes.get("timeRestore") and not (attributes.get("timeFrom") and attributes.get("timeTo")):
        yield "timeRestore without its range"
    yield from _check_panels(panels)
    expected = {f"{panel.get('panelIndex')}:{panel.get('panelRefName')}": panel.get("type") for panel in panels}
    if expected != {reference["name"]: reference["type"] for reference in one["references"]}:
        yield "panels and references differ"


def _check_panels(panels: list[Object]) -> Iterator[str]:
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        index, grid = panel.get("panelIndex"), panel["gridData"]
        if grid["i"] != index or panel.get("panelRefName") != f"panel_{index}":
            yield f"panel {index}: its names differ"
        cells = {
            (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
        }
        if not cells or min(x for x, _ in cells) < 0 or max(x for x, _ in cells) >= GRID_COLUMNS:
            yield f"panel {index}: outside the grid"
        if cells & taken:
            yield f"panel {index}: over another"
        taken |= cells


def _query(query: Object, world: World) -> Iterator[str]:
    yield from _unknown_fields(_fields_in(query["query"]), world, "query")


def _fields_in(query: str) -> list[str]:
    """Give the fields that a query in Kibana's language names; our queries use no nesting and no wildcard in names."""
    bare = re.sub(r'"[^"]*"', '""', query)
    return re.findall(r"([\w.@*]+)\s*(?::|>=|<=|<|>)", bare)


def _unknown_fields(names: Iterable[str], world: World, what: str) -> Iterator[str]:
    for name in names:
        if name not in world.fields:
            yield f"{what}: no field {name!r}"


CHECKS = {
    "index-pattern": _check_view,
    "search": _check_search,
    "lens": _check_lens,
    "dashboard": _check_dashboard,
}
