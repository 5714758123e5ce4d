"""The pages in a real browser, on a small phone."""

from pathlib import Path

import pytest

from monitors.alerts.links import Purpose
from monitors.records import ProfileState, Severity
from tests.alerts.room import find, watch
from tests.builders import a_hit, a_match, a_post, a_score
from tests.servers.browser import TOO_PALE, TOO_WIDE, Browser
from tests.web.room import Served
from tests.web.test_registering import HER, JPEG, mailed_links, stored

pytestmark = pytest.mark.needs_browser

SMALL_TARGETS = """
[...document.querySelectorAll('button, .button, .rows a, .tick, .choices label, select, input[type=email], textarea')]
  .filter(one => one.getBoundingClientRect().height < 40).map(one => one.outerHTML.slice(0, 80))
"""
UNLABELLED = """
[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(one => one.labels.length === 0).map(one => one.name)
"""


def test_registering_with_a_phone(site: Served, browser: Browser, tmp_path: Path) -> None:
    """She fills in the form, opens the mailed link, presses, and is watched over; nothing is stored in the browser."""
    photo = tmp_path / "me.jpg"
    photo.write_bytes(JPEG)

    browser.open(f"{site.address}/")
    browser.press("main .button")
    browser.fill("#names", "周知雨")
    browser.fill("#address", HER)
    browser.choose("#photos", photo)
    for box in ("#is_me", "#consent_names", "#consent_image_hashes"):
        browser.tick(box)
    browser.press("form button")
    sent = browser.words()
    browser.open(mailed_links(site)["confirm"])
    browser.press("form button")

    assert "请去邮箱看一看" in sent
    assert "已经开始" in browser.words()
    (profile,) = stored(site)
    assert (profile.state, len(profile.photos)) == (ProfileState.ACTIVE, 1)
    assert browser.ask("document.cookie + Object.keys(localStorage)") == ""
    assert browser.problems == []


def test_looking_with_a_phone(site: Served, browser: Browser) -> None:
    """From the list to one hit, its words on request, and a verdict, without a line of JavaScript."""
    hit = a_hit(post=a_post(text="听说她昨天晚上没有回宿舍"), severity=Severity.URGENT)
    profile = watch(site.room.ledger, site.room.vault)
    find(site.room.ledger, site.room.vault, hit)

    browser.open(site.address + site.path(Purpose.HITS, profile))
    browser.press(".rows a")
    hidden = browser.words()
    browser.press(".box button")
    shown = browser.words()
    browser.tick("input[name=about_her][value=no]")
    browser.press("fieldset ~ .actions button")

    assert "没有回宿舍" not in hidden
    assert "没有回宿舍" in shown
    assert "已经记下" in browser.words()
    assert "没有回宿舍" not in browser.words()
    assert browser.ask("document.scripts.length") == 0
    assert browser.problems == []


@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("en", "dark")])
def test_pages_fit_a_small_phone(site: Served, browser: Browser, language: str, scheme: str) -> None:
    """No page is wider than the screen, no target too small, no field unlabelled, no text too pale."""
    hit = a_hit(
        post=a_post(text="x" * 400, url="https://social.example/" + "y" * 300),
        matches=(a_match(reason="写成「" + "林" * 60 + "」"),),
        scores=(a_score(terms=("z" * 300, "陪老师")),),
    )
    profile = watch(site.room.ledger, site.room.vault)
    find(site.room.ledger, site.room.vault, hit)
    browser.prefer(scheme)
    paths = ["/", "/register", "/source", "/nowhere"]
    paths += [site.path(purpose, profile, subject=hit.id) for purpose in Purpose]

    for path in paths:
        browser.open(f"{site.address}{path}?lang={language}")
        assert browser.ask(TOO_WIDE) == 0, path
        assert browser.ask(SMALL_TARGETS) == [], path
        assert browser.ask(UNLABELLED) == [], path
        assert browser.ask(TOO_PALE) == [], path
    browser.open(site.address + site.path(Purpose.HIT, profile, subject=hit.id))
    browser.press(".box button")
    assert browser.ask(TOO_WIDE) == 0
