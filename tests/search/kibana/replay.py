"""Asks a real Elasticsearch what each panel and saved search would ask it, without a Kibana."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from tests.search.kibana.checker import ROWS, fields_of
from tests.servers.kbn_es_query import Translate

Object = dict[str, Any]

SHOWN_SINCE = "now-30d"
KIBANA_TYPES = {"keyword": "string", "text": "string", "float": "number", "date_nanos": "date"}
AGGREGATIONS = {"unique_count": "cardinality", "average": "avg"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What one object would show: the number of documents, and its buckets by their path of values."""

    total: int
    buckets: Mapping[tuple[str, ...], float]


def replay(client: Elasticsearch, index: str, objects: Iterable[Object], translate: Translate) -> dict[str, Shown]:
    """Give what every search and chart shows of an index, by the object's id."""
    mapping = next(iter(client.indices.get_mapping(index=index).values()))["mappings"]
    view = {"title": index, "fields": [_kibana_field(*field) for field in fields_of(mapping).items()]}
    asking = [one for one in objects if one["type"] in ("search", "lens")]
    queries = translate([{"indexPattern": view, "queries": [_query_of(one)], "filters": []} for one in asking])
    return {one["id"]: _ask(client, index, one, query) for one, query in zip(asking, queries, strict=True)}


def _kibana_field(name: str, kind: str) -> Object:
    kibana_type = KIBANA_TYPES.get(kind, kind)
    return {"name": name, "type": kibana_type, "esTypes": [kind], "searchable": True, "aggregatable": kind != "text"}


def _query_of(one: Object) -> Object:
    attributes = one["attributes"]
    if one["type"] == "lens":
        query: Object = attributes["state"]["query"]
        return query
    source: Object = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    found: Object = source["query"]
    return found


def _ask(client: Elasticsearch, index: str, one: Object, query: Object) -> Shown:
    in_range = {"range": {"found_at": {"gte": SHOWN_SINCE, "lte": "now"}}}
    request: Object = {"query": {"bool": {"filter": [query, in_range]}}, "track_total_hits": True, "size": 0}
    columns = _columns_of(one)
    if columns:
        request["aggs"] = _aggregations(columns)
    if one["type"] == "search":
        attributes = one["attributes"]
        sort = [{name: direction} for name, direction in attributes["sort"]]
        request |= {"size": 5, "sort": sort, "fields": attributes["columns"], "highlight": {"fields": {"*": {}}}}
    answer = client.search(index=index, **request)
    assert answer["_shards"]["failed"] == 0
    return Shown(answer["hits"]["total"]["value"], dict(_buckets(answer.get("aggregations", {}), columns)))


def _columns_of(one: Object) -> Sequence[Object]:
    """Give what is parted by, then what is counted; a search that is broken down by a field parts by it."""
    if one["type"] == "search":
        breakdown = one["attributes"].get("breakdownField")
        return [{"operationType": "terms", "sourceField": breakdown, "params": {"size": 20}}] if breakdown else []
    (layer,) = one["attributes"]["state"]["datasourceStates"]["formBased"]["layers"].values()
    return [column for column in layer["columns"].values() if column["sourceField"] != ROWS]


def _aggregations(columns: Sequence[Object]) -> Object:
    column, *inner = columns
    aggregation: Object = {_name_of(column): _body_of(column)}
    if inner:
        aggregation["aggs"] = _aggregations(inner)
    return {"found": aggregation}


def _name_of(column: Object) -> str:
    operation: str = column["operationType"]
    return AGGREGATIONS.get(operation, operation)


def _body_of(column: Object) -> Object:
    body: Object = {"field": column["sourceField"]}
    if column["operationType"] == "date_histogram":
        return body | {"fixed_interval": "1d", "min_doc_count": 1}
    return body | ({"size": column["params"]["size"]} if column["operationType"] == "terms" else {})


def _buckets(
    found: Object, columns: Sequence[Object], path: tuple[str, ...] = ()
) -> Iterable[tuple[tuple[str, ...], float]]:
    if not columns:
        return
    column, *inner = columns
    if "value" in found["found"]:
        yield (*path, column["operationType"]), round(found["found"]["value"] or 0, 4)
        return
    for bucket in found["found"]["buckets"]:
        here = (*path, str(bucket.get("key_as_string", bucket["key"]))[:10])
        if not inner:
            yield here, bucket["doc_count"]
        yield from _buckets(bucket, inner, here)
