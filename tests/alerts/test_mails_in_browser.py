"""The mails as a phone shows them."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitors.alerts.render import Rendered, render
from tests.alerts.test_render import a_digest, a_view, hits
from tests.builders import NOON
from tests.servers.browser import TOO_PALE, TOO_WIDE, Browser

pytestmark = pytest.mark.needs_browser


def mails(language: str) -> dict[str, Rendered]:
    until, link = NOON + timedelta(days=2), "https://watch.example/" + "x" * 200
    return {
        "digest": a_digest(language),
        "quiet": a_digest(language, []),
        "urgent": render("urgent", language=language, view=a_view(hits()), neutral=True),
        "confirmation": render(
            "confirmation", language=language, code="ABCD 2345", confirm=link, not_me=link, until=until
        ),
        "withdrawal": render("withdrawal", language=language, code="ABCD 2345", confirm=link, days=7, until=until),
        "withdrawn": render("withdrawn", language=language, page=link, erase_at=until),
    }


@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "light"), ("zh-CN", "dark"), ("en", "dark")])
def test_mails_fit_a_phone(language: str, scheme: str, browser: Browser, tmp_path: Path) -> None:
    """No mail is wider than a small screen or has text too pale to read, by day and by night."""
    browser.prefer(scheme)

    for name, mail in mails(language).items():
        page = tmp_path / f"{name}.html"
        page.write_text(mail.html, encoding="utf-8")
        browser.open(page.as_uri())
        assert browser.ask(TOO_WIDE) == 0, name
        assert browser.ask(TOO_PALE) == [], name
        assert browser.problems == []
