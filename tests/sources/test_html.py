"""HTML as a reader sees it."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import Media
from monitors.sources.html import kind_of, read_html, read_page, read_plain

BASE = "https://s.example/p/1"
TEXTS = {
    "nothing": ("", ""),
    "plain": ("你好", "你好"),
    "a name is not torn by its marks": ("林<b>晓</b><span>月</span>", "林晓月"),
    "paragraphs are lines": ("<p>一</p><p>二</p>", "一\n二"),
    "line breaks": ("一<br>二<br/>三", "一\n二\n三"),
    "lists": ("<ul><li>一<li>二</ul>", "一\n二"),
    "tables": ("<table><tr><td>一<td>二</table>", "一\n二"),
    "text after a block": ("<div>一</div>二", "一\n二"),
    "blanks of the source are one": ("一 \n\t 二", "一 二"),
    "entities": ("A &amp; B &lt;C&gt; &#26519;", "A & B <C> 林"),
    "scripts are not read": ("一<script>二</script><style>三</style>", "一"),
    "comments are not read": ("一<!-- 二 -->", "一"),
    "not closed": ("<p>一<b>二", "一二"),
    "a lone bracket": ("1 < 2", "1 < 2"),
    "deeper than any page": ("<div>" * 500 + "一&amp;<p>二", "一&\n二"),
}


@pytest.mark.parametrize(("html", "text"), TEXTS.values(), ids=TEXTS.keys())
def test_text(html: str, text: str) -> None:
    """Blocks are lines, and within a line letters stand as they are read."""
    assert read_html(html, base=BASE).text == text


def test_links_and_media() -> None:
    """Addresses are absolute, each once, in their order; others are left out."""
    html = (
        '<a href="/a">1</a><a href="https://t.example/?x=1&amp;y=2">2</a><a href="/a">3</a><a href="mailto:x@y">4</a>'
        '<a href="">5</a><img src="b.jpg"><img src="data:image/png;base64,AA"><video src="//v.example/c"></video>'
        '<img src="b.jpg"><audio><source src="d.mp3"></audio>'
    )

    reading = read_html(html, base=BASE)

    assert reading.links == ("https://s.example/a", "https://t.example/?x=1&y=2")
    assert reading.media == (
        Media(url="https://s.example/p/b.jpg"),
        Media(url="https://v.example/c", kind="video"),
        Media(url="https://s.example/p/d.mp3", kind="audio"),
    )


def test_links_are_bounded() -> None:
    """A page of nothing but links keeps the first hundred."""
    html = "".join(f'<a href="/{number}">x</a><img src="{number}.jpg">' for number in range(1000))

    reading = read_html(html, base=BASE)

    assert (len(reading.links), len(reading.media)) == (100, 30)


def test_a_page_says_what_it_is() -> None:
    """A page drawn by scripts is known by its title and by what it says to others; nothing is said twice."""
    html = (
        '<title>站名</title><meta property="og:title" content="帖子">'
        '<meta name="og:description" content="正文在脚本里"><meta property="og:image" content="/i.jpg"><p>帖子</p>'
    )

    reading = read_page(html, base=BASE)

    assert reading.text == "站名\n正文在脚本里\n帖子"
    assert reading.media == (Media(url="https://s.example/i.jpg"),)


def test_plain_text_keeps_its_brackets() -> None:
    """What is not HTML is not read as HTML."""
    assert read_plain("a <Lin> b\n\n c  d").text == "a <Lin> b\nc d"


@pytest.mark.parametrize(
    ("url", "media_type", "kind"),
    [
        ("https://s.example/a.JPG?x=1", "", "image"),
        ("https://s.example/a", "video/mp4", "video"),
        ("https://s.example/a.jpg", "audio/mpeg; x", "audio"),
        ("https://s.example/a.html", "", None),
        ("https://s.example/", "text/html", None),
    ],
)
def test_kinds(url: str, media_type: str, kind: str | None) -> None:
    """A file is what its type says, else what its name ends in."""
    assert kind_of(url, media_type) == kind


@given(st.text())
def test_any_text(text: str) -> None:
    """Whatever a post calls HTML is read; no line of it is blank or wrapped in blanks."""
    lines = read_html(text, base=BASE).text.split("\n")

    assert lines == [""] or all(line and line == line.strip(" \t\r\n\f") for line in lines)


@pytest.mark.parametrize(
    "html",
    ["<div>" * 50_000, "<b>" * 50_000, "<" * 500_000, "<a " * 200_000, "<p>x" * 20_000, "</div>" * 100_000],
    ids=["nested", "nested marks", "brackets", "open tags", "paragraphs", "ends"],
)
def test_slow_pages_are_not_slow(html: str) -> None:
    """A page made to be slow takes no longer than a large one."""
    started = perf_counter()

    read_page(html, base=BASE)

    assert perf_counter() - started < 5
