"""What she sees of what was found."""

import re
from datetime import timedelta

import pytest

from monitors.alerts.links import Purpose
from monitors.ledger import audit, verdicts
from monitors.ledger.audit import AuditEntry
from monitors.ledger.verdicts import Answer
from monitors.records import Category, Hit, Media, Recipient, Severity, Stance, WatchProfile
from tests.alerts.room import HER, find, some_hits, watch
from tests.builders import NOON, a_hit, a_match, a_post, a_profile, a_score
from tests.web.room import Served

WORDS, WRITER = "听说她昨天晚上没有回宿舍", "writer@social.example"
HELPER = Recipient(address="aunt@mail.example", is_self=False)


def her(site: Served, *found: Hit) -> WatchProfile:
    profile = watch(site.room.ledger, site.room.vault, a_profile(recipients=(Recipient(address=HER), HELPER)))
    find(site.room.ledger, site.room.vault, *found)
    return profile


def hit_page(site: Served, profile: WatchProfile, hit: Hit) -> str:
    return site.path(Purpose.HIT, profile, subject=hit.id)


def entries(site: Served, profile: WatchProfile) -> list[AuditEntry]:
    with site.room.ledger.reading() as connection:
        return list(audit.entries_of(connection, profile.id))


def test_list_shows_no_words(site: Served) -> None:
    """The list says what a post may concern, when and where; not what it says or who wrote it."""
    profile = her(site, a_hit(post=a_post(id="weibo:1", text=WORDS)))

    text = site.client.get(site.path(Purpose.HITS, profile)).text

    assert "可能涉及性方面的谣言" in text
    assert "微博" in text
    assert WORDS not in text
    assert WRITER not in text


def test_list_is_of_what_she_was_told(site: Served) -> None:
    """Muted posts and benign ones are shown on request, and called what they are."""
    profile = her(
        site,
        a_hit(post=a_post(id="rss:1")),
        a_hit(post=a_post(id="rss:2"), scores=(a_score(muted=True),), severity=Severity.NONE),
        a_hit(post=a_post(id="rss:3"), scores=(a_score(category=Category.DISCLOSURE),), severity=Severity.NONE),
    )
    path = site.path(Purpose.HITS, profile)

    told, everything = site.client.get(path).text, site.client.get(f"{path}?everything=1").text

    assert (told.count("<li>"), everything.count("<li>")) == (1, 3)
    assert "在为您说话" in everything


def test_list_goes_on(site: Served) -> None:
    """A long list comes in pages that together show every hit once."""
    found = some_hits(65)
    profile = her(site, *found)

    path, seen = site.path(Purpose.HITS, profile), list[str]()
    while path:
        text = site.client.get(path).text
        seen += re.findall(r'href="(/hit/[^"]+)"', text)
        older = re.search(r'href="(/hits/[^"]+before=\d+)"', text)
        path = older[1].replace("&amp;", "&") if older else ""

    assert len(seen) == len(set(seen)) == 65


def test_page_without_anything_to_show_is_skipped(site: Served) -> None:
    """Old alerted hits are found behind many that were not alerted."""
    benign = [a_hit(post=a_post(id=f"rss:b{number}"), scores=(), severity=Severity.NONE) for number in range(70)]
    profile = her(site, a_hit(post=a_post(id="rss:old")), *benign)

    assert site.client.get(site.path(Purpose.HITS, profile)).text.count("<li>") == 1


def test_hit_says_why(site: Served) -> None:
    """Every reason, number, model and example is shown, the strongest match first, and no word of the post."""
    hit = a_hit(
        post=a_post(text=WORDS),
        matches=(a_match(reason="附近有「青河学院」", score=0.6), a_match(reason="写成「林晓月」")),
        scores=(a_score(probability=0.87, stance=Stance.SPREADS, nearest="zh-0412"),),
    )
    profile = her(site, hit)

    text = site.client.get(hit_page(site, profile, hit)).text

    assert text.index("写成「林晓月」") < text.index("附近有「青河学院」")
    for reason in ("87%", "test-heads", "看起来在散布", "zh-0412", "这是机器的估计，不是结论"):
        assert reason in text
    assert WORDS not in text


def test_unscored_hit_says_so(site: Served) -> None:
    """What was not judged is not called harmless."""
    hit = a_hit(scores=(), severity=Severity.MEDIUM)
    profile = her(site, hit)

    text = site.client.get(hit_page(site, profile, hit)).text

    assert "内容还没有判断" in text
    assert "没有发现" not in text


def test_words_are_shown_on_request_and_noted(site: Served) -> None:
    """Pressing shows the words; that they were shown, to whom and when is in the audit log; looking again hides them."""
    hit = a_hit(post=a_post(text=WORDS))
    profile = her(site, hit)
    path = hit_page(site, profile, hit)

    shown = site.client.post(f"{path}/reveal").text

    assert WORDS in shown
    assert WRITER in shown
    assert WORDS not in site.client.get(path).text
    (entry,) = entries(site, profile)
    assert (entry.action, entry.actor, entry.subject, entry.at) == ("revealed", "herself", hit.id, NOON)


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh-CN", "这样判断，主要因为这些词：陪老师、过夜"), ("en", "Words that spoke for it: 陪老师, 过夜")],
)
def test_words_that_spoke_for_it_are_shown_with_the_post(site: Served, language: str, told: str) -> None:
    """They are words of the post: nothing of them before she asked, and none once it is hidden again."""
    profile = her(site, a_hit(scores=(a_score(terms=("陪老师", "过夜")),)))
    path = hit_page(site, profile, a_hit())

    hidden = site.client.get(f"{path}?lang={language}").text
    shown = site.client.post(f"{path}/reveal?lang={language}").text
    judged = site.client.post(f"{path}/verdict", data={"harmful": "yes"}, follow_redirects=True).text

    assert told in shown
    for text in (hidden, judged, site.client.get(path).text):
        assert "陪老师" not in text
        assert "过夜" not in text


def test_helper_is_noted_apart(site: Served) -> None:
    """When somebody else looks, the log says that it was not her, without an address."""
    hit = a_hit()
    profile = her(site, hit)
    path = site.path(Purpose.HIT, profile, recipient=HELPER, subject=hit.id)

    site.client.post(f"{path}/reveal")

    (entry,) = entries(site, profile)
    assert entry.actor.startswith("reader:")
    assert HELPER.address not in entry.actor


def test_pictures_are_never_shown(site: Served) -> None:
    """Also when the words are asked for, pictures are a number."""
    media = (Media(url="https://social.example/a.jpg"), Media(url="https://social.example/b.jpg"))
    hit = a_hit(post=a_post(text=WORDS, media=media))
    profile = her(site, hit)

    shown = site.client.post(f"{hit_page(site, profile, hit)}/reveal").text

    assert "有 2 张图片，这里不显示" in shown
    assert "a.jpg" not in shown
    assert "<img" not in shown


def test_hostile_post_stays_text(site: Served) -> None:
    """A post cannot become part of the page, and its address is no link."""
    post = a_post(text="<script>alert(1)</script>{{ say }}", url="javascript:alert(1)", author_name="<b>w</b>")
    hit = a_hit(post=post)
    profile = her(site, hit)

    shown = site.client.post(f"{hit_page(site, profile, hit)}/reveal").text

    assert "&lt;script&gt;" in shown
    assert "<script" not in shown
    assert "<b>w</b>" not in shown
    assert 'href="javascript' not in shown


def said(site: Served, hit: Hit) -> list[tuple[Answer | None, Answer | None]]:
    with site.room.ledger.reading() as connection:
        return [(one.about_her, one.harmful) for one in verdicts.of_hits(connection, [hit.id])[hit.id]]


def test_verdict_is_kept(site: Served) -> None:
    """Either question may be answered; the last word counts, and the list shows it."""
    hit = a_hit()
    profile = her(site, hit)
    path = hit_page(site, profile, hit)

    first = site.client.post(f"{path}/verdict", data={"about_her": "yes"})
    site.client.post(f"{path}/verdict", data={"harmful": "unsure"})
    site.client.post(f"{path}/verdict", data={"about_her": "no"})

    assert first.status_code == 303
    assert first.headers["location"] == f"{path}#verdict"
    assert said(site, hit) == [(Answer.YES, None), (None, Answer.UNSURE), (Answer.NO, None)]
    assert "不是我" in site.client.get(site.path(Purpose.HITS, profile)).text
    assert re.findall(r'value="(\w+)" checked', site.client.get(path).text) == ["no", "unsure"]


def test_verdict_pressed_twice_is_one(site: Served) -> None:
    """A double press, an empty form and a made-up answer add nothing."""
    hit = a_hit()
    profile = her(site, hit)
    path = f"{hit_page(site, profile, hit)}/verdict"

    for data in ({"harmful": "yes"}, {"harmful": "yes"}, {}, {"harmful": "perhaps"}):
        site.client.post(path, data=data)

    assert said(site, hit) == [(None, Answer.YES)]
    assert [entry.action for entry in entries(site, profile)] == ["judged"]


def test_she_can_read_what_was_done(site: Served) -> None:
    """Her activity page names every act in words, in her own time."""
    hit = a_hit()
    profile = her(site, hit)
    site.client.post(f"{hit_page(site, profile, hit)}/reveal")
    site.room.clock.at += timedelta(hours=1)
    site.client.post(site.path(Purpose.PAUSE, profile))

    text = site.client.get(site.path(Purpose.ACTIVITY, profile)).text

    assert text.index("暂停</span>") < text.index("显示了一条原文")
    assert "3月1日 20:00 · 您本人" in text


def test_paused_list_says_so(site: Served) -> None:
    """While paused, what was found before is still there, and the page says that nothing new comes."""
    profile = her(site, a_hit())
    site.client.post(site.path(Purpose.PAUSE, profile))

    text = site.client.get(site.path(Purpose.HITS, profile)).text

    assert "现在是暂停状态" in text
    assert text.count("<li>") == 1


def test_she_can_take_her_evidence_along(site: Served) -> None:
    """The export is a download that she presses for; it is hers alone."""
    profile = her(site, a_hit())
    path = site.path(Purpose.EXPORT, profile)

    page, packed = site.client.get(path), site.client.post(path)

    assert "没有加密" in page.text
    assert packed.content == f"{profile.id} herself".encode()
    assert packed.headers["content-disposition"] == 'attachment; filename="evidence.zip"'
    assert site.client.post(site.path(Purpose.EXPORT, profile, recipient=HELPER)).status_code == 404
