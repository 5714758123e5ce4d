from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.alerts.coverage import Coverage
from monitors.alerts.digest import LINKS_PER_LINE, Concern, DigestLinks, DigestView, Right, view_digest
from monitors.alerts.render import render
from monitors.matching.images.fingerprint import fingerprint
from monitors.records import Category, Hit, Media, Method, Severity, Stance
from tests.builders import a_hit, a_match, a_post, a_score
from tests.matching.images.pictures import a_scene, encode

DAY = date(2026, 3, 1)


def links_to(hits: list[Hit]) -> DigestLinks:
    return DigestLinks(
        all_hits="https://watch.example/all",
        hits={hit.id: f"https://watch.example/{hit.id}" for hit in hits},
        pause="https://watch.example/pause",
        withdraw="https://watch.example/withdraw",
        expire_on=date(2026, 3, 15),
    )


def view(*hits: Hit) -> DigestView:
    everywhere = Coverage(seen=("weibo",), partly=(), unseen=())
    return view_digest(list(hits), day=DAY, coverage=everywhere, links=links_to(list(hits)))


def numbered(number: int, category: Category | None, severity: Severity = Severity.HIGH) -> Hit:
    scores = (a_score(category=category),) if category else ()
    return a_hit(post=a_post(id=f"rss:{number}"), scores=scores, severity=severity)


def test_each_hit_is_counted_once_under_its_right() -> None:
    """Hits are grouped by the right they may touch, safety first."""
    seen = view(numbered(1, Category.INSULT), numbered(2, Category.SEXUAL_RUMOR), numbered(3, Category.DOXXING))

    assert [(group.right, [(line.concern, line.count) for line in group.lines]) for group in seen.groups] == [
        (Right.PRIVACY, [(Concern.DOXXING, 1)]),
        (Right.REPUTATION, [(Concern.SEXUAL_RUMOR, 1), (Concern.INSULT, 1)]),
    ]


@given(st.lists(st.tuples(st.sampled_from([None, *Category]), st.sampled_from(Severity)), max_size=60))
def test_counts_add_up(drawn: list[tuple[Category | None, Severity]]) -> None:
    """The groups add up to the total, and numbers run from one without a gap."""
    seen = view(*(numbered(place, category, severity) for place, (category, severity) in enumerate(drawn)))

    lines = [line for group in seen.groups for line in group.lines]
    assert sum(group.count for group in seen.groups) == seen.total
    assert all(line.count == len(line.told) + line.same + line.more for line in lines)
    assert all(len(line.told) <= LINKS_PER_LINE for line in lines)
    if all(not line.more for line in lines):
        assert sorted(one.number for line in lines for one in line.told) == list(range(1, seen.total + 1))


def test_urgent_comes_first() -> None:
    """An urgent hit is number one and stands in the box above the groups."""
    seen = view(numbered(1, Category.SEXUAL_RUMOR), numbered(2, Category.THREAT, Severity.URGENT))

    assert [(one.number, one.concern) for one in seen.urgent] == [(1, Concern.THREAT)]


def test_threat_is_not_hidden_by_a_surer_insult() -> None:
    """A hit with several categories is counted under the gravest, not the most probable."""
    both = (a_score(category=Category.INSULT, probability=0.99), a_score(category=Category.THREAT, probability=0.6))

    seen = view(a_hit(scores=both))

    assert seen.groups[0].lines[0].concern is Concern.THREAT


@pytest.mark.parametrize("severity", Severity)
def test_disclosure_is_never_told(severity: Severity) -> None:
    """A first-person account is in no digest, and not among those on her side, whatever its severity says."""
    seen = view(numbered(1, Category.DISCLOSURE, severity))

    assert (seen.total, seen.for_her) == (0, 0)


def test_posts_on_her_side_are_one_number() -> None:
    """A muted post is counted apart and has no link."""
    muted = a_score(category=Category.DEFAMATION, stance=Stance.DENIES, muted=True)

    seen = view(a_hit(scores=(muted,), severity=Severity.NONE))

    assert (seen.total, seen.for_her, seen.groups) == (0, 1, ())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"matches": (a_match(method=Method.PDQ, score=0.99),)}, id="a copy of her photo"),
        pytest.param({"post": a_post(media=(Media(url="https://p.example/1", imagery=0.9),))}, id="a sexual picture"),
    ],
)
def test_a_picture_is_told_whatever_side_the_words_take(changed: dict[str, Any]) -> None:
    """Words that seem to defend her do not keep from her that her picture is there."""
    muted = a_score(category=Category.DEFAMATION, stance=Stance.DENIES, muted=True)

    seen = view(a_hit(scores=(muted,), severity=Severity.HIGH, **changed))

    assert (seen.total, seen.for_her, seen.groups[0].lines[0].concern) == (1, 0, Concern.PICTURE)


def test_muted_category_does_not_mute_another() -> None:
    """A post that denies a rumour and threatens somebody is told of as a threat."""
    scores = (a_score(muted=True), a_score(category=Category.THREAT, probability=0.6))

    seen = view(a_hit(scores=scores, severity=Severity.URGENT))

    assert (seen.total, seen.for_her) == (1, 0)


def test_benign_hits_are_not_told() -> None:
    """A post about her that harms nobody is not in the mail."""
    assert view(a_hit(scores=(), severity=Severity.NONE)).is_quiet


@pytest.mark.parametrize(
    ("method", "concern"),
    [(Method.EXACT, Concern.UNJUDGED), (Method.PDQ, Concern.PICTURE), (Method.SUBMITTED, Concern.UNJUDGED)],
)
def test_unscored_hit_says_so(method: Method, concern: Concern) -> None:
    """A hit without a category is told as what it is: her photo, or not judged yet; never as harmless."""
    seen = view(a_hit(scores=(), matches=(a_match(method=method),), severity=Severity.MEDIUM))

    assert [line.concern for group in seen.groups for line in group.lines] == [concern]


def showing(number: int, seed: int, category: Category | None = None) -> Hit:
    """A hit whose post shows a picture; each save of one picture differs a little."""
    picture = fingerprint(encode(a_scene(seed), "JPEG", quality=60 + number))
    post = a_post(id=f"rss:{number}", media=(Media(url=f"https://p.example/{number}", fingerprints=picture),))
    scores = (a_score(category=category),) if category else ()
    return a_hit(post=post, scores=scores, severity=Severity.MEDIUM, matches=(a_match(method=Method.PDQ),))


def test_posts_that_pass_on_one_picture_are_one_story() -> None:
    """One link stands for them; they are counted all the same, and another picture has its own link."""
    [line] = view(showing(1, 1), showing(2, 1), showing(3, 2), showing(4, 1)).groups[0].lines

    assert [one.number for one in line.told] == [1, 3]
    assert (line.count, line.same, line.more) == (4, 2, 0)


def test_a_story_has_a_link_under_each_concern() -> None:
    """A picture passed on with a threat is not hidden behind the same picture with an insult."""
    groups = view(showing(1, 1, Category.INSULT), showing(2, 1, Category.THREAT)).groups

    assert [(line.concern, len(line.told), line.same) for group in groups for line in group.lines] == [
        (Concern.THREAT, 1, 0),
        (Concern.INSULT, 1, 0),
    ]


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN", "另有 2 条是同一张图片的转发"), ("en", "2 more pass on the same picture")]
)
def test_the_mail_says_how_often_a_picture_is_passed_on(language: str, said: str) -> None:
    """In words, in text and HTML."""
    seen = view(showing(1, 1), showing(2, 1), showing(3, 1))

    mail = render("digest", language=language, view=seen, neutral=True)

    assert said in mail.text
    assert said in mail.html
