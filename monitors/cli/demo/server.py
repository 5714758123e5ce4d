"""A small site on loopback with the demo's feed and pictures: the demo fetches as the product does."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from typing_extensions import override

Site = dict[str, tuple[str, bytes]]
"""By path: media type and bytes."""


@contextmanager
def serve_site(site: Site) -> Iterator[str]:
    """Serve the pages while the block runs; give ``host:port``. Pages may be added meanwhile."""

    class Pages(BaseHTTPRequestHandler):
        """The site's pages, and nothing else."""

        def do_GET(self) -> None:
            """Answer with the page or 404."""
            media_type, content = site.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in site else 404)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the demo's table is what there is to read."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
