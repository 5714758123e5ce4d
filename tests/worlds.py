"""A whole installation in a folder: real ledger, vault, spool, index and model; only what was posted is invented."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from monitors import app
from monitors.cli.demo.people import register_invented
from monitors.errors import SkipPost
from monitors.parts import Parts
from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Media, Post, Query, Raw
from monitors.settings import Settings
from tests.builders import NOON, a_post

LIN = "lin"


class Told:
    """A source that posts what a test says, a delta at a time."""

    name = "told"

    def __init__(self, *deltas: Sequence[Post]) -> None:
        self._deltas = deltas
        self.plans: list[Sequence[Query]] = []

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002
        self.plans.append(plan)
        start = int(cursor.value) if cursor else 0
        for number, posts in enumerate(self._deltas[start:], start + 1):
            yield Delta(
                posts=tuple(posts),
                raws=tuple(raw_of(post) for post in posts),
                cursor=Cursor(source=self.name, value=str(number)),
                outcome=FetchOutcome(kind=FetchKind.OK),
            )


def raw_of(post: Post) -> Raw:
    """The bytes a built post was read from."""
    return Raw.of(post.text.encode(), url=post.url, media_type="text/plain", fetched_at=NOON)


def posts_saying(*texts: str) -> list[Post]:
    """Posts of the told source, one a text."""
    return [a_post(id=f"told:{text[:12]}-{number}", text=text) for number, text in enumerate(texts)]


@contextmanager
def world(home: Path, *deltas: Sequence[Post], **changed: Any) -> Iterator[Parts]:
    """Open the installation in ``home`` with a told source; `lin` is protected there from the first time on."""
    with app.opened(Settings(home=home, log_format="json", **changed)) as parts:
        with parts.ledger.reading() as ledger:
            is_new = not _has_lin(ledger)
        if is_new:
            register_invented(parts, LIN, names=("林晓月",), context=("青河学院",), address="lin@mail.example")
        yield replace(parts, sources={"told": Told(*deltas)}, get_media=_no_media)


def _has_lin(ledger: Any) -> bool:
    from monitors.ledger import profiles

    return profiles.status_of(ledger, LIN) is not None


def _no_media(_media: Media) -> bytes:
    raise SkipPost("not_public")
