"""Posts a second that each source reads, on one core, from pages as large as the platform gives them.

    python benchmarks/sources.py [--seconds 2]

The pages are the golden pairs of tests/fixtures, their items repeated up to a page's usual number with other ids. Times
are CPU times of this process, the best of three rounds. Beside them, where there is one, what a named library takes for
the same page without giving a post: feedparser for feeds, BeautifulSoup with lxml (what snscrape reads with) for Telegram.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

from monitors.sources.feeds import Feed, Origin, read_feed
from monitors.sources.json_feeds import read_json_feed
from monitors.sources.lines import read_post
from monitors.sources.reddit_posts import read_listing
from monitors.sources.statuses import Origin as Server
from monitors.sources.statuses import read_page
from monitors.sources.timelines import Page
from monitors.sources.tme import cut_messages, read_channel
from monitors.sources.weibo_posts import read_cards
from monitors.sources.x_posts import read_search

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One source: its page, how many posts stand on it, how it is read; ``baseline`` names and runs what others take."""

    source: str
    page: bytes
    posts: int
    read: Callable[[bytes], int]
    baseline: tuple[str, Callable[[bytes], object]] | None = None


def cases() -> Iterator[Case]:
    """Give every source with a page of its usual size."""
    yield Case(
        source="rss",
        page=_feed(50),
        posts=50,
        read=lambda page: _in_feed(read_feed(page, _origin())),
        baseline=("feedparser alone", _by_feedparser),
    )
    yield Case(
        source="rss (JSON Feed), rsshub",
        page=_json_feed(50),
        posts=50,
        read=lambda page: _in_feed(read_json_feed(page, _origin())),
    )
    yield Case(source="mastodon", page=_statuses(40), posts=40, read=lambda page: len(read_page(page, _server()).posts))
    yield Case(
        source="telegram",
        page=_channel(20),
        posts=20,
        read=lambda page: _on(read_channel(page, fetched_at=NOW, place="bench")),
        baseline=("BeautifulSoup alone", _by_soup),
    )
    yield Case(source="weibo", page=_cards(10), posts=10, read=lambda page: _on(read_cards(page, fetched_at=NOW)))
    yield Case(source="x", page=_search(100), posts=100, read=lambda page: _on(read_search(page, fetched_at=NOW)))
    yield Case(
        source="reddit", page=_listing(100), posts=100, read=lambda page: _on(read_listing(page, fetched_at=NOW))
    )
    yield Case(source="jsonl", page=_lines(1000), posts=1000, read=_in_lines)


def rate(run: Callable[[bytes], object], page: bytes, posts: int, seconds: float) -> float:
    """Give the posts a second that a reader takes, the best of three rounds."""
    return max(_round(run, page, posts, seconds / ROUNDS) for _ in range(ROUNDS))


def _round(run: Callable[[bytes], object], page: bytes, posts: int, seconds: float) -> float:
    begun, pages = time.process_time(), 0
    while (spent := time.process_time() - begun) < seconds:
        run(page)
        pages += 1
    return pages * posts / spent


def _in_feed(feed: Feed) -> int:
    return len(feed.posts)


def _on(page: Page) -> int:
    return sum(entry.item is not None for entry in page.entries)


def _in_lines(page: bytes) -> int:
    return sum(bool(read_post(line, source="jsonl", url="", fetched_at=NOW)) for line in page.splitlines())


def _by_feedparser(page: bytes) -> object:
    import feedparser

    return feedparser.parse(BytesIO(page))


def _by_soup(page: bytes) -> object:
    from bs4 import BeautifulSoup

    return BeautifulSoup(page, "lxml").find_all("div", attrs={"class": "tgme_widget_message", "data-post": True})


def _origin() -> Origin:
    return Origin(source="rss", url="https://a.example/feed", media_type="", fetched_at=NOW, part="feed-1")


def _server() -> Server:
    return Server(source="mastodon", host="a.example", url="https://a.example/api/v1/timelines/tag", fetched_at=NOW)


def _fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def _repeated(items: list[Any], number: int) -> list[Any]:
    return list(islice(cycle(items), number))


def _renumbered(item: Any, number: int, key: str = "id") -> Any:
    return {**item, key: str(5_270_000_000_000_000 + number)}


def _feed(number: int) -> bytes:
    page = _fixture("rss/forum.xml").decode()
    head, items, tail = (
        page[: page.index("<item")],
        re.findall(r"<item.*?</item>", page, re.DOTALL),
        page[page.rindex("</item>") + 7 :],
    )
    items = [item for item in items if read_feed(f"{head}{item}{tail}".encode(), _origin()).posts]
    numbers = count()
    return (
        head
        + "".join(
            re.sub(r"</item>", f"<guid>g{next(numbers)}</guid></item>", item) for item in _repeated(items, number)
        )
        + tail
    ).encode()


def _json_feed(number: int) -> bytes:
    feed = json.loads(_fixture("rsshub/bilibili.json"))
    feed["items"] = [_renumbered(item, at) for at, item in enumerate(_repeated(feed["items"], number))]
    return json.dumps(feed, ensure_ascii=False).encode()


def _statuses(number: int) -> bytes:
    statuses = json.loads(_fixture("mastodon/hashtag.json"))
    statuses = [status for status in statuses if read_page(json.dumps([status]).encode(), _server()).posts]
    return json.dumps([_renumbered(item, at) for at, item in enumerate(_repeated(statuses, number))]).encode()


def _channel(number: int) -> bytes:
    page = _fixture("telegram/channel.html")
    parts = [part for part in cut_messages(page) if b"service_message" not in part]
    messages = [
        re.sub(rb'data-post="\w+/\d+"', b'data-post="bench/%d"' % at, part)
        for at, part in enumerate(_repeated(parts, number), 1)
    ]
    return page[: page.index(parts[0])] + b"".join(messages) + b"</section></main></body></html>"


def _cards(number: int) -> bytes:
    answer = json.loads(_fixture("weibo/search.json"))
    groups = [card.get("card_group", [card]) for card in answer["data"]["cards"]]
    cards = [card for group in groups for card in group]
    answer["data"]["cards"] = [
        {**card, "mblog": _renumbered(card["mblog"], at)} for at, card in enumerate(_repeated(cards, number))
    ]
    return json.dumps(answer, ensure_ascii=False).encode()


def _search(number: int) -> bytes:
    answer = json.loads(_fixture("x/search.json"))
    answer["data"] = [_renumbered(item, at) for at, item in enumerate(_repeated(answer["data"], number))]
    return json.dumps(answer | {"meta": {"result_count": number}}, ensure_ascii=False).encode()


def _listing(number: int) -> bytes:
    answer = json.loads(_fixture("reddit/listing.json"))
    things = _repeated(answer["data"]["children"], number)
    answer["data"]["children"] = [
        {**thing, "data": {**thing["data"], "id": f"b{at}"}} for at, thing in enumerate(things)
    ]
    return json.dumps(answer, ensure_ascii=False).encode()


def _lines(number: int) -> bytes:
    lines = [line for line in _fixture("jsonl/export.jsonl").splitlines() if b'"text"' in line]
    return b"\n".join(_repeated(lines, number))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each reader is measured")
    asked = parser.parse_args()
    print("| source | posts a page | kB a page | posts/s | beside it |\n|---|---|---|---|---|")
    for case in cases():
        if case.read(case.page) != case.posts:
            raise SystemExit(f"{case.source}: {case.read(case.page)} of {case.posts} posts were read")
        ours = rate(case.read, case.page, case.posts, asked.seconds)
        beside = ""
        if case.baseline is not None:
            name, run = case.baseline
            beside = f"{name} {rate(run, case.page, case.posts, asked.seconds):,.0f}"
        print(f"| {case.source} | {case.posts} | {len(case.page) / 1000:.0f} | {ours:,.0f} | {beside} |")


if __name__ == "__main__":
    main()
