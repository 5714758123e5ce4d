"""A server in front of a real Elasticsearch that lets requests through, or misbehaves as it is told."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from typing_extensions import override

Answer = tuple[int, dict[str, Any]]
Fault = Callable[[str, bytes], "Answer | None"]
"""Given a request's path and body: the answer instead of the real one, or None to let it through. May raise
ConnectionAbortedError to hang up."""


@dataclass(slots=True)
class Front:
    """The server's address, what it was asked, and the faults still to come, one a bulk request."""

    behind: str
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    bulks: int = 0

    def answer(self, method: str, path: str, body: bytes) -> Answer | bytes:
        """Give the next fault's answer to a bulk request, the real server's to anything else."""
        if "_bulk" in path:
            self.bulks += 1
            fault = self.faults.pop(0) if self.faults else None
            if fault and (answer := fault(path, body)):
                return answer
        return self._real(method, path, body)

    def _real(self, method: str, path: str, body: bytes) -> Answer | bytes:
        kind = "application/x-ndjson" if "_bulk" in path else "application/json"
        headers = {"Content-Type": kind} if body else {}
        try:
            with urlopen(Request(self.behind + path, body or None, headers, method=method), timeout=60) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


def refuse_all(status: int, kind: str) -> Fault:
    """Refuse a whole request."""
    return lambda _path, _body: (status, {"error": {"type": kind, "reason": "secret reason"}, "status": status})


def refuse_items(status: int, kind: str) -> Fault:
    """Take a request and refuse each of its lines, as a node does whose queue is full."""

    def fault(_path: str, body: bytes) -> Answer:
        actions = [json.loads(line) for line in body.splitlines()]
        heads = [next(iter(action.items())) for action in actions if set(action) <= {"index", "create", "delete"}]
        error = {"type": kind, "reason": "secret reason"}
        items = [{name: {"_id": head["_id"], "status": status, "error": error}} for name, head in heads]
        return 200, {"took": 1, "errors": True, "items": items}

    return fault


def hang_up(_path: str, _body: bytes) -> Answer | None:
    """Close the connection in the middle of a request."""
    raise ConnectionAbortedError


@contextmanager
def front_of(behind: str, tls: ssl.SSLContext | None = None) -> Iterator[Front]:
    """Run the server while the block lasts."""
    front = Front(behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            front.keys.append(self.headers.get("Authorization"))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                answer = front.answer(self.command, self.path, body)
            except ConnectionAbortedError:
                self.close_connection = True
                return
            status, content = (
                (200, answer) if isinstance(answer, bytes) else (answer[0], json.dumps(answer[1]).encode())
            )
            self.send_response(status)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815 - the names the base class calls

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        front.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield front
        finally:
            server.shutdown()
