"""Reading feeds: golden pairs, and everything feeds do wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import FetchKind
from monitors.sources.feeds import Feed, Origin, cut_items, read_feed
from tests.builders import NOON
from tests.sources.golden import compare, pairs

ORIGIN = Origin(
    source="rss",
    url="https://forum.example/feed.xml",
    media_type="application/rss+xml",
    fetched_at=NOON + timedelta(days=1),
    part="feed-1",
)


def a_feed(*items: str, head: str = "", tail: str = "</channel></rss>") -> bytes:
    """A feed of these items."""
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}{tail}'.encode()


def an_item(number: int, *, more: str = "") -> str:
    """An item of a feed."""
    return f"<item><guid>{number}</guid><title>第{number}条</title>{more}</item>"


def read(content: bytes, **changed: str) -> Feed:
    """A feed's bytes as posts."""
    return read_feed(content, replace(ORIGIN, **changed))  # type: ignore[arg-type] # a builder


@pytest.mark.parametrize("recording", pairs("rss"))
def test_golden_pairs(recording: Path) -> None:
    """A feed as it was sent is read as the posts beside it."""
    feed = read(recording.read_bytes())

    compare(recording, feed.posts)


@pytest.mark.parametrize("recording", pairs("rss"))
def test_each_post_has_its_own_bytes(recording: Path) -> None:
    """A post's raw is its own item as it arrived: real bytes of the feed, and nobody else's."""
    content = recording.read_bytes()

    feed = read(content)

    raws = {raw.sha256: raw for raw in feed.raws}
    assert len(raws) == len(feed.posts)
    for post in feed.posts:
        raw = raws[post.raw_sha256]
        assert raw.content in content
        assert sha256(raw.content).hexdigest() == raw.sha256
        assert raw.url.startswith(f"{ORIGIN.url}#item=")


NO_FEEDS = {
    "nothing": (b"", FetchKind.BROKEN, "empty_answer"),
    "blanks": (b" \n", FetchKind.BROKEN, "empty_answer"),
    "a page": (b"<!DOCTYPE html><html><body>login</body></html>", FetchKind.SCHEMA_CHANGED, "html_instead"),
    "JSON": (b'{"items": []}', FetchKind.BROKEN, "not_a_feed"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), FetchKind.BROKEN, "not_a_feed"),
    "a file's name": (b"/etc/passwd", FetchKind.BROKEN, "not_a_feed"),
    "an address": (b"http://127.0.0.1/feed", FetchKind.BROKEN, "not_a_feed"),
}


@pytest.mark.parametrize(("content", "kind", "detail"), NO_FEEDS.values(), ids=NO_FEEDS.keys())
def test_what_is_no_feed(content: bytes, kind: FetchKind, detail: str) -> None:
    """What is no feed is told apart from an empty one, and is never taken for a name to open."""
    feed = read(content)

    assert (feed.outcome.kind, feed.outcome.detail, feed.posts) == (kind, detail, ())
    assert feed.outcome.part == "feed-1"


def test_an_empty_feed() -> None:
    """A feed without items is a feed."""
    assert read(a_feed()).outcome.kind is FetchKind.OK


def test_a_torn_feed() -> None:
    """The item in which the line was cut is left for another time; those before it are read."""
    content = a_feed(an_item(2), an_item(1))

    feed = read(content[: content.rindex(b"</title>")])

    assert [post.text for post in feed.posts] == ["第2条"]
    assert feed.rejected == ()


def test_a_feed_that_is_not_xml() -> None:
    """Loose ampersands, unknown entities and unclosed tags do not cost an item."""
    feed = read(a_feed(an_item(1, more="<description>A & B &nbsp; &copy;<br></description>"), an_item(2)))

    assert sorted(post.text.split("\n")[0] for post in feed.posts) == ["第1条", "第2条"]


def test_an_empty_item() -> None:
    """An item that says nothing is set aside alone, with its bytes."""
    feed = read(a_feed("<item></item>", an_item(1)))

    (rejected,) = feed.rejected
    assert (rejected.content, rejected.place, rejected.reason) == (b"<item></item>", "feed-1:item", "empty entry")
    assert len(feed.posts) == 1


def test_oldest_first() -> None:
    """Posts come in the order of their dates; where there is none, in the feed's own order turned round."""
    dates = ["Sun, 01 Mar 2026 12:00:00 GMT", "Sun, 01 Mar 2026 10:00:00 GMT", "Sun, 01 Mar 2026 11:00:00 GMT"]
    dated = read(a_feed(*(an_item(n, more=f"<pubDate>{date}</pubDate>") for n, date in enumerate(dates))))
    undated = read(a_feed(*map(an_item, range(3))))

    assert [post.text for post in dated.posts] == ["第1条", "第2条", "第0条"]
    assert [post.text for post in undated.posts] == ["第2条", "第1条", "第0条"]


DATES = {
    "RFC 822": ("Sun, 01 Mar 2026 12:00:00 GMT", NOON),
    "RFC 822 with an offset": ("Sun, 1 Mar 2026 20:00:00 +0800", NOON),
    "without seconds": ("Sun, 01 Mar 2026 12:00 GMT", NOON),
    "ISO 8601": ("2026-03-01T12:00:00Z", NOON),
    "ISO 8601 with an offset": ("2026-03-01T20:00:00+08:00", NOON),
    "with a blank": ("2026-03-01 12:00:00", NOON),
    "nonsense": ("yesterday", None),
    "empty": ("", None),
    "a clock never set": ("Thu, 01 Jan 1970 00:00:00 GMT", None),
    "the far future": ("Sun, 01 Mar 2099 12:00:00 GMT", None),
    "no such day": ("2026-02-31T25:61:00Z", None),
}


@pytest.mark.parametrize(("written", "moment"), DATES.values(), ids=DATES.keys())
def test_dates(written: str, moment: datetime | None) -> None:
    """A date is UTC or unknown, never wrong."""
    (post,) = read(a_feed(an_item(1, more=f"<pubDate>{written}</pubDate>"))).posts

    assert post.published_at == moment
    assert moment is None or (post.published_at and post.published_at.tzinfo is UTC)


def test_ids_are_stable_and_tell_nothing() -> None:
    """An id comes from the entry's own, the same in every poll, and shows neither address nor writer."""
    page = an_item(1, more="<link>https://s.example/@lin/1</link>")
    first, again = read(a_feed(page)), read(a_feed(an_item(2), page))
    elsewhere = read(a_feed(page), url="https://other.example/feed")

    assert first.posts[0].id in {post.id for post in again.posts}
    assert first.posts[0].id != elsewhere.posts[0].id  # a guid that is no address is the feed's own
    assert "lin" not in first.posts[0].id


def test_two_feeds_of_one_site_may_count_alike() -> None:
    """A number is an id within its feed alone, also where two feeds lie side by side."""
    item = an_item(1)

    one, two = (read(a_feed(item), url=f"https://s.example/{name}.xml") for name in ("a", "b"))

    assert one.posts[0].id != two.posts[0].id


def test_an_address_is_the_same_post_everywhere() -> None:
    """An entry whose id is an address is one post, whichever feed brings it."""
    item = "<item><guid>https://s.example/1</guid><title>x</title></item>"

    assert read(a_feed(item)).posts[0].id == read(a_feed(item), url="https://other.example/").posts[0].id


def test_utf_16() -> None:
    """A feed in an encoding that cannot be cut keeps its whole bytes as the raw of each post."""
    content = a_feed(an_item(1), an_item(2)).decode().replace("<?xml", '<?xml encoding="utf-16"', 1).encode("utf-16")

    feed = read(content, media_type="application/xml; charset=utf-16")

    assert sorted(post.text for post in feed.posts) == ["第1条", "第2条"]
    assert [(raw.content, raw.url) for raw in feed.raws] == [(content, ORIGIN.url)]


def test_an_id_is_no_address() -> None:
    """An entry without a link has no address, whatever its id looks like."""
    assert read(a_feed(an_item(1))).posts[0].url == ""


def test_strange_addresses() -> None:
    """Addresses that are none of the web's are in no post."""
    feed = read(
        a_feed(
            an_item(
                1,
                more="<link>javascript:alert(1)</link><enclosure url='file:///x.png' type='image/png'/>"
                "<description>&lt;a href='data:,x'&gt;a&lt;/a&gt;&lt;img src='http://[::1'&gt;</description>",
            )
        )
    )

    assert (feed.posts[0].url, feed.posts[0].links, feed.posts[0].media) == ("", (), ())


def test_a_laughing_feed() -> None:
    """Entities that explode cost neither time nor memory."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    content = f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]><rss version="2.0"><channel>{an_item(1, more="<description>&e11;</description>")}</channel></rss>'
    started = perf_counter()

    feed = read(content.encode())

    assert perf_counter() - started < 10
    assert all(len(post.text) < 100_000 for post in feed.posts)


def test_outside_files_are_not_read(tmp_path: Path) -> None:
    """An entity that names a file of ours stays a name."""
    (tmp_path / "secret").write_text("geheim")
    head = f'<!DOCTYPE x [<!ENTITY f SYSTEM "file://{tmp_path}/secret">]>'
    content = a_feed(an_item(1, more="<description>&f;</description>")).replace(b"<rss", head.encode() + b"<rss", 1)

    assert all("geheim" not in post.text for post in read(content).posts)


@given(st.binary(max_size=300), st.sampled_from([b"", b"<rss><channel><item>", b"<feed><entry><title>"]))
def test_any_bytes(content: bytes, start: bytes) -> None:
    """Whatever a server calls a feed, there is an outcome."""
    assert read(start + content).outcome.kind in FetchKind


CUTS = {
    "two": (b"<rss><item>a</item> <item x='1'>b</item></rss>", [b"<item>a</item>", b"<item x='1'>b</item>"]),
    "with a prefix": (b"<a:entry>a</a:entry>", [b"<a:entry>a</a:entry>"]),
    "closed in itself": (b"<item/><item>a</item>", [b"<item/>", b"<item>a</item>"]),
    "RSS 1.0's list is none": (b"<items><li/></items><item>a</item>", [b"<item>a</item>"]),
    "inside CDATA": (b"<item><![CDATA[</item><item>]]>a</item>", [b"<item><![CDATA[</item><item>]]>a</item>"]),
    "inside a comment": (b"<!-- <item>x</item> --><item>a</item>", [b"<item>a</item>"]),
    "open CDATA": (b"<item>a</item><item><![CDATA[ x", [b"<item>a</item>"]),
    "without its end": (b"<item>a</item><item>b", [b"<item>a</item>"]),
    "an end alone": (b"</item><item>a</item>", [b"<item>a</item>"]),
}


@pytest.mark.parametrize(("content", "items"), CUTS.values(), ids=CUTS.keys())
def test_cutting(content: bytes, items: list[bytes]) -> None:
    """Items are cut out whole, as they stand in the bytes."""
    assert cut_items(content) == items


@pytest.mark.parametrize("content", [b"<![CDATA[" * 100_000, b"<item" * 200_000, b"<!--" * 200_000, b"<" * 1_000_000])
def test_cutting_takes_no_time(content: bytes) -> None:
    """Bytes made to be slow are cut as fast as any."""
    started = perf_counter()

    cut_items(content)

    assert perf_counter() - started < 2
