"""What is Elasticsearch's own: the rest is in tests/contract/test_index_contract.py."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from elasticsearch import ConnectionTimeout, Elasticsearch

from monitors.errors import StopRun
from search.elastic import aliases, store, writer
from search.elastic.aliases import Names, start_next, template_of
from search.elastic.store import ElasticIndex
from search.index import Document, RefusedDocumentsError, Search, StoreUnavailableError
from tests.builders import a_document
from tests.servers.elasticsearch import ElasticsearchNode
from tests.servers.elasticsearch_faults import Fault, Front, front_of, hang_up, refuse_all, refuse_items

pytestmark = pytest.mark.needs_elasticsearch
AT_ONCE = (0.0, 0.0, 0.0, 0.0, 0.0)
CLOSED = "http://127.0.0.1:9"


@pytest.fixture
def client(elasticsearch_node: ElasticsearchNode) -> Iterator[Elasticsearch]:
    with Elasticsearch(elasticsearch_node.url) as client:
        yield client


@pytest.fixture
def index(client: Elasticsearch, index_prefix: str) -> ElasticIndex:
    return ElasticIndex(client, prefix=index_prefix, pauses=AT_ONCE)


@pytest.fixture
def front(elasticsearch_node: ElasticsearchNode) -> Iterator[Front]:
    with front_of(elasticsearch_node.url) as front:
        yield front


@pytest.fixture
def fronted(front: Front, index_prefix: str) -> ElasticIndex:
    return ElasticIndex(Elasticsearch(front.url, max_retries=0), prefix=index_prefix, pauses=AT_ONCE)


def indices(client: Elasticsearch, prefix: str) -> list[str]:
    return sorted(client.indices.get(index=f"{prefix}-*", features="aliases"))


def two() -> list[Document]:
    return [a_document(text="林晓月"), a_document(text="安宁")]


def test_mapping_names_every_field_of_a_document() -> None:
    """The mapping is strict and knows a document's fields, and the folded words beside them."""
    mapping = template_of(Names("x"))["template"]["mappings"]

    assert mapping["dynamic"] == "strict"
    assert set(mapping["properties"]) == {field.name for field in fields(Document)} | {"words"}


def test_first_write_sets_everything_up(index: ElasticIndex, client: Elasticsearch, index_prefix: str) -> None:
    """A first put makes template, index and alias; the mapping is the shipped one."""
    index.put(two())

    mapping = client.indices.get_mapping(index=f"{index_prefix}-hits")[f"{index_prefix}-hits-made-first"]["mappings"]
    assert mapping["properties"].keys() == template_of(Names("x"))["template"]["mappings"]["properties"].keys()
    assert index.check() == []


def test_searching_what_is_not_there_is_an_error(index: ElasticIndex) -> None:
    """Without an index nothing can be found, which is not the same as nothing being there."""
    with pytest.raises(StopRun, match="does not exist") as error:
        index.find(Search())

    assert (error.value.advice, index.check()) == ("Type: shouwang index rebuild", ["missing"])


def test_setting_up_at_once_makes_one_index(client: Elasticsearch, index_prefix: str) -> None:
    """Several workers that start together end with one index behind one alias."""
    workers = [ElasticIndex(client, prefix=index_prefix, pauses=AT_ONCE) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda worker: worker.put(two()), workers))

    assert indices(client, index_prefix) == [f"{index_prefix}-hits-made-first"]
    assert workers[0].find(Search()).total == 2


def test_nothing_is_stored_beside_the_alias(index: ElasticIndex, client: Elasticsearch, index_prefix: str) -> None:
    """Where somebody deleted the index, a put is an error: it must not make one without our mapping."""
    index.put(two())
    client.indices.delete(index=f"{index_prefix}-hits-made-first")

    with pytest.raises(StopRun, match="does not exist"):
        index.put(two())

    assert indices(client, index_prefix) == []


def test_an_index_of_another_version_is_refused(client: Elasticsearch, index: ElasticIndex, index_prefix: str) -> None:
    """Folded by other rules an index would miss what it holds: it is refused until it was rebuilt."""
    index.put(two())
    client.indices.put_mapping(index=f"{index_prefix}-hits", meta={"version": 1})
    again = ElasticIndex(client, prefix=index_prefix, pauses=AT_ONCE)

    with pytest.raises(StopRun, match="another version"):
        again.find(Search())

    assert again.check() == ["outdated"]
    assert (again.rebuild(two()), again.check(), again.find(Search()).total) == (2, [], 2)


def test_what_is_put_during_a_rebuild_is_kept(index: ElasticIndex) -> None:
    """A hit stored while the index is rebuilt stands in the new one, in its newest form."""
    old = a_document(hit_id="1" * 32, text="林晓月")
    index.put([old])

    def hits() -> Iterator[Document]:
        index.put([replace(old, text="安宁"), a_document(hit_id="2" * 32, text="新来")])
        yield old

    index.rebuild(hits())

    assert {document.text for document in index.find(Search()).documents} == {"安宁", "新来"}


def test_nothing_is_deleted_during_a_rebuild(index: ElasticIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deletion waits for a rebuild, which might bring the hit back, and says so when it waited in vain."""
    monkeypatch.setattr(store, "WAITING_SECONDS", 0)
    index.put(two())

    def hits() -> Iterator[Document]:
        with pytest.raises(StoreUnavailableError, match="rebuild is under way"):
            index.delete([two()[0].hit_id])
        with pytest.raises(StoreUnavailableError, match="rebuild is under way"):
            index.delete_profile("p" * 32)
        yield from two()

    assert index.rebuild(hits()) == 2


def test_the_later_of_two_rebuilds_wins(index: ElasticIndex, client: Elasticsearch, index_prefix: str) -> None:
    """A rebuild that another one overtook ends in an error and harms nothing."""
    index.put(two())

    def overtaken() -> Iterator[Document]:
        index.rebuild([a_document(text="后来的")])
        yield a_document(text="先来的")

    with pytest.raises((StoreUnavailableError, StopRun)):
        index.rebuild(overtaken())

    assert [document.text for document in index.find(Search()).documents] == ["后来的"]
    assert len(indices(client, index_prefix)) == 1


def test_an_interrupted_rebuild_is_cleared_away(index: ElasticIndex, client: Elasticsearch, index_prefix: str) -> None:
    """What a killed rebuild left is named by the check, does not disturb, and goes with the next one."""
    index.put(two())
    start_next(client, Names(index_prefix))

    index.put([a_document(text="新来")])
    problems = index.check()
    index.rebuild(two())

    assert (problems, index.check()) == (["rebuild_unfinished"], [])
    assert (len(indices(client, index_prefix)), index.find(Search()).total) == (1, 2)


def test_a_rebuild_whose_last_answer_is_lost_keeps_its_index(
    index: ElasticIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the flip happened and only its answer did not arrive, the new index stays in use."""
    index.put(two())
    flip = aliases.flip

    def lost(*asked: Any) -> None:
        flip(*asked)
        raise ConnectionTimeout("lost")

    monkeypatch.setattr(aliases, "flip", lost)

    with pytest.raises(StoreUnavailableError):
        index.rebuild([a_document(text="新来")])

    assert [document.text for document in index.find(Search()).documents] == ["新来"]


def test_refused_documents_do_not_keep_the_others(index: ElasticIndex) -> None:
    """A document that Elasticsearch cannot take is named by its id; the rest is stored; no text is in the error."""
    poison = a_document(hit_id="0" * 32, text="zanzibar", found_at=datetime(1900, 1, 1, tzinfo=UTC))

    with pytest.raises(RefusedDocumentsError) as error:
        index.put([*two(), poison])

    assert (error.value.hit_ids, index.find(Search()).total) == (("0" * 32,), 2)
    assert "zanzibar" not in str(error.value)
    assert (error.value.__cause__, error.value.__context__) == (None, None)


def test_a_rebuild_goes_on_without_refused_documents(index: ElasticIndex) -> None:
    """One document that cannot be stored does not keep a whole index from being rebuilt."""
    poison = a_document(hit_id="0" * 32, found_at=datetime(1900, 1, 1, tzinfo=UTC))

    with pytest.raises(RefusedDocumentsError):
        index.rebuild([poison, *two()])

    assert index.find(Search()).total == 2


BUSY_ANSWERS = [
    pytest.param(refuse_all(429, "circuit_breaking_exception"), id="whole request, too many"),
    pytest.param(refuse_all(503, "master_not_discovered_exception"), id="no master"),
    pytest.param(refuse_items(429, "es_rejected_execution_exception"), id="each line"),
    pytest.param(hang_up, id="connection lost"),
]


@pytest.mark.parametrize("fault", BUSY_ANSWERS)
def test_a_busy_server_is_asked_again(front: Front, fronted: ElasticIndex, fault: Fault) -> None:
    """What is refused only for now is sent again, up to five times, and is all there in the end."""
    front.faults = [fault] * 5

    fronted.put(two())

    assert (fronted.find(Search()).total, front.bulks) == (2, 6)


@pytest.mark.parametrize("fault", BUSY_ANSWERS)
def test_a_server_that_stays_busy_is_a_typed_error(front: Front, fronted: ElasticIndex, fault: Fault) -> None:
    """After five tries more the error says that it may work later; what was asked may simply be repeated."""
    front.faults = [fault] * 6

    with pytest.raises(StoreUnavailableError) as error:
        fronted.put(two())

    assert "secret" not in str(error.value)
    fronted.put(two())
    assert fronted.find(Search()).total == 2


def test_only_the_busy_lines_are_sent_again(front: Front, fronted: ElasticIndex) -> None:
    """A line that was stored is not sent a second time because its neighbour was refused."""
    sent: list[int] = []

    def one_busy(_path: str, body: bytes) -> tuple[int, dict[str, object]] | None:
        sent.append(len(body.splitlines()))
        if len(sent) > 1:
            return None
        busy = {"status": 429, "error": {"type": "es_rejected_execution_exception"}}
        return 200, {"took": 1, "errors": True, "items": [{"index": {"status": 201}}, {"index": busy}]}

    front.faults = [one_busy, one_busy]

    fronted.put(two())

    assert sent == [4, 2]


@pytest.mark.parametrize(
    ("fault", "raised", "said"),
    [
        (refuse_all(401, "security_exception"), StopRun, "refuses our key"),
        (refuse_all(403, "security_exception"), StopRun, "refuses our key"),
        (refuse_all(403, "cluster_block_exception"), StoreUnavailableError, "takes no writing"),
        (refuse_all(400, "illegal_argument_exception"), StopRun, "illegal_argument_exception"),
    ],
    ids=["no key", "no right", "disk full", "anything else"],
)
def test_other_refusals_are_typed(
    front: Front, fronted: ElasticIndex, fault: Fault, raised: type[StopRun], said: str
) -> None:
    """A key that is not accepted stops the run; a full disk may pass; no reason that quotes a document gets out."""
    front.faults = [fault] * 6

    with pytest.raises(raised, match=said) as error:
        fronted.put(two())

    assert error.value.advice
    assert "secret" not in str(error.value)


def test_a_server_that_is_down_is_a_typed_error() -> None:
    """Nobody there: the error says what to look at and names no address."""
    index = ElasticIndex(Elasticsearch(CLOSED, max_retries=0), pauses=())

    with pytest.raises(StoreUnavailableError) as error:
        index.find(Search())

    assert error.value.advice
    assert (error.value.__cause__, "127.0.0.1" in str(error.value)) == (None, False)
    assert index.check() == ["unreachable"]


def test_an_address_that_is_none_is_an_error() -> None:
    """A mistyped setting is told at once, without repeating what may hold a password."""
    with pytest.raises(StopRun, match="address") as error:
        ElasticIndex.at("search.example:no port")

    assert "search.example" not in str(error.value)


def test_tls_and_key(elasticsearch_node: ElasticsearchNode, index_prefix: str, tmp_path: Path) -> None:
    """With its authority a server is trusted and given the key; without, the run stops and says which setting."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)

    with front_of(elasticsearch_node.url, tls) as front:
        ElasticIndex.at(front.url, prefix=index_prefix, api_key="a2V5", ca=tmp_path / "ca.pem").put(two())
        with pytest.raises(StopRun, match="not trusted") as error:
            ElasticIndex.at(front.url, prefix=index_prefix, api_key="a2V5").find(Search())

    assert set(front.keys) == {"ApiKey a2V5"}
    assert "SHOUWANG_ELASTICSEARCH_CA" in error.value.advice


def test_large_batches_go_in_several_requests(
    front: Front, fronted: ElasticIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch larger than a request may be is parted by size, and all of it arrives."""
    monkeypatch.setattr(writer, "CHUNK_BYTES", 1000)

    fronted.put([a_document(hit_id=f"{place:032x}", text="林晓月" * 100) for place in range(10)])

    assert (fronted.find(Search(words="林晓月")).total, front.bulks) == (10, 10)


def test_withdrawn_bytes_leave_the_disk(index: ElasticIndex, elasticsearch_node: ElasticsearchNode) -> None:
    """After a withdrawal no file of the node holds a word of the profile's posts, older versions included."""
    mine = a_document(text="zanzibarian crow", author="zanzibarwriter")
    index.put([replace(mine, text="zanzibarish first version"), a_document(text="dolomite", profile_id="t" * 32)])
    index.put([mine])
    elasticsearch_node._send("POST", "_flush?force=true")
    before = {word: holders(elasticsearch_node.data, word) for word in (b"zanzibar", b"dolomite")}

    index.delete_profile(mine.profile_id)

    assert all(before.values())
    assert holders(elasticsearch_node.data, b"zanzibar") == []
    assert holders(elasticsearch_node.data, b"dolomite")


def holders(folder: Path, word: bytes) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if word in path.read_bytes()]
