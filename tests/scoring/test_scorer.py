"""From texts to readings, with heads whose answers are known."""

import numpy as np
import pytest

from monitors.records import Category, Stance
from monitors.scoring import scorer as scorer_module
from monitors.scoring.onnx_encoder import OnnxEncoder
from monitors.scoring.scorer import Reading, scorer_of
from tests.scoring.heads_by_hand import (
    EAST,
    LABELS,
    NEVER,
    NORTH,
    STEEP,
    TINY,
    heads_by_hand,
    save_by_hand,
    scorer_by_hand,
)


def read(text: str, **changed: object) -> Reading:
    (reading,) = scorer_by_hand(**changed).score_texts([text])
    return reading


def test_one_score_a_category_in_their_order() -> None:
    """Every category has its number, found or not, so that another threshold needs no new scoring."""
    reading = read("east east east")

    assert [score.category for score in reading.scores] == list(Category)
    assert reading.labels == (Category.SEXUAL_RUMOR,)
    assert reading.scores[0].probability > 0.99
    assert reading.scores[0].nearest == reading.nearest == "rumor-1"


def test_benign_text_has_scores_and_no_stance() -> None:
    """Stance is judged where a category was found; low numbers are numbers."""
    reading = read("elsewhere")

    assert reading.labels == ()
    assert reading.stance is None
    assert all(score.probability < 0.01 and not score.muted for score in reading.scores)
    assert reading.nearest == "benign-1"


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "\x00\x01\x1b"])
def test_nothing_to_read_is_not_zero(text: str) -> None:
    """A text without a letter is unscored, which is told apart from harmless."""
    assert read(text) == Reading()


def test_order_is_kept_around_empty_texts() -> None:
    """Reading i belongs to text i."""
    readings = scorer_by_hand().score_texts(["", "north north north", "", "east east east"])

    assert [reading.labels for reading in readings] == [(), (Category.DISCLOSURE,), (), (Category.SEXUAL_RUMOR,)]


def test_no_texts_give_no_readings() -> None:
    """An empty batch is a batch."""
    assert scorer_by_hand().score_texts([]) == []


def test_scores_carry_model_and_both_revisions() -> None:
    """A score says which encoder and which heads gave it."""
    scorer = scorer_by_hand()
    (reading,) = scorer.score_texts(["east"])

    assert reading.scores[0].model == "tiny"
    assert reading.scores[0].revision == scorer.revision
    assert scorer.revision.split("+") == [OnnxEncoder(TINY).revision, heads_by_hand().revision]


def test_account_of_a_harm_outranks_what_is_less_probable() -> None:
    """Who tells of a rumour spoken about her is not told on for spreading it."""
    reading = read("north north east")

    assert [score.category for score in reading.scores if score.is_found] == [Category.DISCLOSURE]
    assert read("north " * 3 + "east " * 3, thresholds=np.full(len(LABELS), 0.4, dtype=np.float32)).labels in {
        (Category.DISCLOSURE,),
        (Category.SEXUAL_RUMOR, Category.DISCLOSURE),
    }


def test_other_side_is_muted_from_its_threshold_on() -> None:
    """A denial that is sure enough is muted; one that is less sure is told."""
    denial = (-2.0, 2.0, -2.0, -2.0)

    muted, told = (read("east east east", stance_bias=denial, mute_at=threshold).scores[0] for threshold in (0.9, 0.99))

    assert muted.stance is Stance.DENIES
    assert (muted.muted, told.muted) == (True, False)


def test_account_has_no_stance() -> None:
    """One's own account takes no side and is never counted as muted."""
    account = read("north north north", stance_bias=(-9.0, 9.0, -9.0, -9.0))

    score = account.scores[list(Category).index(Category.DISCLOSURE)]
    assert score.is_found
    assert (score.stance, score.muted, account.stance) == (None, False, None)


def test_long_text_is_read_to_its_end() -> None:
    """A harm after 100,000 letters is found: long texts are read in windows."""
    reading = read("x " * 50_000 + "east " * 70)

    assert reading.labels == (Category.SEXUAL_RUMOR,)


def test_each_category_of_a_long_text_has_the_stance_of_its_own_passage() -> None:
    """A denial at the beginning does not mute, nor explain, what is said at the end."""
    weights = np.zeros((len(LABELS), 3), dtype=np.float32)
    weights[LABELS.index("sexual_rumor")], weights[LABELS.index("insult")] = STEEP * EAST, STEEP * NORTH
    bias = np.full(len(LABELS), NEVER, dtype=np.float32)
    bias[[LABELS.index("sexual_rumor"), LABELS.index("insult")]] = -STEEP / 2
    sides = np.zeros((len(Stance), 3), dtype=np.float32)
    sides[list(Stance).index(Stance.DENIES)] = STEEP * EAST
    scorer = scorer_by_hand(weights=weights, bias=bias, stance_weights=sides, stance_bias=(9.0, 0.0, 0.0, 0.0))

    (reading,) = scorer.score_texts(["east " * 40 + "south " * 40 + "north " * 40])

    found = {score.category: (score.stance, score.muted, score.nearest) for score in reading.scores if score.is_found}
    assert found == {
        Category.SEXUAL_RUMOR: (Stance.DENIES, True, "rumor-1"),
        Category.INSULT: (Stance.SPREADS, False, None),
    }


def test_block_by_block_is_the_same_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many windows are looked at together, every text has its own reading."""
    texts = ["east", "", "north " * 200, "south", "east " * 200]
    at_once = scorer_by_hand().score_texts(texts)

    monkeypatch.setattr(scorer_module, "_AT_ONCE", 2)

    assert scorer_by_hand().score_texts(texts) == at_once


def test_target_is_masked() -> None:
    """A person called East is not a rumour for her name's sake."""
    (named, masked) = scorer_by_hand().score_texts(["east east", "east east"], [[], ["East"]])

    assert named.labels == (Category.SEXUAL_RUMOR,)
    assert masked.labels == ()


def test_scorer_is_read_from_a_folder(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Heads and examples of a folder with an encoder that fits them make a scorer."""
    save_by_hand(tmp_path)

    scorer = scorer_of(OnnxEncoder(TINY), tmp_path)

    assert scorer.score_texts(["east east east"])[0].labels == (Category.SEXUAL_RUMOR,)
    assert scorer.abusive_threshold == 0.5
