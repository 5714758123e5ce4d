"""Reaching Elasticsearch, and saying what went wrong without an address or a word of any document."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitors.errors import StopRun
from search.index import StoreUnavailableError

if TYPE_CHECKING:
    from elasticsearch import ApiError, Elasticsearch

REBUILD = "Type: shouwang index rebuild"
REQUEST_SECONDS = 30
BUSY = (429, 502, 503, 504)
"""Statuses that pass: too many requests (or a disk too full to write), and a node that is just not there."""


def connect(url: str, *, api_key: str | None = None, ca: Path | None = None) -> "Elasticsearch":
    """Give a client; nothing is sent yet. Raises StopRun when the client is not installed or the address is none."""
    try:
        from elasticsearch import Elasticsearch
    except ImportError as error:
        raise StopRun(
            "Elasticsearch's client is not installed", advice="Type: uv sync --extra elasticsearch"
        ) from error
    authority: dict[str, Any] = {"ca_certs": str(ca)} if ca else {}
    try:
        # Retries are ours (writer.py): the client's own have no pause between them.
        return Elasticsearch(
            url,
            api_key=api_key,
            **authority,
            max_retries=0,
            retry_on_timeout=False,
            request_timeout=REQUEST_SECONDS,
        )
    except (ValueError, OSError):
        raise StopRun(
            "Elasticsearch's address or certificate authority cannot be used",
            advice="SHOUWANG_ELASTICSEARCH_URL reads like https://search.example:9200, SHOUWANG_ELASTICSEARCH_CA names a PEM file.",
        ) from None


@contextmanager
def translated() -> Iterator[None]:
    """Let Elasticsearch's errors out as StoreUnavailableError or StopRun.

    The cause is cut off: it quotes the address, and where a document was refused, the document.
    """
    from elasticsearch import ApiError, TransportError

    try:
        yield
    except ApiError as error:
        raise _of_answer(error) from None
    except TransportError as error:
        raise _of_transport(error) from None


def _of_transport(error: Exception) -> StopRun | StoreUnavailableError:
    from elastic_transport import TlsError

    if isinstance(error, TlsError):
        return StopRun(
            "Elasticsearch's certificate is not trusted", advice="Set SHOUWANG_ELASTICSEARCH_CA to its authority."
        )
    return StoreUnavailableError(
        f"Elasticsearch cannot be reached: {type(error).__name__}",
        advice="Is it running, and is SHOUWANG_ELASTICSEARCH_URL its address? What was found is safe in the ledger.",
    )


def _of_answer(error: "ApiError") -> StopRun | StoreUnavailableError:
    status, kind = error.meta.status, error.error
    if status in BUSY or kind == "cluster_block_exception":
        return StoreUnavailableError(
            f"Elasticsearch is busy or takes no writing: {kind}", advice="Has its disk space? Is the cluster whole?"
        )
    if status in (401, 403):
        return StopRun(
            "Elasticsearch refuses our key", advice="Set SHOUWANG_ELASTICSEARCH_API_KEY: docs/howto/kibana.md"
        )
    if kind == "index_not_found_exception":
        return StopRun("the search index does not exist", advice=REBUILD)
    return StopRun(f"Elasticsearch refused a request: {status} {kind}", advice=REBUILD)
