from dataclasses import asdict, replace

import pytest

from monitors.records import Category, Media, Score, Severity, Stance
from search.build import document_of
from search.index import Document
from tests.builders import NOON, a_hit, a_match, a_post, a_score


def test_a_hit_as_a_document() -> None:
    """Everything that is searched or counted is taken over."""
    post = a_post(id="mastodon:7", text="林晓月转学了", lang="zh", media=(Media(url="https://m.example/1.png"),))
    scores = (
        a_score(category=Category.INSULT, probability=0.6, stance=Stance.SPREADS),
        a_score(category=Category.DOXXING, probability=0.8, stance=Stance.REPORTS),
        a_score(category=Category.THREAT, probability=0.4),
    )
    hit = a_hit(post=post, matches=(a_match(score=0.7), a_match(score=0.9)), scores=scores, severity=Severity.URGENT)

    document = document_of(hit, "w1")

    assert document == Document(
        hit_id=hit.id,
        profile_id=hit.profile_id,
        text="林晓月转学了",
        source="mastodon",
        author="w1",
        method="exact",
        match_score=0.9,
        categories=("doxxing", "insult"),
        probability=0.8,
        severity="urgent",
        stance="reports",
        muted=False,
        model="test-heads@1",
        has_media=True,
        lang="zh",
        published_at=NOON,
        found_at=NOON,
    )


def test_names_reasons_and_writers_stay_out() -> None:
    """What was looked for, found and why, the writer and the address are in no field."""
    post = a_post(url="https://secret.example/1", author="secret@writer", author_name="secret writer", text="平安")
    match = a_match(query="secret query", candidate="secret candidate", reason="secret reason")

    document = document_of(a_hit(post=post, matches=(match,)), "w1")

    assert "secret" not in str(asdict(document))


def test_an_unscored_hit_has_no_numbers() -> None:
    """What could not be scored is not the same as what scored nought."""
    document = document_of(a_hit(scores=()), "w1")

    assert (document.probability, document.model, document.stance, document.categories) == (None, None, None, ())


def test_a_benign_hit_keeps_its_nearest_number() -> None:
    """Where no category was found the probability is that of the one that came nearest."""
    scores = (a_score(probability=0.1, threshold=0.5), a_score(category=Category.THREAT, probability=0.3))

    document = document_of(a_hit(scores=scores), "w1")

    assert (document.categories, document.probability, document.muted) == ((), 0.3, False)


LOUD, MUTED = a_score(), a_score(category=Category.INSULT, muted=True)
MUTED_UNFOUND = a_score(category=Category.INSULT, muted=True, probability=0.1)


@pytest.mark.parametrize(
    ("scores", "is_muted"),
    [((MUTED,), True), ((LOUD, MUTED), False), ((LOUD,), False), ((MUTED_UNFOUND,), False), ((), False)],
    ids=["all muted", "one loud", "loud", "nothing found", "not scored"],
)
def test_one_loud_category_keeps_a_hit_loud(scores: tuple[Score, ...], is_muted: bool) -> None:
    """A hit is muted only where everything found in it is."""
    assert document_of(a_hit(scores=scores), "w1").muted is is_muted


def test_half_a_character_keeps_its_place() -> None:
    """Half of a surrogate pair becomes one replacement character, so that spans still hold."""
    post = replace(a_post(), text="林\ud83d晓\ude00月")

    document = document_of(a_hit(post=post), "w1")

    assert document.text == "林\ufffd晓\ufffd月"
