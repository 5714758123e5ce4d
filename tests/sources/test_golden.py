"""Golden pairs of the sources that read files."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitors.sources.jsonl import JsonlSource
from monitors.sources.requester import Requester
from monitors.sources.submitted import SubmittedSource
from tests.builders import NOON
from tests.servers.web import Web
from tests.sources.golden import compare, pairs

LATE = datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("recording", pairs("jsonl"))
def test_an_export(recording: Path) -> None:
    """An export is read as the posts beside it."""
    (delta,) = JsonlSource(recording).fetch([], None, LATE)

    compare(recording, [replace(post, fetched_at=NOON) for post in delta.posts])
    assert [(item.place, item.reason) for item in delta.rejected] == [("export.jsonl:3:text", "missing")]


@pytest.mark.parametrize("recording", pairs("submitted"))
def test_a_page(recording: Path, web: Web, requester: Requester) -> None:
    """A page that somebody handed in is read as the post beside it."""
    web.answer("/thread", recording.read_bytes(), headers={"Content-Type": "text/html"})

    (delta,) = SubmittedSource([web.url("/thread")], requester).fetch([], None, LATE)

    (post,) = delta.posts
    site = web.url("")
    media = tuple(replace(item, url=item.url.replace(site, "https://forum.example")) for item in post.media)
    links = tuple(link.replace(site, "https://forum.example") for link in post.links)
    compare(recording, [replace(post, id="submitted:x", url="", media=media, links=links, fetched_at=NOON)])
