"""What Kibana 9.2 accepts in each kind of saved object at the version we pin, as JSON schemas.

Restated from Kibana's own sources (main, December 2025): unknown attributes are refused there too.
"""

from collections.abc import Sequence
from typing import Any

from search.kibana.objects import CORE_VERSION, PINNED

Schema = dict[str, Any]


def closed(properties: Schema, required: Sequence[str] = ()) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TEXT, NUMBER, FLAG, ANYTHING = {"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "object"}
META = closed({"searchSourceJSON": TEXT}, ["searchSourceJSON"])
RANGE = closed({"from": TEXT, "to": TEXT}, ["from", "to"])
REFRESH = {"pause": FLAG, "value": NUMBER}
QUERY = closed({"query": TEXT, "language": {"enum": ["kuery", "lucene"]}}, ["query", "language"])

ENVELOPE = closed(
    {
        "id": TEXT,
        "type": {"enum": list(PINNED)},
        "attributes": ANYTHING,
        "references": {
            "type": "array",
            "items": closed({"id": TEXT, "name": TEXT, "type": TEXT}, ["id", "name", "type"]),
        },
        "managed": FLAG,
        "coreMigrationVersion": {"const": CORE_VERSION},
        "typeMigrationVersion": TEXT,
    },
    ["id", "type", "attributes", "references", "coreMigrationVersion", "typeMigrationVersion"],
)

_VIEW_TEXTS = "title name timeFieldName fields fieldAttrs fieldFormatMap runtimeFieldMap sourceFilters typeMeta type"
_LENS_KINDS = ["lnsXY", "lnsMetric", "lnsDatatable", "lnsPie"]

ATTRIBUTES = {
    "index-pattern": closed(dict.fromkeys(_VIEW_TEXTS.split(), TEXT) | {"allowHidden": FLAG}, ["title"]),
    "search": closed(
        {
            "title": TEXT,
            "description": TEXT,
            "columns": {"type": "array", "items": TEXT},
            "sort": {"type": "array", "items": {"type": "array", "items": TEXT, "maxItems": 2}},
            "grid": closed({"columns": {"type": "object", "additionalProperties": closed({"width": NUMBER})}}),
            "rowHeight": NUMBER,
            "headerRowHeight": NUMBER,
            "rowsPerPage": NUMBER,
            "sampleSize": {"type": "number", "minimum": 10, "maximum": 10000},
            "density": {"enum": ["compact", "normal", "expanded"]},
            "hideChart": FLAG,
            "breakdownField": TEXT,
            "kibanaSavedObjectMeta": META,
            "isTextBasedQuery": FLAG,
            "usesAdHocDataView": FLAG,
            "timeRestore": FLAG,
            "timeRange": RANGE,
            "refreshInterval": closed(REFRESH, list(REFRESH)),
            "viewMode": {"enum": ["documents", "patterns", "aggregated"]},
            "hideAggregatedPreview": FLAG,
            "visContext": ANYTHING,
            "hits": NUMBER,
            "version": NUMBER,
        },
        ["title", "kibanaSavedObjectMeta"],
    ),
    "lens": closed(
        {
            "title": TEXT,
            "description": {"type": ["string", "null"]},
            "visualizationType": {"enum": _LENS_KINDS},
            "state": closed(
                {
                    "datasourceStates": closed(
                        {"formBased": closed({"layers": {"type": "object", "minProperties": 1}}, ["layers"])},
                        ["formBased"],
                    ),
                    "visualization": ANYTHING,
                    "query": QUERY,
                    "filters": {"type": "array"},
                    "internalReferences": {"type": "array"},
                    "adHocDataViews": ANYTHING,
                },
                ["datasourceStates", "visualization", "query", "filters"],
            ),
        },
        ["title", "visualizationType", "state"],
    ),
    "dashboard": closed(
        {
            "title": TEXT,
            "description": TEXT,
            "panelsJSON": TEXT,
            "optionsJSON": TEXT,
            "kibanaSavedObjectMeta": META,
            "timeRestore": FLAG,
            "timeFrom": TEXT,
            "timeTo": TEXT,
            "refreshInterval": closed(REFRESH | {"display": TEXT, "section": NUMBER}, list(REFRESH)),
            "version": NUMBER,
            "hits": NUMBER,
        },
        ["title", "panelsJSON", "optionsJSON", "kibanaSavedObjectMeta"],
    ),
}
