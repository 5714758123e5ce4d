"""What she or a helper saw and handed in: an address, a screenshot, a saved text.

The most complete source of all: it reaches where no crawler may go. An address is fetched once on a person's word,
as her browser would, so robots.txt is not asked; the guard is. Bytes of pictures stay in memory: whether they may be
kept is decided later (the minor rule), so they are neither in the post nor in the spool.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from monitors.errors import BadInputError
from monitors.records import Cursor, Delta, FetchKind, FetchOutcome, Media, Post, Query, Raw, Rejected
from monitors.sources.html import Reading, is_web, kind_of, read_page, read_plain
from monitors.sources.pace import Clock, SystemClock
from monitors.sources.requester import Fetched, Requester
from monitors.sources.texts import decode, sniff

NAME = "submitted"
LARGEST = 30 * 1024 * 1024
ACCEPT = "text/html, image/*;q=0.9, text/plain;q=0.8, */*;q=0.5"
PAGES = frozenset({"text/html", "application/xhtml+xml"})

GetMedia = Callable[[Media], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """Bytes with where they came from; ``url`` is empty for a file."""

    content: bytes
    media_type: str
    url: str
    at: datetime


class SubmittedSource:
    """Addresses and files, each of which becomes one post. Made for one submission, and used once.

    Raises BadInputError for a file that is not there. ``seen`` holds addresses (http, https) and paths of files; a
    web page passes on what somebody typed only as an address (``is_web``).
    """

    def __init__(self, seen: Sequence[str], requester: Requester, *, clock: Clock | None = None) -> None:
        for item in seen:
            if not is_web(item) and not Path(item).is_file():
                raise BadInputError("no such file, and no address that begins with http", file=Path(item).name)
        self._seen, self._requester, self._clock = tuple(seen), requester, clock or SystemClock()
        self._pictures: dict[str, bytes] = {}

    @property
    def name(self) -> str:
        """Whatever was handed in is one source."""
        return NAME

    def fetch(self, plan: Sequence[Query], cursor: Cursor | None, deadline: datetime) -> Iterator[Delta]:  # noqa: ARG002 - it was handed in, not asked for
        """Give a delta for each thing that was handed in, in its order; there is no cursor."""
        for number, item in enumerate(self._seen, start=1):
            part = f"item-{number}"
            yield self._from_web(item, deadline, part) if is_web(item) else self._from_file(Path(item), part)

    def media_before(self, get_media: GetMedia) -> GetMedia:
        """Give what looks for a picture among those handed in before it asks the web."""

        def get(media: Media) -> bytes:
            return self._pictures.get(media.sha256 or "") or get_media(media)

        return get

    def _from_web(self, url: str, deadline: datetime, part: str) -> Delta:
        fetched = self._requester.get(url, deadline=deadline, accept=ACCEPT, cap=LARGEST)
        if not fetched.is_ok:
            return Delta(posts=(), cursor=None, outcome=replace(fetched.outcome, part=part))
        return self._read(_given(fetched, url), part)

    def _from_file(self, path: Path, part: str) -> Delta:
        if path.stat().st_size > LARGEST:
            outcome = FetchOutcome(kind=FetchKind.BROKEN, detail="too_large", part=part)
            return Delta(posts=(), cursor=None, outcome=outcome)
        content = path.read_bytes()
        return self._read(_Given(content=content, media_type=sniff(content), url="", at=self._clock.now()), part)

    def _read(self, given: _Given, part: str) -> Delta:
        outcome = FetchOutcome(kind=FetchKind.OK, part=part)
        if kind_of("", given.media_type) == "image":
            return Delta(posts=(self._picture(given),), cursor=None, outcome=outcome)
        reading = _reading(given)
        if reading is None:
            bad = Rejected(content=given.content, place=part, reason="neither text nor a picture")
            return Delta(posts=(), cursor=None, outcome=outcome, rejected=(bad,))
        raw = Raw.of(given.content, url=given.url, media_type=given.media_type, fetched_at=given.at)
        post = replace(_post(given), text=reading.text, media=reading.media, links=reading.links)
        return Delta(posts=(post,), raws=(raw,), cursor=None, outcome=outcome)

    def _picture(self, given: _Given) -> Post:
        found = sha256(given.content).hexdigest()
        self._pictures[found] = given.content
        return replace(_post(given), media=(Media(url=given.url or f"{NAME}:{found}", sha256=found),))


def _given(fetched: Fetched, asked_url: str) -> _Given:
    media_type = fetched.headers.get("content-type", "") or sniff(fetched.content)
    return _Given(content=fetched.content, media_type=media_type, url=asked_url, at=fetched.fetched_at)


def _post(given: _Given) -> Post:
    found = sha256(given.content).hexdigest()
    # An address is one post however often its page changes; a file is what its bytes are.
    key = sha256(given.url.encode()).hexdigest() if given.url else found
    return Post(id=f"{NAME}:{key[:24]}", url=given.url, text="", fetched_at=given.at, raw_sha256=found)


def _reading(given: _Given) -> Reading | None:
    text = decode(given.content, given.media_type)
    if text is None:
        return None
    main = given.media_type.partition(";")[0].strip().lower()
    return read_page(text, base=given.url) if main in PAGES else read_plain(text)
