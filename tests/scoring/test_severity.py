"""How soon she should hear of a hit."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.records import Category, Hit, Media, Method, Score, Severity, Stance
from monitors.scoring.judge import judge
from monitors.scoring.severity import OF_CATEGORY, severity_of
from tests.builders import NOON, a_hit, a_match, a_post, a_score
from tests.scoring.heads_by_hand import scorer_by_hand


def hit_with(*categories: Category, score: dict[str, Any] | None = None, **changed: Any) -> Hit:
    return a_hit(scores=tuple(a_score(category=category, **score or {}) for category in categories), **changed)


def test_every_category_has_a_severity() -> None:
    """A category added to the records cannot be forgotten here."""
    assert set(OF_CATEGORY) == set(Category)


@pytest.mark.parametrize(
    ("category", "severity"),
    [
        (Category.THREAT, Severity.URGENT),
        (Category.DOXXING, Severity.URGENT),
        (Category.SEXUAL_IMAGERY, Severity.URGENT),
        (Category.SEXUAL_RUMOR, Severity.HIGH),
        (Category.SEXUAL_HARASSMENT, Severity.MEDIUM),
        (Category.DEFAMATION, Severity.MEDIUM),
        (Category.INSULT, Severity.LOW),
        (Category.DISCLOSURE, Severity.NONE),
    ],
)
def test_each_category_alone(category: Category, severity: Severity) -> None:
    """The table of the rule, category by category."""
    assert severity_of(hit_with(category)) is severity


def test_highest_category_counts() -> None:
    """An insult beside a threat is a threat."""
    assert severity_of(hit_with(Category.INSULT, Category.THREAT)) is Severity.URGENT


def test_below_its_threshold_a_category_counts_for_nothing() -> None:
    """Not found is not found."""
    assert severity_of(hit_with(Category.THREAT, score={"probability": 0.4})) is Severity.NONE


def test_old_pictures_are_serious_but_not_urgent() -> None:
    """After a week nothing is lost by a digest; a post without a date counts as fresh."""
    old, undated = (
        hit_with(Category.SEXUAL_IMAGERY, post=a_post(published_at=at)) for at in (NOON - timedelta(days=8), None)
    )

    assert severity_of(old) is Severity.HIGH
    assert severity_of(undated) is Severity.URGENT


def test_muted_scores_count_for_nothing() -> None:
    """What speaks for her is one line of the digest."""
    assert severity_of(hit_with(Category.SEXUAL_RUMOR, score={"muted": True})) is Severity.NONE


@pytest.mark.parametrize(("certainty", "severity"), [(0.95, Severity.LOW), (0.6, Severity.URGENT)])
def test_clear_report_of_a_threat_wakes_nobody(certainty: float, severity: Severity) -> None:
    """A report of a threat is told; only one that may be the threat itself is urgent."""
    stance = {"stance": Stance.REPORTS, "stance_probability": certainty}

    assert severity_of(hit_with(Category.THREAT, score=stance)) is severity


def test_account_of_a_harm_is_never_alerted() -> None:
    """Rumour and harassment that stand in somebody's own account are part of the account."""
    hit = hit_with(Category.DISCLOSURE, Category.SEXUAL_HARASSMENT, Category.SEXUAL_RUMOR)

    assert severity_of(hit) is Severity.NONE


@pytest.mark.parametrize(("probability", "severity"), [(0.95, Severity.URGENT), (0.8, Severity.NONE)])
def test_threat_beside_an_account_must_be_more_probable(probability: float, severity: Severity) -> None:
    """An account is set aside only for something urgent that is read more surely."""
    scores = (
        a_score(category=Category.DISCLOSURE, probability=0.9),
        a_score(category=Category.THREAT, probability=probability),
    )

    assert severity_of(a_hit(scores=scores)) is severity


@pytest.mark.parametrize(("category", "severity"), [(Category.THREAT, Severity.HIGH), (Category.INSULT, Severity.LOW)])
def test_unsure_match_lowers_by_one_step(category: Category, severity: Severity) -> None:
    """Initials may be somebody else's; what was worth telling stays worth telling."""
    unsure = (a_match(method=Method.INITIALS, score=0.5),)

    assert severity_of(hit_with(category, matches=unsure)) is severity


@pytest.mark.parametrize(
    ("method", "severity"),
    [(Method.PDQ, Severity.MEDIUM), (Method.SUBMITTED, Severity.LOW), (Method.EXACT, Severity.NONE)],
)
def test_match_alone(method: Method, severity: Severity) -> None:
    """A copy of her photo without a word is told, so is what she handed in; a name in a harmless post is not."""
    assert severity_of(a_hit(scores=(), matches=(a_match(method=method),))) is severity


@given(st.lists(st.sampled_from(Category), max_size=4), st.sampled_from(Category))
def test_urgent_category_is_never_outvoted(others: list[Category], urgent: Category) -> None:
    """Whatever else is found, an urgent category that outranks any account stays urgent."""
    if OF_CATEGORY[urgent] is not Severity.URGENT:
        return
    scores: list[Score] = [a_score(category=category, probability=0.8) for category in others]

    assert severity_of(a_hit(scores=(*scores, a_score(category=urgent, probability=0.9)))) is Severity.URGENT


def test_judging_gives_every_hit_its_scores_and_severity() -> None:
    """Hits keep their order and everything else; her name in the text is masked by what the matches found."""
    hits = [
        a_hit(post=a_post(id=f"rss:{text}", text=text), matches=(a_match(candidate="East", query="east"),), scores=())
        for text in ("North east east east", "quiet", "")
    ]
    plain = [a_hit(post=a_post(text="east east east"), matches=(a_match(span=None),), scores=())]

    judged = judge(hits + plain, scorer_by_hand())

    assert [hit.id for hit in judged] == [hit.id for hit in hits + plain]
    assert [hit.severity for hit in judged] == [Severity.NONE, Severity.NONE, Severity.NONE, Severity.HIGH]
    assert [len(hit.scores) for hit in judged] == [8, 8, 0, 8]
    assert judged[0].categories == (Category.DISCLOSURE,)


@pytest.mark.parametrize(
    ("text", "words", "severity"),
    [
        pytest.param(
            "east east east", "north north north", Severity.HIGH, id="her account as a picture under his rumour"
        ),
        pytest.param(
            "north north north", "east east east", Severity.NONE, id="his rumour as a picture under her account"
        ),
        pytest.param("quiet", "east east east", Severity.HIGH, id="a rumour in a picture"),
        pytest.param("quiet", "north north north", Severity.NONE, id="an account in a picture"),
    ],
)
def test_an_account_in_a_picture_does_not_shield_the_text_above_it(text: str, words: str, severity: Severity) -> None:
    """The post's own words say whose post it is; a screenshot under her account is her proof."""
    post = a_post(text=text, media=(Media(url="https://p.example/1", words=words),))

    (judged,) = judge([a_hit(post=post, scores=())], scorer_by_hand())

    assert judged.severity is severity


@pytest.mark.parametrize(
    ("imagery", "changed", "severity"),
    [
        pytest.param(0.8, {}, Severity.HIGH, id="sure"),
        pytest.param(0.79, {}, Severity.NONE, id="below"),
        pytest.param(0.9, {"matches": (a_match(score=0.6),)}, Severity.MEDIUM, id="name not sure"),
        pytest.param(0.9, {"scores": (a_score(category=Category.DISCLOSURE),)}, Severity.NONE, id="account of a harm"),
        pytest.param(None, {}, Severity.NONE, id="nobody looked"),
    ],
)
def test_a_sexual_picture_makes_a_hit_grave(imagery: float | None, changed: dict[str, Any], severity: Severity) -> None:
    """Beside her name, whatever the words say; it never makes an account of a harm into an alert."""
    post = a_post(media=(Media(url="https://p.example/1", imagery=imagery),))

    assert severity_of(a_hit(**{"post": post, "scores": ()} | changed)) is severity
