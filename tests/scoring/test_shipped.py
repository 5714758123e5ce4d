"""The shipped model as a stranger would try it: bad input, masking, evasions, speed to the first word."""

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from monitors.records import Category
from monitors.scoring.scorer import Scorer, shipped_scorer
from monitors.scoring.workshop.evasion import WAYS, rewrite

RUMOUR = "听说{}是靠陪导师睡觉才拿到保研名额的，同门都知道"
NAMES = ["林知夏", "赵铁军", "Maya Lindqvist", "Tom", "さくら", "김민지", "Олег", "محمد", "阿梨", "欧阳菲菲"]
MOST_MOVED = 0.02
"""What swapping a masked name may move a probability: spaces beside Latin names are all that is left of it."""


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return shipped_scorer(threads=1)


@pytest.mark.parametrize(
    "text",
    [
        RUMOUR,
        "大家别信，{}的事是编的，我在场",
        "警方通报：威胁{}的嫌疑人已被拘留",
        "{} is a worthless hag and everyone knows",
    ],
    ids=["rumour", "denial", "news", "insult"],
)
def test_who_she_is_does_not_sway_the_judgement(scorer: Scorer, text: str) -> None:
    """Whatever her name, gender or script, masked probabilities stay within a stated bound of each other."""
    readings = scorer.score_texts([text.format(name) for name in NAMES], [[name] for name in NAMES])

    for place in range(len(Category)):
        probabilities = [reading.scores[place].probability for reading in readings]
        assert max(probabilities) - min(probabilities) <= MOST_MOVED


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\x00\x01\x1b[31m她\x7f", id="control characters"),
        pytest.param("ꓘꓛ𐒰𐒱𞤀𞤁 ⴰⵣⵓⵍ", id="unknown script"),
        pytest.param("她 said что 彼女は مرحبا 안녕 xin chào", id="mixed languages"),
        pytest.param("\ud800她\udfff", id="lone surrogates"),
        pytest.param("🔞" * 500, id="emoji alone"),
        pytest.param("a" * 5000, id="one endless word"),
        pytest.param("\u202e她说\u202c", id="turned around"),
    ],
)
def test_strange_texts_are_judged(scorer: Scorer, text: str) -> None:
    """Anything with something to read gets eight probabilities."""
    (reading,) = scorer.score_texts([text])

    assert [score.category for score in reading.scores] == list(Category)
    assert all(0 <= score.probability <= 1 for score in reading.scores)


def test_harm_at_the_end_of_a_hundred_thousand_letters_is_found(scorer: Scorer) -> None:
    """Long texts are read in windows, and the loudest counts."""
    filler = "今天的菜价和昨天差不多，土豆三块，白菜一块五，早市人很多。" * 3400
    harm = "林晓月再敢说出去，我弄死你全家"

    (reading,) = scorer.score_texts([filler[:100_000] + harm * 3], [["林晓月"]])

    assert Category.THREAT in reading.labels


def test_rewriting_to_slip_through_does_not_hide_most_of_them(scorer: Scorer) -> None:
    """Plain cases of five harms stay told in most of five disguises; the figures on dev are in docs/evaluation.md."""
    plain = [
        "PERSON陪领导睡觉换来的升职，全公司都知道",
        "有偿求PERSON的私密照片，价格好说",
        "PERSON你等着，我知道你家住哪，迟早弄死你",
        "PERSON的手机号和家庭住址我都有，想要的私信",
        "PERSON就是个不要脸的贱货，长得跟猪一样",
    ]

    told = [
        any(label is not Category.DISCLOSURE for label in reading.labels)
        for way in WAYS
        for reading in scorer.score_texts(rewrite(plain, way))
    ]

    assert sum(told) >= 0.8 * len(told)


def test_rewritings_change_what_they_should() -> None:
    """Each way changes a Chinese text, spares Latin words, and does the same each time."""
    text = "PERSON的照片和视频在群里卖，老师都看到了，快去举报他们吧"

    for way, times in product(WAYS, (1, 2)):
        (changed,) = rewrite([text], way)
        assert changed != text, (way, times)
        assert "PERSON" in changed
        assert changed == rewrite([text], way)[0]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc, which Linux has")
def test_a_process_that_judges_is_small() -> None:
    """It stays below 400 MB, with a text of 40,000 letters too. What its parent held before counts in ru_maxrss, so that VmHWM is read."""
    code = """
from monitors.scoring.scorer import shipped_scorer
shipped_scorer(threads=1).score_texts([*["她说的话" * 50] * 64, "她说的话" * 10_000])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 400 * 1024
