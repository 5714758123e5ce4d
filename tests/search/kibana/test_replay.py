"""Every panel is asked of a real Elasticsearch with posts that the product indexed there."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from elasticsearch import Elasticsearch

from monitors.codec import to_json
from search.elastic.aliases import Names, template_of
from search.elastic.store import ElasticIndex
from search.index import Document
from search.kibana.generator import saved_objects
from tests.builders import a_document
from tests.search.kibana.replay import Shown, replay
from tests.servers.elasticsearch import ElasticsearchNode
from tests.servers.kbn_es_query import Translate

pytestmark = [pytest.mark.needs_elasticsearch, pytest.mark.needs_node]

NOW = datetime.now(UTC)


@pytest.fixture
def client(elasticsearch_node: ElasticsearchNode) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_node.url) as client:
        yield client


def indexed() -> list[Document]:
    """Posts of the last eight days, of two people, and one that is older than the dashboard shows."""
    categories = [("insult",), ("doxxing", "insult"), ("sexual_rumor",), ()]
    severities = ["urgent", "high", "none"]
    shown = [
        a_document(
            hit_id=f"{place:032x}",
            text=f"林晓月 {place}",
            profile_id=["a" * 32, "b" * 32][place % 2],
            categories=categories[place % 4],
            severity=severities[place % 3],
            muted=place % 5 == 0,
            source=["rss", "mastodon", "weibo"][place % 3],
            method=["exact", "pinyin"][place % 2],
            match_score=[1.0, 0.8, 0.6][place % 3],
            found_at=NOW - timedelta(hours=5 * place),
        )
        for place in range(40)
    ]
    return [*shown, a_document(hit_id="f" * 32, severity="urgent", found_at=NOW - timedelta(days=31))]


def counted(
    documents: Iterable[Document], paths: Callable[[Document], Iterable[tuple[str, ...]]]
) -> dict[tuple[str, ...], float]:
    return dict(Counter(path for document in documents for path in paths(document)))


def expected() -> dict[str, Shown]:
    """What each object must show, counted in Python."""
    all_ = indexed()[:-1]
    loud, muted = [one for one in all_ if not one.muted], [one for one in all_ if one.muted]
    urgent = [one for one in loud if one.severity == "urgent"]
    sorted_ = [one for one in all_ if one.categories]
    methods = {one.method for one in all_}
    scores = {name: [one.match_score for one in all_ if one.method == name] for name in methods}
    return {
        "shouwang-newest": Shown(40, {}),
        "shouwang-urgent": Shown(len(urgent), {}),
        "shouwang-categories": Shown(
            len(sorted_), counted(sorted_, lambda one: [(name[:10],) for name in one.categories])
        ),
        "shouwang-muted": Shown(len(muted), {}),
        "shouwang-total": Shown(len(loud), {}),
        "shouwang-total-urgent": Shown(len(urgent), {}),
        "shouwang-total-muted": Shown(len(muted), {}),
        "shouwang-profiles": Shown(40, {("unique_count",): 2}),
        "shouwang-days": Shown(len(loud), counted(loud, lambda one: [(one.severity, f"{one.found_at:%Y-%m-%d}")])),
        "shouwang-kinds": Shown(len(loud), counted(loud, lambda one: [(name[:10],) for name in one.categories])),
        "shouwang-sources": Shown(40, counted(all_, lambda one: [(one.source,)])),
        "shouwang-methods": Shown(40, {(name, "average"): round(fmean(scores[name]), 4) for name in methods}),
    }


def test_every_panel_shows_what_was_indexed(client: Elasticsearch, index_prefix: str, kbn_es_query: Translate) -> None:
    """Totals and buckets of every search and chart are exactly those of the posts that the product indexed."""
    ElasticIndex(client, prefix=index_prefix).put(indexed())

    shown = replay(client, f"{index_prefix}-hits", saved_objects(), kbn_es_query)

    assert shown == expected()


@pytest.mark.parametrize("field", ["severity", "categories", "muted", "source", "method", "match_score", "profile_id"])
def test_a_field_that_is_gone_turns_it_red(
    client: Elasticsearch, index_prefix: str, kbn_es_query: Translate, field: str
) -> None:
    """Were a field that a panel uses no longer mapped, the replay would show other numbers."""
    mapping = template_of(Names(index_prefix))["template"]["mappings"] | {"dynamic": False}
    del mapping["properties"][field]
    client.indices.create(index=f"{index_prefix}-without", mappings=mapping)
    lines = [
        line for one in indexed() for line in ({"index": {"_id": one.hit_id}}, json.loads(json.dumps(to_json(one))))
    ]
    client.bulk(index=f"{index_prefix}-without", operations=lines, refresh=True)

    shown = replay(client, f"{index_prefix}-without", saved_objects(), kbn_es_query)

    assert shown != expected()


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ('"林晓月"', {"听说林晓月转学了", "聽說林曉月轉學了", "林·晓·月"}),
        ('text: "林晓月"', {"听说林晓月转学了", "林·晓·月"}),
        ('"xiaoyue"', {"Lin Xiǎoyuè"}),
        ('"林晓月" and severity: "urgent"', set()),
    ],
    ids=["anywhere", "as written", "without tone marks", "with a facet"],
)
def test_a_name_in_quotation_marks_is_found_in_kibana(
    client: Elasticsearch, index_prefix: str, kbn_es_query: Translate, query: str, texts: set[str]
) -> None:
    """What docs/howto/kibana.md says of searching by hand is so."""
    written = ["听说林晓月转学了", "聽說林曉月轉學了", "林·晓·月", "月晓林", "林某和晓月", "Lin Xiǎoyuè"]
    ElasticIndex(client, prefix=index_prefix).put([a_document(text=text) for text in written])
    view = {"title": f"{index_prefix}-hits", "fields": []}
    asked = {"indexPattern": view, "queries": [{"query": query, "language": "kuery"}], "filters": []}

    (translated,) = kbn_es_query([asked])

    found = client.search(index=f"{index_prefix}-hits", query=translated)
    assert {hit["_source"]["text"] for hit in found["hits"]["hits"]} == texts
