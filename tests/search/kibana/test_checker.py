"""The checker is checked: each of these mistakes was made on purpose, and Kibana would not have told of most."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from search.elastic.aliases import Names, template_of
from search.kibana.generator import saved_objects
from tests.search.kibana.checker import check

Objects = dict[str, dict[str, Any]]
MAPPING = template_of(Names("shouwang"))["template"]["mappings"]


def objects_by_name() -> Objects:
    return {one["id"].removeprefix("shouwang-"): one for one in saved_objects()}


def problems(objects: Objects) -> list[str]:
    return check([json.dumps(one) for one in objects.values()], MAPPING, ["shouwang-hits"])


def attributes(objects: Objects, name: str) -> dict[str, Any]:
    found: dict[str, Any] = objects[name]["attributes"]
    return found


def layer(objects: Objects, name: str) -> dict[str, Any]:
    found: dict[str, Any] = attributes(objects, name)["state"]["datasourceStates"]["formBased"]["layers"]["layer1"]
    return found


def drawing(objects: Objects, name: str) -> dict[str, Any]:
    found: dict[str, Any] = attributes(objects, name)["state"]["visualization"]
    return found


def change_panel(objects: Objects, change: Callable[[dict[str, Any]], None], place: int = 1) -> None:
    panels = json.loads(attributes(objects, "overview")["panelsJSON"])
    change(panels[place])
    attributes(objects, "overview")["panelsJSON"] = json.dumps(panels)


def change_source(objects: Objects, name: str, **changed: Any) -> None:
    meta = attributes(objects, name)["kibanaSavedObjectMeta"]
    meta["searchSourceJSON"] = json.dumps(json.loads(meta["searchSourceJSON"]) | changed)


MISTAKES: dict[str, Callable[[Objects], Any]] = {
    "newer version than Kibana knows": lambda all_: all_["overview"].update(typeMigrationVersion="10.9.0"),
    "no version, so that every old migration runs": lambda all_: all_["overview"].pop("typeMigrationVersion"),
    "unknown kind": lambda all_: all_["days"].update(type="visualization"),
    "unknown attribute of a dashboard": lambda all_: attributes(all_, "overview").update(panels=[]),
    "unknown attribute of a search": lambda all_: attributes(all_, "newest").update(rowheight=3),
    "unknown attribute of a lens state": lambda all_: attributes(all_, "days")["state"].update(filter=[]),
    "JSON where a string of JSON belongs": lambda all_: attributes(all_, "newest")["kibanaSavedObjectMeta"].update(
        searchSourceJSON={}
    ),
    "broken string of JSON": lambda all_: attributes(all_, "overview").update(panelsJSON="[{"),
    "broken field names": lambda all_: attributes(all_, "hits").update(fieldAttrs="{"),
    "name for a field that is not there": lambda all_: attributes(all_, "hits").update(fieldAttrs='{"platform":{}}'),
    "data view missing": lambda all_: all_.pop("hits"),
    "chart missing, which Kibana imports as a dead panel": lambda all_: all_.pop("days"),
    "two objects of one id": lambda all_: all_.update(again=all_["days"]),
    "view of another index": lambda all_: attributes(all_, "hits").update(title="hits-*"),
    "time field that is no date": lambda all_: attributes(all_, "hits").update(timeFieldName="severity"),
    "panel's reference with its prefix": lambda all_: change_panel(
        all_, lambda panel: panel.update(panelRefName="p2:panel_p2")
    ),
    "panel of another kind": lambda all_: change_panel(all_, lambda panel: panel.update(type="search")),
    "panel over another": lambda all_: change_panel(all_, lambda panel: panel["gridData"].update(x=10)),
    "panel outside the grid": lambda all_: change_panel(all_, lambda panel: panel["gridData"].update(x=40), place=3),
    "panel without height": lambda all_: change_panel(all_, lambda panel: panel["gridData"].update(h=0)),
    "reference that no panel uses": lambda all_: all_["overview"]["references"].append(
        {"id": "shouwang-urgent", "name": "p99:panel_p99", "type": "search"}
    ),
    "two references of one name": lambda all_: all_["overview"]["references"].append(all_["overview"]["references"][0]),
    "column that is no field": lambda all_: attributes(all_, "newest").update(columns=["platform"]),
    "sort by what is no field": lambda all_: attributes(all_, "newest").update(sort=[["@timestamp", "desc"]]),
    "sort by a text": lambda all_: attributes(all_, "newest").update(sort=[["text", "desc"]]),
    "sort with three parts": lambda all_: attributes(all_, "newest").update(sort=[["found_at", "desc", "x"]]),
    "breakdown by a text": lambda all_: attributes(all_, "categories").update(breakdownField="text"),
    "breakdown by what is no field": lambda all_: attributes(all_, "categories").update(breakdownField="category"),
    "search without its data view": lambda all_: all_["newest"].update(references=[]),
    "search by another name of its view": lambda all_: change_source(all_, "newest", indexRefName="x"),
    "query of what is no field": lambda all_: change_source(
        all_, "urgent", query={"query": 'level: "urgent"', "language": "kuery"}
    ),
    "chart's query of what is no field": lambda all_: attributes(all_, "days")["state"].update(
        query={"query": "mute: false", "language": "kuery"}
    ),
    "column order without a column": lambda all_: layer(all_, "days").update(columnOrder=["height"]),
    "drawn column that is not counted": lambda all_: drawing(all_, "days")["layers"][0].update(xAccessor="when"),
    "counted column that is not drawn": lambda all_: drawing(all_, "days")["layers"][0].pop("splitAccessor"),
    "layer of another id": lambda all_: drawing(all_, "days")["layers"][0].update(layerId="layer2"),
    "layer's view by another name": lambda all_: all_["days"]["references"][0].update(name="layer1"),
    "time histogram of a keyword": lambda all_: layer(all_, "days")["columns"]["across"].update(sourceField="source"),
    "values of a text": lambda all_: layer(all_, "sources")["columns"]["rows"].update(sourceField="text"),
    "average of a keyword": lambda all_: layer(all_, "methods")["columns"]["value1"].update(sourceField="source"),
    "field that is not there": lambda all_: layer(all_, "kinds")["columns"]["parts"].update(sourceField="category"),
    "formula, which nobody can replay": lambda all_: layer(all_, "total")["columns"]["value"].update(
        operationType="formula"
    ),
    "bucket that says it is none": lambda all_: layer(all_, "sources")["columns"]["rows"].update(isBucketed=False),
    "ordered by what is not there": lambda all_: layer(all_, "sources")["columns"]["rows"]["params"].update(
        orderBy={"type": "column", "columnId": "hits"}
    ),
    "range to restore, but none": lambda all_: attributes(all_, "overview").pop("timeFrom"),
}


def test_ours_are_without_a_mistake() -> None:
    """The checker finds nothing in the objects as they are generated."""
    assert problems(objects_by_name()) == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_caught(mistake: Callable[[Objects], Any]) -> None:
    """Each deliberate mistake is found."""
    objects = objects_by_name()

    mistake(objects)

    assert problems(objects) != []
