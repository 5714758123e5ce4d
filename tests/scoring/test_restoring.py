"""Words that were written to slip through are put back."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.scoring.masking import prepare
from monitors.scoring.restoring import restore, telling_words
from monitors.scoring.workshop.public_data import data_folder

HIDDEN = [
    ("halves", "谁有她的衤果照", "谁有她的裸照"),
    ("halves of both letters", "她名声米曹米羔得很", "她名声糟糕得很"),
    ("halves beside whole words", "骂她贝戋人", "骂她贱人"),
    ("another letter of the same sound", "出售她的裸昭", "出售她的裸照"),
    ("pinyin", "有没有她的luozhao啊", "有没有她的裸照啊"),
    ("half in pinyin", "有没有她的luo照", "有没有她的裸照"),
    ("a rare letter", "我家老蚣说的", "我家老公说的"),
    ("any word in pinyin", "她zuotian去了哪家jiudian", "她昨天去了哪家酒店"),
    ("words one after the other", "听说他们shuijiaozhaopian都有", "听说他们睡觉照片都有"),
]
PLAIN = [
    "女子跳水决赛今晚举行",
    "她和口音很重的司机聊了一路",
    "试衣间排队二十分钟",
    "一键登录, 视频号和公众号都能用",
    "李巾帆和木木去看了展",
    "she said hi to luo zhaoyang",
    "luozhaoyang",
    "这个game很好玩, 买了双nike",
    "我在xian等你",
    "emo了, haha哈",
    "",
    "🌙🌙🌙",
]


@pytest.mark.parametrize(("written", "meant"), [case[1:] for case in HIDDEN], ids=[case[0] for case in HIDDEN])
def test_a_hidden_word_is_read(written: str, meant: str) -> None:
    """What a reader understands, the scorer reads."""
    restored = restore(written)

    assert restored == meant


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_text_stays(text: str) -> None:
    """Letters that are also halves of others, words that sound like others, and names in Latin letters stay."""
    restored = restore(text)

    assert restored == text


def test_the_scorer_reads_restored_text() -> None:
    """Masking comes first, so that her name is not read as anything else."""
    prepared = prepare(["木木的衤果照谁有"], [["木木"]])

    assert prepared == ["PERSON的裸照谁有"]


@given(st.text(alphabet="女子亻也口木又寸日月luozhaoPERSON 裸照的了", max_size=60))
def test_nothing_is_lost(text: str) -> None:
    """What is read is never longer than what was written, nor empty where something was."""
    restored = restore(text)

    assert (len(restored) <= len(text), bool(restored)) == (True, bool(text))


def test_hidden_words_without_end_are_read() -> None:
    """A text made of nothing else takes time by its length, not by the square of it."""
    restored = restore("谁有luozhao裸昭" * 5000)

    assert restored == "谁有裸照裸照" * 5000


def test_real_headlines_stay() -> None:
    """Of 2,000 real headlines at most two are read otherwise than they stand."""
    file = data_folder() / "text" / "zh_news_titles.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"{file} is not there: set SHOUWANG_DATA")
    with gzip.open(Path(file), "rt", encoding="utf-8") as lines:
        titles = prepare([json.loads(line)["text"] for line, _ in zip(lines, range(2000), strict=False)])

    changed = [title for title in titles if restore(title) != title]

    assert len(changed) <= 2


def test_telling_words_are_words() -> None:
    """None is listed twice, none is a single letter."""
    words = telling_words()

    assert (len(words), min(map(len, words))) == (len(set(words)), 2)
