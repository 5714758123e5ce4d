"""Judging in a whole installation: verdicts that teach, a model that is broken for a while, reasons on the command line."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors.records import Category, Hit
from monitors.scoring.onnx_encoder import SHIPPED
from monitors.scoring.tuning import STEP
from tests.servers.web import Web, serving
from tests.system.house import THREAT, House, feed, house_in

RUMOUR = "听说林晓月是靠陪导师睡觉才拿到保研名额的，同门都知道"
ANOTHER = "实锤了，林晓月陪老板过夜换来的项目"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture
def house(tmp_path: Path, web: Web) -> House:
    """Somebody who waits for posts."""
    house = house_in(tmp_path, web)
    house.protect()
    return house


def the_hit(house: House, text: str) -> Hit:
    (hit,) = (hit for hit in house.hits() if hit.post.text == text)
    return hit


def threshold(house: House, text: str, category: Category) -> float:
    return next(score.threshold for score in the_hit(house, text).scores if score.category is category)


def test_verdicts_move_the_thresholds_of_later_posts_and_can_be_taken_back(house: House, web: Web) -> None:
    """Harmless raises the threshold of what was told one step for this profile; said otherwise, it is as before."""
    web.answer("/feed.xml", feed(RUMOUR))
    house.lines("run")
    before = threshold(house, RUMOUR, Category.SEXUAL_RUMOR)

    moved = {}
    for answer, text in (("no", ANOTHER), ("unsure", f"{ANOTHER}！")):
        house.lines("verdict", the_hit(house, RUMOUR).id, "--harmful", answer)
        web.answer("/feed.xml", feed(RUMOUR, ANOTHER) if answer == "no" else feed(RUMOUR, ANOTHER, f"{ANOTHER}！"))
        house.lines("run")
        moved[answer] = threshold(house, text, Category.SEXUAL_RUMOR)

    assert moved == {"no": pytest.approx(before + STEP), "unsure": before}


def test_no_verdict_silences_a_threat(house: House, web: Web) -> None:
    """Who says of a threat that it is harmless will be told of the next one as before."""
    web.answer("/feed.xml", feed(THREAT))
    house.lines("run")
    before = threshold(house, THREAT, Category.THREAT)
    house.lines("verdict", the_hit(house, THREAT).id, "--harmful", "no")

    web.answer("/feed.xml", feed(THREAT, f"{THREAT}！！"))
    house.lines("run")

    assert threshold(house, f"{THREAT}！！", Category.THREAT) == before


def test_posts_wait_unscored_while_the_model_is_broken(
    house: House, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged file is one clear error with its name; the hits wait, and the next run judges them."""
    broken = tmp_path / "model"
    shutil.copytree(SHIPPED, broken)
    (broken / "encoder.onnx").write_bytes(b"half a download")
    web.answer("/feed.xml", feed(THREAT))

    with monkeypatch.context() as patch:
        patch.setattr("monitors.scoring.scorer.SHIPPED", broken)
        failed = house.run("run")
    house.lines("run")

    assert failed.code == 1
    assert "encoder.onnx" in failed.err
    assert "Traceback" not in failed.err
    assert the_hit(house, THREAT).scores
    assert house.adds_up()


def test_explaining_a_hit_names_threshold_words_and_example(house: House, web: Web) -> None:
    """Each found score says which of our own examples it is like, which words spoke for it, and what it had to reach."""
    web.answer("/feed.xml", feed(RUMOUR))
    house.lines("run")

    (told,) = house.lines("explain", the_hit(house, RUMOUR).id)

    found = [score for score in told["scores"] if score["probability"] >= score["threshold"]]
    assert found
    assert all(score["nearest"] and score["terms"] for score in found)
    assert all(term in RUMOUR for score in found for term in score["terms"])
    assert all(score["example"]["text"] and score["example"]["rationale"] for score in found)
    assert json.dumps(told, ensure_ascii=False).count("林晓月陪") == 0


def test_explaining_a_hit_says_what_verdicts_moved(house: House, web: Web) -> None:
    """The threshold that a later post had to reach stands beside the model's own, one step below."""
    web.answer("/feed.xml", feed(RUMOUR))
    house.lines("run")
    house.lines("verdict", the_hit(house, RUMOUR).id, "--harmful", "no")
    web.answer("/feed.xml", feed(RUMOUR, ANOTHER))
    house.lines("run")

    (told,) = house.lines("explain", the_hit(house, ANOTHER).id)

    by_category = {score["category"]: score for score in told["scores"]}
    rumour, threat = by_category["sexual_rumor"], by_category["threat"]
    assert (rumour["moved_by_verdicts"], threat["moved_by_verdicts"]) == (STEP, 0)
    assert rumour["model_threshold"] == pytest.approx(rumour["threshold"] - STEP)
