"""Why a hit is one, with what a score is measured by."""

from pathlib import Path
from typing import Any

import pytest

from monitors.cli.explaining import read_model, tell_why
from monitors.records import Category, Hit
from monitors.scoring.corpus import read_corpus
from monitors.scoring.examples import save_examples
from monitors.scoring.heads import Heads, save_heads
from monitors.settings import Settings
from tests.builders import a_hit, a_score
from tests.scoring.heads_by_hand import examples_by_hand, heads_by_hand

EXAMPLE = read_corpus()[0]


@pytest.fixture
def model(tmp_path: Path) -> Heads:
    """Heads of somebody's own encoder: every threshold at one half, muted from 0.77."""
    save_examples(examples_by_hand(), tmp_path)
    save_heads(heads_by_hand(mute_at=0.77), tmp_path)
    model = read_model(Settings(encoder="own", encoder_heads=tmp_path))
    assert model is not None
    return model


def score_of(hit: Hit, model: Heads | None, *, key: str = "scores") -> dict[str, Any]:
    (score,) = tell_why(hit, model)[key]
    return dict(score)


def by(model: Heads) -> str:
    return f"tiny+{model.revision}"


@pytest.mark.parametrize("threshold", [0.5, 0.52, 0.46])
def test_threshold_is_told_with_what_verdicts_did_to_it(model: Heads, threshold: float) -> None:
    """The model's own stands beside the one that held, and the difference is called what it is."""
    told = score_of(a_hit(scores=(a_score(revision=by(model), threshold=threshold),)), model)

    assert (told["threshold"], told["model_threshold"]) == (threshold, 0.5)
    assert told["moved_by_verdicts"] == pytest.approx(threshold - 0.5)


@pytest.mark.parametrize(("muted", "mute_at"), [(True, 0.77), (False, None)])
def test_muted_score_tells_where_muting_begins(model: Heads, muted: bool, mute_at: float | None) -> None:
    """And only a muted one."""
    told = score_of(a_hit(scores=(a_score(revision=by(model), muted=muted),)), model)

    assert told["mute_at"] == mute_at


def test_example_is_told_in_full(model: Heads) -> None:
    """Its words and why they are what they are, also for what an earlier model found; not for what was not found."""
    found = a_score(revision=by(model), nearest=EXAMPLE.id)
    missed = a_score(probability=0.1, category=Category.INSULT, nearest=EXAMPLE.id)

    told = tell_why(a_hit(scores=(found, missed), earlier_scores=(a_score(nearest=EXAMPLE.id),)), model)

    whole = {"text": EXAMPLE.text, "rationale": EXAMPLE.rationale}
    assert [score["example"] for score in told["scores"]] == [whole, None]
    assert [score["example"] for score in told["earlier_scores"]] == [whole]


def test_example_that_is_gone_keeps_its_id(model: Heads) -> None:
    """The corpus of today may lack what a score of last year was like."""
    told = score_of(a_hit(scores=(a_score(revision=by(model), nearest="zh_gone-001"),)), model)

    assert (told["nearest"], told["example"]) == ("zh_gone-001", None)


def test_earlier_revisions_are_told_without_the_limits_of_this_one(model: Heads) -> None:
    """What another model asked for is not known any more; what it said is."""
    hit = a_hit(scores=(), earlier_scores=(a_score(revision="tiny+000000000000", muted=True),))

    told = score_of(hit, model, key="earlier_scores")

    assert (told["revision"], told["probability"]) == ("tiny+000000000000", 0.9)
    assert told["model_threshold"] is told["moved_by_verdicts"] is told["mute_at"] is None


@pytest.mark.parametrize("setting", [{"encoder": "own"}, {"encoder": "own", "encoder_heads": Path("/nowhere")}])
def test_a_hit_is_explained_while_the_model_is_broken(setting: dict[str, Any]) -> None:
    """Without heads to read, the limits are missing and the rest is told."""
    told = score_of(a_hit(), read_model(Settings(**setting)))

    assert told["model_threshold"] is None
    assert told["threshold"] == 0.5
