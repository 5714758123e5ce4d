"""The project's own corpus, and the checker that keeps it honest."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitors.errors import BadInputError
from monitors.records import Category, Stance
from monitors.scoring.corpus import Example, read_corpus
from monitors.scoring.corpus.check import balance, faults_of


def an_example(**changed: Any) -> Example:
    """A harmful post of the train families."""
    fields: dict[str, Any] = {
        "id": "part-001",
        "text": "听说她这次升职另有原因",
        "lang": "zh-Hans",
        "target": None,
        "categories": (Category.SEXUAL_RUMOR,),
        "stance": Stance.SPREADS,
        "family": "rumor.test",
        "split": "train",
        "rationale": "影射",
    }
    return Example(**fields | changed)


BENIGN = an_example(id="part-002", text="今天食堂的排骨很好吃", categories=(), stance=None, family="benign.test")
ALSO_BENIGN = replace(BENIGN, id="part-009", text="出二手相机，九成新")


def faults(*examples: Example) -> list[str]:
    """Faults of a handful of examples; that there are few of each category is no fault of theirs."""
    return [fault for fault in faults_of([*examples, BENIGN, ALSO_BENIGN]) if " posts in " not in fault]


def test_corpus_has_no_faults() -> None:
    """No duplicates, no family on both sides, a stance where there is a category, enough counter-examples."""
    assert list(faults_of(read_corpus())) == []


def test_corpus_speaks_three_ways_of_writing() -> None:
    """Simplified Chinese first, then traditional characters and English, each in train and dev."""
    examples = read_corpus()

    assert {(example.lang, example.split) for example in examples} >= {
        (lang, split) for lang in ("zh-Hans", "zh-Hant", "en") for split in ("train", "dev")
    }


def test_good_examples_have_no_faults() -> None:
    """A rumour with a stance and a benign post without one are what is wanted."""
    assert faults(an_example()) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        pytest.param({"stance": None}, "a stance goes with", id="harm without stance"),
        pytest.param({"categories": (), "stance": Stance.DENIES}, "a stance goes with", id="benign with stance"),
        pytest.param({"categories": (Category.DISCLOSURE,)}, "a stance goes with", id="account with stance"),
        pytest.param({"target": "林知夏"}, "does not stand in the text", id="target elsewhere"),
        pytest.param({"rationale": ""}, "must be given", id="no rationale"),
    ],
)
def test_wrong_labels_are_named(changed: dict[str, Any], fault: str) -> None:
    """A label that contradicts the design is told with the example's id."""
    (found,) = faults(an_example(**changed))

    assert found.startswith("part-001: ")
    assert fault in found


def test_same_text_about_another_person_is_a_duplicate() -> None:
    """Names are taken out before texts are compared, and so are case and full-width forms."""
    one = an_example(text="听说林知夏升职另有原因，ok？", target="林知夏")
    other = an_example(id="part-003", text="听说沈予安升职另有原因,OK?", target="沈予安")

    assert faults(one, other) == ["part-001 and part-003: nearly the same text"]


def test_family_on_both_sides_is_a_leak() -> None:
    """Dev measures what was never seen: a family belongs to one side."""
    other = an_example(id="part-003", text="完全不同的另一句话啊", split="dev")

    assert faults(an_example(), other) == ["rumor.test: family is in more than one split"]


def test_repeated_id_is_named() -> None:
    """An id points to one example: scores name their nearest one by it."""
    assert "part-001: id is used 2 times" in faults(an_example(), an_example(text="完全不同的另一句话啊"))


def test_more_harm_than_counter_examples_is_a_fault() -> None:
    """Heads that see mostly harm learn the topic, not the harm."""
    texts = ["听说她这次升职另有原因", "那位老师的钱来路不明吧", "谁有她的照片私我一份"]
    harmful = [an_example(id=f"part-01{place}", text=text) for place, text in enumerate(texts)]

    assert faults(*harmful) == ["3 harmful posts, 2 counter-examples: at least as many are needed"]


def test_balance_counts_every_facet() -> None:
    """One line a category, stance and language."""
    assert balance([an_example(), replace(BENIGN, split="dev")]) == [
        "category  benign             train     0  dev    1  held   0",
        "category  sexual_rumor       train     1  dev    0  held   0",
        "lang      zh-Hans            train     1  dev    1  held   0",
        "stance    None               train     0  dev    1  held   0",
        "stance    spreads            train     1  dev    0  held   0",
    ]


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"id": "x"}', json.dumps({"id": "x", "categories": ["gossip"], "stance": None, "split": "train"})],
)
def test_bad_line_is_named(tmp_path: Path, line: str) -> None:
    """A line that is no example stops the reading, with its file and number."""
    (tmp_path / "part.jsonl").write_text(f"{line}\n")

    with pytest.raises(BadInputError, match=r"part\.jsonl:1: not an example"):
        read_corpus(tmp_path)
