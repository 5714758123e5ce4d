"""What Mastodon 4.6.4 really answered, replayed by a server on loopback.

The recordings (halcy/Mastodon.py, MIT) hold real people's posts, so they lie beside the checkout and not in it.
"""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.servers.web import Behaviour, Web, Wire, answer_with

DATA = Path(os.environ.get("SHOUWANG_DATA", Path(__file__).parents[3] / "shared" / "data"))
JSON = {"Content-Type": "application/json; charset=utf-8"}


class Recording:
    """One cassette: its answers by path."""

    def __init__(self, name: str) -> None:
        from vcr.persisters.filesystem import FilesystemPersister
        from vcr.serializers import yamlserializer

        path = DATA / "recorded" / "masto" / f"{name}.yaml"
        if not path.exists():
            pytest.skip(f"no recordings at {DATA}; set SHOUWANG_DATA to the folder that has them")
        requests, responses = FilesystemPersister.load_cassette(path, yamlserializer)
        self._asked = list(zip(requests, responses, strict=True))

    def body(self, path: str) -> bytes:
        """The first good answer to a GET of a path."""
        found: bytes = next(
            answer["body"]["string"]
            for request, answer in self._asked
            if request.method == "GET" and urlsplit(request.uri).path.rstrip("/") == path
        )
        return found

    def written(self) -> list[dict[str, Any]]:
        """Every status that was posted, the newest first."""
        posted = [answer["body"]["string"] for request, answer in self._asked if request.method == "POST"]
        return [json.loads(body) for body in reversed(posted)]


def play(web: Web, recording: Recording, tag: str) -> None:
    """Answer as the recorded server did: its instance, and pages of the statuses that were posted to it."""
    web.answer("/api/v2/instance/", recording.body("/api/v2/instance"), headers=JSON)
    web.misbehave(f"/api/v1/timelines/tag/{tag}", paged(recording.written()))


def paged(statuses: list[dict[str, Any]]) -> Behaviour:
    """Give the statuses just after ``min_id``, newest first, at most ``limit``, as Mastodon pages."""

    def behave(wire: Wire) -> None:
        asked = parse_qs(urlsplit(wire.request.path).query)
        after = [status for status in statuses if int(status["id"]) > int(asked["min_id"][0])]
        page = after[-int(asked["limit"][0]) :]
        answer_with(json.dumps(page).encode(), headers=JSON)(wire)

    return behave
