import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError
from typing_extensions import override

from monitors.alerts.coverage import cover
from monitors.alerts.digest import DigestLinks, DigestView, Undelivered, view_digest
from monitors.alerts.render import Rendered, render
from monitors.messages import LANGUAGES, say_in
from monitors.records import Category, FetchKind, Hit, Severity
from tests.builders import NOON, a_hit, a_look, a_match, a_post, a_score

WRITER = "writer@social.example"
ABUSE = "听说林晓月昨天晚上跟老师出去了"
PROMISES = re.compile("安全|没有问题|放心|all clear|\\bsafe\\b", re.IGNORECASE)

PLAIN_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "table",
    "tr",
    "td",
    "a",
    "p",
    "h1",
    "h2",
    "span",
}


def hits() -> list[Hit]:
    return [
        a_hit(
            post=a_post(id=f"rss:{place}", text=ABUSE, author=WRITER, author_name="某某路人"),
            matches=(a_match(reason="写成「林晓月」"),),
            scores=(a_score(category=category),),
            severity=Severity.URGENT if category is Category.THREAT else Severity.HIGH,
        )
        for place, category in enumerate(Category)
    ] + [a_hit(scores=(a_score(muted=True),), severity=Severity.NONE)]


def a_view(found: list[Hit]) -> DigestView:
    states = [
        a_look(FetchKind.OK),
        a_look(FetchKind.LOGIN_NEEDED, source="x", well_at=NOON - timedelta(days=2)),
    ]
    links = DigestLinks(
        all_hits="https://watch.example/all",
        hits={hit.id: f"https://watch.example/hit/{hit.id}" for hit in found},
        pause="https://watch.example/pause",
        withdraw="https://watch.example/withdraw",
        expire_on=date(2026, 3, 15),
    )
    undelivered = [Undelivered(made_at=NOON - timedelta(days=1), is_refused=True)]
    return view_digest(
        found, day=date(2026, 3, 1), coverage=cover(states, ["weibo"], NOON), links=links, undelivered=undelivered
    )


def a_digest(language: str, found: list[Hit] | None = None, *, neutral: bool = True) -> Rendered:
    view = a_view(hits() if found is None else found)
    return render("digest", language=language, timezone="Asia/Shanghai", view=view, neutral=neutral)


class Page(HTMLParser):
    """Collects tags, words and links of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def links(self) -> list[str | None]:
        return [attributes.get("href") for tag, attributes in self.tags if tag == "a"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("found", [None, []], ids=["hits", "quiet"])
def test_digest_quotes_nothing(language: str, found: list[Hit] | None) -> None:
    """No name, no writer, no word of a post and no reason is in any part of a digest."""
    mail = a_digest(language, found)

    for part in (mail.subject, mail.text, mail.html):
        for secret in ("林晓月", ABUSE, WRITER, "某某路人", "social.example", "写成「"):
            assert secret not in part


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("found", [None, []], ids=["hits", "quiet"])
def test_no_digest_promises_safety(language: str, found: list[Hit] | None) -> None:
    """Apart from the name of the right (人身安全), no word of a digest says that all is well."""
    mail = a_digest(language, found)

    for part in (mail.subject, mail.text, mail.html):
        assert not PROMISES.search(part.replace("人身安全", ""))


@pytest.mark.parametrize(("neutral", "subject"), [(True, "每日简报 3月1日"), (False, "守望简报 3月1日")])
def test_subject_says_only_what_she_chose(neutral: bool, subject: str) -> None:
    """A neutral subject does not say what the mail is about, and no subject says how much was found."""
    assert a_digest("zh-CN", neutral=neutral).subject == subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_preview_on_a_lock_screen_is_neutral(language: str) -> None:
    """The first hundred characters that a mail program previews tell nothing of what was found."""
    html = a_digest(language).html

    body = "".join(Page(html[html.index("<body") :]).words).strip()
    assert body[:100].rstrip("\u034f\u200c\xa0") == say_in(language)("digest.preview")


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_loads_nothing(language: str) -> None:
    """No picture, script, style sheet, form or address but links: opening a mail tells nobody."""
    page = Page(a_digest(language).html)

    assert {tag for tag, _ in page.tags} <= PLAIN_TAGS
    assert not {name for _, attributes in page.tags for name in attributes} & {"src", "background", "srcset", "onload"}
    assert "url(" not in a_digest(language).html
    assert "@import" not in a_digest(language).html


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_shapes_carry_the_same_links(language: str) -> None:
    """Whoever reads the text part alone reaches everything that the HTML part reaches."""
    mail = a_digest(language)

    found = set(re.findall(r"https://\S+", mail.text))
    assert found == set(Page(mail.html).links)
    assert {"https://watch.example/pause", "https://watch.example/withdraw"} < found


def test_quiet_day_speaks_only_of_what_could_be_looked_at() -> None:
    """A quiet day names the places looked at and those that were not."""
    text = a_digest("zh-CN", []).text

    assert "在能查看的地方，没有找到与您有关的新内容。" in text
    assert "查看过：微博。" in text
    assert "没能查看：X，上次看到是 2月27日 20:00（网站要求登录）。" in text


def test_blind_day_is_not_a_quiet_day() -> None:
    """Where nothing could be looked at, the digest says that it does not know."""
    view = replace(a_view([]), coverage=cover([], ["weibo"], NOON))

    text = render("digest", language="zh-CN", view=view, neutral=True).text

    assert "我们不知道" in text
    assert "没有找到" not in text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-CN", "还有 2 条可能与您有关的内容尚未判断"),
        ("en", "2 posts that may be about you have not been judged yet"),
    ],
)
@pytest.mark.parametrize("found", [[], [a_hit()]], ids=["nothing told", "something told"])
def test_what_waits_to_be_judged_is_named(language: str, said: str, found: list[Hit]) -> None:
    """While posts wait to be judged, the digest says how many, and not that nothing was found."""
    view = replace(a_view(found), under_way=2)

    mail = render("digest", language=language, view=view, neutral=True)

    assert said in mail.text
    assert said in mail.html
    assert say_in(language)("digest.quiet") not in mail.text + mail.html


def test_mail_that_never_arrived_is_named() -> None:
    """The next digest names an earlier mail that the server refused."""
    assert "2月28日 20:00 的那封信，收信服务器拒收了" in a_digest("zh-CN").text


def test_helper_is_not_offered_her_withdrawal() -> None:
    """Only the person herself finds the link that ends everything."""
    view = a_view([])
    view = replace(view, links=replace(view.links, withdraw=None))

    mail = render("digest", language="zh-CN", view=view, neutral=True)

    assert "退出" not in mail.text + mail.html


def test_markup_in_a_value_stays_text() -> None:
    """What flows into a mail cannot become markup."""
    view = a_view([])
    hostile = replace(view.links, pause='https://watch.example/"><img src=x>')

    html = render("digest", language="en", view=replace(view, links=hostile), neutral=True).html

    assert "<img" not in html


def test_hole_in_a_mail_is_an_error() -> None:
    """A value the template needs and nobody gave stops the mail."""
    with pytest.raises(UndefinedError):
        render("digest", language="en", neutral=True)
