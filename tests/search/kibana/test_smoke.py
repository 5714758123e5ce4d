from collections.abc import Iterator

import pytest

from search.kibana import smoke
from search.kibana.generator import saved_objects
from search.kibana.smoke import compare, main
from tests.servers.kibana import Kibana, running_kibana

NOT_READY = (503, "text/html", "Kibana server is not ready yet")


@pytest.fixture
def kibana() -> Iterator[Kibana]:
    with running_kibana() as kibana:
        yield kibana


def test_waits_loads_and_compares(kibana: Kibana, capsys: pytest.CaptureFixture[str]) -> None:
    """The script waits for Kibana, loads, takes out and ends well, with the dashboard's address to look at."""
    kibana.instead = [NOT_READY]

    code = main([kibana.url])

    told = capsys.readouterr().out.splitlines()
    assert code == 0
    assert told[:2] == ["Kibana 9.2.2 is ready", f"{len(saved_objects())} objects loaded"]
    assert told[2] == f"Now look: {kibana.url}/app/dashboards#/view/shouwang-overview"


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9"], ids=["starting", "nobody there"])
def test_gives_up_on_a_kibana_that_never_starts(
    kibana: Kibana, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A Kibana that does not become ready is one clear line and exit code 1."""
    kibana.instead = [NOT_READY] * 100
    monkeypatch.setattr(smoke.wait_until_ready, "__defaults__", (0.05,))

    code = main([url or kibana.url])

    assert (code, capsys.readouterr().err.splitlines()[0]) == (1, "Kibana did not become ready")


def test_what_did_not_come_back_is_named() -> None:
    """A missing object, another title and another reference are each told; added attributes are not."""
    back = saved_objects()
    back[0]["attributes"]["title"] = "x"
    back[1]["attributes"]["added"] = True
    back[2]["references"] = []
    del back[-1]

    differences = compare(saved_objects(), back)

    assert differences == [
        "shouwang-hits has another title",
        "shouwang-urgent refers to other objects",
        "shouwang-overview did not come back",
    ]


def test_an_export_that_is_refused_ends_badly(kibana: Kibana, capsys: pytest.CaptureFixture[str]) -> None:
    """Where Kibana gives nothing back, every object is named and the exit code is 1."""
    status = '{"version":{"number":"9.2.2"},"status":{"overall":{"level":"available"}}}'
    loaded = '{"success":true,"successCount":14}'
    kibana.instead = [
        (200, "application/json", status),
        (200, "application/json", loaded),
        (400, "application/json", "{}"),
    ]

    code = main([kibana.url])

    assert code == 1
    assert capsys.readouterr().out.count("did not come back") == len(saved_objects())
