"""Loading the saved objects into a Kibana, by its import interface: the only one that migrates what it is given."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from monitors.errors import StopRun
from search.index import StoreUnavailableError
from search.kibana.generator import LANGUAGE, PREFIX, render

SECONDS = 60
NOT_READY = (429, 502, 503, 504)
ADVICE_ADDRESS = "Is Kibana running, and is SHOUWANG_KIBANA_URL its address, base path included?"
ADVICE_KEY = "SHOUWANG_KIBANA_API_KEY needs the right to manage saved objects: docs/howto/kibana.md"


def load(
    kibana_url: str,
    api_key: str | None = None,
    *,
    prefix: str = PREFIX,
    language: str = LANGUAGE,
    ca: Path | None = None,
) -> int:
    """Import every object, each replacing the one of the same id, and give their number.

    Raises StoreUnavailableError while Kibana is away or starting, StopRun where somebody must act. Names no address.
    """
    content = render(prefix, language).encode()
    files = {"file": (f"{prefix}.ndjson", content, "application/x-ndjson")}
    with kibana_at(kibana_url, api_key, ca) as kibana:
        answer = kibana.post("/api/saved_objects/_import", params={"overwrite": "true"}, files=files)
        return _number_of(_json_of(answer))


@contextmanager
def kibana_at(kibana_url: str, api_key: str | None = None, ca: Path | None = None) -> Iterator[httpx.Client]:
    """A client that sends what Kibana asks of every caller; what goes wrong comes out as our own errors.

    Their cause is cut off: it quotes the address.
    """
    headers = {"kbn-xsrf": "shouwang"} | ({"Authorization": f"ApiKey {api_key}"} if api_key else {})
    try:
        with httpx.Client(
            base_url=kibana_url.rstrip("/"), headers=headers, timeout=SECONDS, verify=_trust(ca)
        ) as client:
            yield client
    except httpx.TransportError as error:
        raise _of_transport(error) from None
    except httpx.InvalidURL:
        raise StopRun("Kibana's address is none", advice=ADVICE_ADDRESS) from None


def _trust(ca: Path | None) -> ssl.SSLContext:
    """Trust the usual authorities and, where one is given, this one as well."""
    context = ssl.create_default_context()
    try:
        if ca:
            context.load_verify_locations(cafile=ca)
    except OSError as error:
        raise StopRun("Kibana's certificate authority cannot be read", advice="It is a PEM file.") from error
    return context


def _of_transport(error: httpx.TransportError) -> StopRun | StoreUnavailableError:
    if "CERTIFICATE" in str(error):
        return StopRun("Kibana's certificate is not trusted", advice="Give its certificate authority.")
    return StoreUnavailableError(f"Kibana cannot be reached: {type(error).__name__}", advice=ADVICE_ADDRESS)


def _json_of(answer: httpx.Response) -> dict[str, Any]:
    """Give what Kibana answered; a login page or another server's page is no answer."""
    if answer.status_code in NOT_READY:
        raise StoreUnavailableError("Kibana is still starting, or busy", advice="Try again in a minute.")
    if answer.status_code in (301, 302, 303, 307, 308, 401, 403):
        raise StopRun("Kibana refuses our key", advice=ADVICE_KEY)
    try:
        content = answer.json()
    except ValueError:
        content = None
    if answer.status_code != 200 or not isinstance(content, dict):
        raise StopRun(f"this is not Kibana's import interface: {answer.status_code}", advice=ADVICE_ADDRESS)
    return content


def _number_of(content: dict[str, Any]) -> int:
    if content.get("success") is True:
        return int(content["successCount"])
    errors = content.get("errors", [])
    told = (f"{error['type']}:{error['id']} {error['error']['type']}" for error in errors)
    raise StopRun(f"Kibana refused {len(errors)} objects: {', '.join(told)}", advice="Is it older than 9.2?")
