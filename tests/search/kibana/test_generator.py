import json
import re

import pytest
from elasticsearch import Elasticsearch

from monitors.messages import LANGUAGES
from search.elastic.store import ElasticIndex
from search.kibana.generator import FILE, render, saved_objects
from tests.search.kibana.checker import check
from tests.servers.elasticsearch import ElasticsearchNode


def test_the_committed_file_is_not_stale() -> None:
    """What is committed is what the code makes. Type: python -m search.kibana.generator."""
    assert FILE.read_text("utf-8") == render()


def test_objects_are_the_same_every_time() -> None:
    """Ids follow from names and nothing tells when a file was made: the same code gives the same bytes."""
    made = render()

    assert made == render()
    assert not re.search(r"updated_at|created_at|20\d\d-\d\d-\d\d", made)


def test_two_installations_share_a_kibana() -> None:
    """Another prefix has other ids and another index: neither overwrites the other."""
    ours = {(one["type"], one["id"]) for one in saved_objects("shouwang")}
    theirs = {(one["type"], one["id"]) for one in saved_objects("school")}

    assert not ours & theirs
    assert saved_objects("school")[0]["attributes"]["title"] == "school-hits"


def test_languages_differ_in_words_alone() -> None:
    """Every language has the same objects: only what people read differs."""
    ids = [
        [(one["type"], one["id"], one["references"]) for one in saved_objects(language=known)] for known in LANGUAGES
    ]

    assert ids[0] == ids[1]
    assert "Shouwang · newest" in render(language="en")


def test_no_field_of_a_profile_or_writer_is_listed() -> None:
    """A list of posts shows no writer, not even by pseudonym: writers are not looked at one by one."""
    columns = {column for one in saved_objects() for column in one["attributes"].get("columns", [])}

    assert not columns & {"author", "profile_id"}


@pytest.mark.needs_elasticsearch
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_is_in_the_mapping(elasticsearch_node: ElasticsearchNode, index_prefix: str, language: str) -> None:
    """Every column, sort, query and chart fits the mapping that the product installed in a real Elasticsearch."""
    with Elasticsearch(elasticsearch_node.url) as client:
        ElasticIndex(client, prefix=index_prefix).set_up()
        installed = client.indices.get_mapping(index=f"{index_prefix}-hits")
        names = client.indices.get_alias(name=f"{index_prefix}-hits")
    aliases = [alias for index in names.values() for alias in index["aliases"]]
    lines = [json.dumps(one) for one in saved_objects(index_prefix, language)]

    problems = check(lines, next(iter(installed.values()))["mappings"], aliases)

    assert problems == []
