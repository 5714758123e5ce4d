"""Which words moved a score."""

import numpy as np
import pytest

from monitors.records import Category
from monitors.scoring.ngrams import BITS
from monitors.scoring.reasons import MOST, terms_of
from monitors.scoring.scorer import Scorer, shipped_scorer
from monitors.scoring.workshop.fitting_grams import packed, pieces_of, rarity_of

THREAT = list(Category).index(Category.THREAT)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return shipped_scorer(threads=1)


def terms(text: str, **weighed: float) -> tuple[str, ...]:
    """Terms of a text where each of these pieces has a weight and nothing else has."""
    rarity = rarity_of(pieces_of([text] * 3))
    weights = np.zeros((1, 1 << BITS))
    for piece, weight in weighed.items():
        whole = set(pieces_of([piece])[0]) & set(pieces_of([text])[0])
        inner = {bucket for part in (piece[:-1], piece[1:]) for bucket in pieces_of([part])[0]}
        weights[0, list(whole - inner)] = weight
    return terms_of(text, packed(rarity, weights), 0)


def test_strongest_words_come_first() -> None:
    """Those that speak against are left out."""
    assert terms("今天陪睡领导吃饭", 陪睡=0.9, 领导=0.5, 吃饭=-1.0) == ("陪睡", "领导")


def test_piece_of_a_latin_word_stands_for_the_word() -> None:
    """Half a word is no reason."""
    assert terms("they leaked it", eake=1.0) == ("leaked",)


def test_placeholder_is_no_reason() -> None:
    """That somebody was named moved nothing worth telling."""
    assert terms("PERSON来了", PERS=1.0, RSON=1.0) == ()


def test_found_scores_name_a_few_words_of_the_post(scorer: Scorer) -> None:
    """Words of the text itself, three at most; what was not found names nothing."""
    text = "林晓月再敢说出去，我弄死你全家"

    (reading,) = scorer.score_texts([text], [["林晓月"]])

    assert reading.scores[THREAT].is_found
    assert 0 < len(reading.scores[THREAT].terms) <= MOST
    assert all(term in text and "林晓月" not in term for term in reading.scores[THREAT].terms)
    assert all(score.terms == () for score in reading.scores if not score.is_found)


def test_words_named_are_words_that_matter(scorer: Scorer) -> None:
    """Without the named words a threat is less probable than it was."""
    text = "林晓月再敢说出去，我弄死你全家"
    (reading,) = scorer.score_texts([text], [["林晓月"]])

    without = text
    for term in reading.scores[THREAT].terms:
        without = without.replace(term, "")
    (changed,) = scorer.score_texts([without], [["林晓月"]])

    assert changed.scores[THREAT].probability < reading.scores[THREAT].probability
