"""Kibana's charts. Kibana imports a broken one without a word and fails on screen, so the vocabulary is small."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from search.kibana.objects import JsonObject, kql, reference_to, saved_object

LAYER = "layer1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is counted (``columns``, by id, in order) and how it is drawn."""

    title: str
    kind: str
    columns: dict[str, JsonObject]
    drawing: JsonObject
    query: str = ""
    description: str = field(default="")

    def as_object(self, object_id: str, view_id: str) -> JsonObject:
        """Give the saved object, over the data view of that id."""
        layer = {"columns": self.columns, "columnOrder": list(self.columns), "incompleteColumns": {}, "sampling": 1}
        attributes = {
            "title": self.title,
            "description": self.description,
            "visualizationType": self.kind,
            "state": {
                "datasourceStates": {"formBased": {"layers": {LAYER: layer}}},
                "visualization": self.drawing,
                "query": kql(self.query),
                "filters": [],
                "internalReferences": [],
                "adHocDataViews": {},
            },
        }
        layer_reference = reference_to("index-pattern", view_id, f"indexpattern-datasource-layer-{LAYER}")
        return saved_object("lens", object_id, attributes, [layer_reference])


def count(label: str) -> JsonObject:
    """Count documents."""
    return _number("count", "___records___", label) | {"params": {"emptyAsNull": False}}


def distinct(field_name: str, label: str) -> JsonObject:
    """Count different values."""
    return _number("unique_count", field_name, label) | {"params": {"emptyAsNull": False}}


def average(field_name: str, label: str) -> JsonObject:
    """Average a number."""
    return _number("average", field_name, label) | {"params": {"emptyAsNull": True}}


def over_time(field_name: str, label: str) -> JsonObject:
    """Part by time, as finely as the shown range asks."""
    return {
        "label": label,
        "customLabel": True,
        "dataType": "date",
        "operationType": "date_histogram",
        "isBucketed": True,
        "scale": "interval",
        "sourceField": field_name,
        "params": {"interval": "auto", "includeEmptyRows": True, "dropPartials": False},
    }


def by_value(field_name: str, label: str, *, ordered_by: str, size: int = 10) -> JsonObject:
    """Part by the most frequent values; ``ordered_by`` is the id of the column that says which these are."""
    return {
        "label": label,
        "customLabel": True,
        "dataType": "string",
        "operationType": "terms",
        "isBucketed": True,
        "scale": "ordinal",
        "sourceField": field_name,
        "params": {
            "size": size,
            "orderBy": {"type": "column", "columnId": ordered_by},
            "orderDirection": "desc",
            "otherBucket": True,
            "missingBucket": False,
            "parentFormat": {"id": "terms"},
            "include": [],
            "exclude": [],
            "includeIsRegex": False,
            "excludeIsRegex": False,
        },
    }


def number(title: str, value: JsonObject, *, query: str = "") -> Chart:
    """Show one number."""
    drawing = {"layerId": LAYER, "layerType": "data", "metricAccessor": "value"}
    return Chart(title=title, kind="lnsMetric", columns={"value": value}, drawing=drawing, query=query)


def bars(title: str, *, across: JsonObject, stacked_by: JsonObject, height: JsonObject, query: str = "") -> Chart:
    """Show stacked bars; ``stacked_by`` is ordered by the column ``height``."""
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "accessors": ["height"],
        "xAccessor": "across",
        "splitAccessor": "stacked_by",
        "seriesType": "bar_stacked",
        "position": "top",
        "showGridlines": False,
    }
    drawing = {
        "layers": [layer],
        "preferredSeriesType": "bar_stacked",
        "legend": {"isVisible": True, "position": "right"},
        "valueLabels": "hide",
    }
    columns = {"stacked_by": stacked_by, "across": across, "height": height}
    return Chart(title=title, kind="lnsXY", columns=columns, drawing=drawing, query=query)


def ring(title: str, *, parts: JsonObject, size: JsonObject, query: str = "") -> Chart:
    """Show shares; ``parts`` is ordered by the column ``size``."""
    layer = {
        "layerId": LAYER,
        "layerType": "data",
        "primaryGroups": ["parts"],
        "metrics": ["size"],
        "numberDisplay": "value",
        "categoryDisplay": "default",
        "legendDisplay": "default",
        "nestedLegend": False,
    }
    drawing = {"shape": "donut", "layers": [layer]}
    return Chart(title=title, kind="lnsPie", columns={"parts": parts, "size": size}, drawing=drawing, query=query)


def table(title: str, *, rows: JsonObject, values: Sequence[JsonObject], query: str = "") -> Chart:
    """Show a row for each value; ``rows`` is ordered by the column ``value0``."""
    columns = {"rows": rows} | {f"value{place}": value for place, value in enumerate(values)}
    drawing = {
        "layerId": LAYER,
        "layerType": "data",
        "columns": [{"columnId": column, "isTransposed": False} for column in columns],
    }
    return Chart(title=title, kind="lnsDatatable", columns=columns, drawing=drawing, query=query)


def _number(operation: str, field_name: str, label: str) -> JsonObject:
    return {
        "label": label,
        "customLabel": True,
        "dataType": "number",
        "operationType": operation,
        "isBucketed": False,
        "scale": "ratio",
        "sourceField": field_name,
    }
