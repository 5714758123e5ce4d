"""For libraries that bring ``requests``: the same door, pace and bounds as everybody else."""

from collections.abc import Mapping
from datetime import datetime

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from typing_extensions import override

from monitors.sources.requester import Fetched, Named, Requester


class RequesterAdapter(BaseAdapter):
    """Carries a session's requests through the requester, which follows redirects and reads whole bodies itself.

    ``last`` is the answer to the last request: its raw bytes, and its typed outcome where the library only knows an
    exception. Only GET is let through: a library that reads has nothing to post.
    """

    def __init__(
        self, requester: Requester, *, accept: str, deadline: datetime, named: Named = Named.BY_SOMEBODY
    ) -> None:
        super().__init__()
        self._requester, self._accept, self._deadline, self._named = requester, accept, deadline, named
        self.last: Fetched | None = None

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Ask, and give the answer. Raises requests.ConnectionError when there is none."""
        if request.method != "GET" or request.url is None:
            raise requests.exceptions.InvalidSchema("only reading is let through")
        token = request.headers.get("Authorization")
        fetched = self._requester.get(
            request.url,
            deadline=self._deadline,
            accept=self._accept,
            named=self._named,
            headers={"Authorization": str(token)} if token else {},
        )
        self.last = fetched
        if fetched.status is None:
            raise requests.exceptions.ConnectionError(fetched.outcome.detail)
        return _response(fetched, fetched.status, request)

    @override
    def close(self) -> None:
        """Nothing is kept open."""


def session_through(adapter: RequesterAdapter) -> requests.Session:
    """Give a session that has no other way out: no proxies or passwords of the environment."""
    return led_through(requests.Session(), adapter)


def led_through(session: requests.Session, adapter: RequesterAdapter) -> requests.Session:
    """Give a library's own session with every other way out closed."""
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def _response(fetched: Fetched, status: int, request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict(fetched.headers)
    # What was unpacked and followed already must not be unpacked or followed again.
    for name in ("content-encoding", "location"):
        response.headers.pop(name, None)
    response.encoding = "utf-8"
    response.url, response.request = fetched.url, request
    response._content = fetched.content  # noqa: SLF001 - the one way to give a response its bytes (requests' own tests do so)
    return response
