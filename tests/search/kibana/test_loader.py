import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from monitors.errors import StopRun
from search.index import StoreUnavailableError
from search.kibana.generator import saved_objects
from search.kibana.loader import load
from tests.servers.kibana import Kibana, running_kibana

HTML = "text/html"


@pytest.fixture
def kibana() -> Iterator[Kibana]:
    with running_kibana() as kibana:
        yield kibana


def test_loads_every_object(kibana: Kibana) -> None:
    """Kibana holds each object as it was generated, and their number is told."""
    number = load(kibana.url)

    ours = {(one["type"], one["id"]): one for one in saved_objects()}
    assert number == len(ours)
    assert {id_: {**one, "updated_at": None} for id_, one in kibana.objects.items()} == {
        id_: {**one, "updated_at": None} for id_, one in ours.items()
    }


def test_loading_again_replaces(kibana: Kibana) -> None:
    """A second load changes nothing and is no conflict; another language takes the first one's place."""
    load(kibana.url)

    assert load(f"{kibana.url}/", language="en") == len(saved_objects())
    assert kibana.objects["dashboard", "shouwang-overview"]["attributes"]["title"] == "Shouwang · overview"


def test_sends_the_key(kibana: Kibana) -> None:
    """With its key Kibana takes the objects; without, the error says which setting is missing."""
    kibana.key = "a2V5"

    assert load(kibana.url, "a2V5") == len(saved_objects())
    with pytest.raises(StopRun, match="refuses our key") as error:
        load(kibana.url)
    assert "SHOUWANG_KIBANA_API_KEY" in error.value.advice


@pytest.mark.parametrize(
    ("instead", "raised", "said"),
    [
        ((503, HTML, "Kibana server is not ready yet"), StoreUnavailableError, "still starting"),
        ((302, HTML, ""), StopRun, "refuses our key"),
        ((403, "application/json", "{}"), StopRun, "refuses our key"),
        ((404, HTML, "<h1>nginx"), StopRun, "not Kibana's import interface: 404"),
        ((200, HTML, "<h1>It works!"), StopRun, "not Kibana's import interface: 200"),
        ((200, "application/json", "[]"), StopRun, "not Kibana's import interface"),
    ],
    ids=["starting", "login page", "no right", "another server", "a web page", "other JSON"],
)
def test_says_what_is_wrong(kibana: Kibana, instead: tuple[int, str, str], raised: type[StopRun], said: str) -> None:
    """Whatever answers in Kibana's place, the error says what to look at and names no address."""
    kibana.instead = [instead]

    with pytest.raises(raised, match=said) as error:
        load(kibana.url)

    assert error.value.advice
    assert kibana.url not in str(error.value)


def test_names_the_objects_that_are_refused(kibana: Kibana) -> None:
    """Kibana answers 200 also when it refuses: the ids of what it refused are told."""
    refused = '{"success":false,"errors":[{"id":"shouwang-days","type":"lens","error":{"type":"unsupported_type"}}]}'
    kibana.instead = [(200, "application/json", refused)]

    with pytest.raises(StopRun, match="lens:shouwang-days unsupported_type"):
        load(kibana.url)


@pytest.mark.parametrize(
    ("url", "raised"),
    [("http://127.0.0.1:9", StoreUnavailableError), ("http://[::", StopRun), ("kibana", StoreUnavailableError)],
    ids=["nobody there", "no address", "no scheme"],
)
def test_an_address_without_kibana(url: str, raised: type[StopRun]) -> None:
    """Nobody there, or no address at all: one clear error."""
    with pytest.raises(raised, match="Kibana") as error:
        load(url)

    assert "SHOUWANG_KIBANA_URL" in error.value.advice


def test_tls(kibana: Kibana, tmp_path: Path) -> None:
    """A server with a certificate is trusted by its authority alone; an authority that is no file is told."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)

    with running_kibana(tls) as secured:
        assert load(secured.url, ca=tmp_path / "ca.pem") == len(saved_objects())
        with pytest.raises(StopRun, match="not trusted"):
            load(secured.url)
    with pytest.raises(StopRun, match="cannot be read"):
        load(kibana.url, ca=tmp_path / "none.pem")
