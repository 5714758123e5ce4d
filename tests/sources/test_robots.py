"""robots.txt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.sources.robots import read_rules

CASES = {
    "nothing said": ("", "/x", True),
    "everything closed": ("User-agent: *\nDisallow: /", "/x", False),
    "robots.txt itself is open": ("User-agent: *\nDisallow: /", "/robots.txt", True),
    "an empty rule closes nothing": ("User-agent: *\nDisallow:", "/x", True),
    "a prefix": ("User-agent: *\nDisallow: /private", "/private/x", False),
    "another path": ("User-agent: *\nDisallow: /private", "/public", True),
    "the longer rule wins": ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
    "of equals the kinder wins": ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
    "our own group replaces the general one": (
        "User-agent: *\nDisallow: /\n\nUser-agent: shouwang\nDisallow: /no",
        "/x",
        True,
    ),
    "our own group closes": ("User-agent: *\nAllow: /\n\nUser-agent: Shouwang/2\nDisallow: /no", "/no", False),
    "two names share a group": ("User-agent: a\nUser-agent: Shouwang\nDisallow: /no", "/no", False),
    "two groups of ours add up": (
        "User-agent: shouwang\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: shouwang\nDisallow: /b",
        "/b",
        False,
    ),
    "another crawler's group": ("User-agent: other\nDisallow: /", "/x", True),
    "a star": ("User-agent: *\nDisallow: /*.pdf", "/a/b.pdf?x=1", False),
    "an end": ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x=1", True),
    "an end that is met": ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf.pdf", False),
    "a query": ("User-agent: *\nDisallow: /*?s=", "/?s=x", False),
    "escaped letters are the same path": ("User-agent: *\nDisallow: /%6Cin", "/lin", False),
    "Chinese path": ("User-agent: *\nDisallow: /帖子", "/%E5%B8%96%E5%AD%90/1", False),
    "comments and a mark": ("\ufeffUser-agent: * # all\nDisallow: /x # why", "/x", False),
    "windows line ends": ("User-agent: *\r\nDisallow: /x\r\n", "/x", False),
    "rules before any name": ("Disallow: /\nUser-agent: *\nDisallow: /y", "/x", True),
}


@pytest.mark.parametrize(("text", "path", "allowed"), CASES.values(), ids=CASES.keys())
def test_rules(text: str, path: str, allowed: bool) -> None:
    """A site's rules hold as RFC 9309 says."""
    assert read_rules(text.encode(), "Shouwang").allow(path) is allowed


def test_delay() -> None:
    """A delay is read, within reason; what is no number is none."""
    assert read_rules(b"User-agent: *\nCrawl-delay: 4", "x").delay == 4.0
    assert read_rules(b"User-agent: *\nCrawl-delay: 1e9", "x").delay == 30.0
    assert read_rules(b"User-agent: *\nCrawl-delay: soon", "x").delay == 0.0


@given(st.binary(), st.text())
def test_any_bytes(content: bytes, path: str) -> None:
    """Whatever a site calls robots.txt, there is an answer."""
    assert read_rules(content, "Shouwang").allow("/" + path) in {True, False}


def test_many_stars_take_no_time() -> None:
    """A rule made of stars costs no more than its length."""
    rules = read_rules(b"User-agent: *\nDisallow: /" + b"*a" * 20_000 + b"$", "x")

    assert rules.allow("/" + "a" * 10_000 + "b")
