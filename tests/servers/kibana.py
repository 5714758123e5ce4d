"""A small server that takes and gives saved objects as Kibana 9.2 documents it, and refuses what Kibana refuses.

It is no Kibana: it migrates nothing and draws nothing. It holds our requests to what is documented.
"""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

Object = dict[str, Any]


@dataclass(slots=True)
class Kibana:
    """What it holds, which key it wants, and how it misbehaves."""

    url: str = ""
    key: str | None = None
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    instead: list[tuple[int, str, str]] = field(default_factory=list)
    """Status, content type and body to send instead of the next answers."""

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """Give status and body for a request."""
        if self.key and headers.get("authorization") != f"ApiKey {self.key}":
            return 401, '{"statusCode":401,"error":"Unauthorized"}'
        where = urlsplit(path)
        if where.path == "/api/status":
            return 200, json.dumps({"version": {"number": "9.2.2"}, "status": {"overall": {"level": "available"}}})
        if "kbn-xsrf" not in headers:
            return 400, '{"statusCode":400,"message":"Request must contain a kbn-xsrf header."}'
        if where.path == "/api/saved_objects/_import":
            return self._import(parse_qs(where.query), headers["content-type"], body)
        if where.path == "/api/saved_objects/_export":
            return self._export(json.loads(body))
        return 404, '{"statusCode":404,"error":"Not Found"}'

    def _import(self, query: dict[str, list[str]], media_type: str, body: bytes) -> tuple[int, str]:
        form = message_from_bytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        if "file" not in parts or not (parts["file"].get_filename() or "").endswith(".ndjson"):
            return 415, '{"statusCode":415,"message":"Unsupported Media Type"}'
        content = parts["file"].get_content()
        sent = [json.loads(line) for line in content.splitlines()]
        known = self.objects.keys() | {(one["type"], one["id"]) for one in sent}
        errors = [self._missing(one) for one in sent if self._lacks(one, known)]
        errors += [self._conflict(one) for one in sent if query.get("overwrite") != ["true"] and self._has(one)]
        if errors:
            return 200, json.dumps({"success": False, "successCount": 0, "errors": errors})
        self.objects |= {(one["type"], one["id"]): one | {"updated_at": "2026-03-01T12:00:00.000Z"} for one in sent}
        return 200, json.dumps({"success": True, "successCount": len(sent), "warnings": []})

    def _lacks(self, one: Object, known: set[tuple[str, str]]) -> bool:
        """Kibana looks for missing data views and searches alone."""
        checked = [one_ for one_ in one["references"] if one_["type"] in ("index-pattern", "search")]
        return any((reference["type"], reference["id"]) not in known for reference in checked)

    def _has(self, one: Object) -> bool:
        return (one["type"], one["id"]) in self.objects

    def _missing(self, one: Object) -> Object:
        return {"id": one["id"], "type": one["type"], "error": {"type": "missing_references"}}

    def _conflict(self, one: Object) -> Object:
        return {"id": one["id"], "type": one["type"], "error": {"type": "conflict"}}

    def _export(self, asked: Object) -> tuple[int, str]:
        wanted = [(one["type"], one["id"]) for one in asked["objects"]]
        if not set(wanted) <= self.objects.keys():
            return 400, '{"statusCode":400,"message":"Error fetching objects to export"}'
        return 200, "\n".join(json.dumps(self.objects[one]) for one in wanted)


@contextmanager
def running_kibana(tls: ssl.SSLContext | None = None) -> Iterator[Kibana]:
    """Run the server while the block lasts."""
    kibana = Kibana()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if kibana.instead:
                status, media_type, content = kibana.instead.pop(0)
            else:
                (status, content), media_type = kibana.answer(self.path, headers, body), "application/json"
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            if status == 302:
                self.send_header("Location", "/login")
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = _serve  # noqa: N815 - the names the base class calls

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        kibana.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield kibana
        finally:
            server.shutdown()
