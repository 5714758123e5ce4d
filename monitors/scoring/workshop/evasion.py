"""Rewrites posts as people do who slip through filters: for measuring, and for teaching what such posts still mean.

A rewriting takes whole words that a reader would recognise, never the placeholder or a Latin word, and is the same
each time for the same text: nobody has to keep a rewritten corpus.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, Final

from monitors.matching.names.tables import data_lines

SHARE: Final = 0.3
"""Share of a text's Chinese letters that a rewriting tries: about the words that matter, as in CNTP."""

_IN_USE: Final = 4000
_CHOICES: Final = 6
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_HAN_RUN: Final = re.compile(r"[\u4e00-\u9fff]{2,}")
_PICTURES: Final = {
    "老师": "👩‍🏫", "照片": "📷", "视频": "🎬", "酒店": "🏨", "晚上": "🌙", "电话": "☎️", "地址": "🏠", "公司": "🏢", "学校": "🏫",
    "床": "🛏️", "钱": "💰", "车": "🚗", "睡": "😴", "吃": "🍽️", "喝": "🍺", "酒": "🍷", "茶": "🍵", "鸡": "🐔", "狗": "🐶",
    "猪": "🐷", "鸭": "🦆", "马": "🐴", "牛": "🐮", "鱼": "🐟", "羊": "🐑", "草": "🌿", "花": "🌸", "水": "💧", "火": "🔥",
    "手": "✋", "脚": "🦶", "腿": "🦵", "嘴": "👄", "脸": "😀", "胸": "🍈", "心": "❤️", "死": "💀", "杀": "🔪", "刀": "🔪",
    "打": "👊", "枪": "🔫", "炸": "💣", "女": "👩", "男": "👨", "爱": "❤️", "哭": "😭", "笑": "😂", "看": "👀", "听": "👂",
    "裸": "🔞", "片": "🎞️", "图": "🖼️", "书": "📚", "群": "👥", "家": "🏠", "门": "🚪", "夜": "🌃", "日": "☀️", "月": "🌙",
    "人": "👤", "妈": "👩", "爸": "👨", "骚": "💃", "约": "📅", "炮": "💥", "价": "💲", "卖": "🏷️", "买": "🛒", "送": "🎁",
    "红": "🔴", "绿": "🟢", "黄": "🟡", "黑": "⚫", "高": "📈", "快": "⚡", "错": "❌", "对": "✅", "问": "❓", "票": "🎫",
}  # fmt: skip

Rewriting = Callable[[str, random.Random], str]


def rewrite(texts: Sequence[str], way: str) -> list[str]:
    """Every text rewritten in one way of ``WAYS``; a text without a Chinese letter stays as it is."""
    return [WAYS[way](text, _random_of(text, way)) for text in texts]


def homophone(text: str, random: random.Random) -> str:
    """Letters become others of the same sound and tone."""
    return _by_letter(text, random, _same_sound())


def pinyin(text: str, random: random.Random) -> str:
    """Pairs of letters are spelt out in Latin letters."""
    from pypinyin import lazy_pinyin

    def spell(found: re.Match[str]) -> str:
        run = found.group()
        pairs = [run[place : place + 2] for place in range(0, len(run), 2)]
        return "".join("".join(lazy_pinyin(pair)) if random.random() < SHARE else pair for pair in pairs)

    return _HAN_RUN.sub(spell, text)


def emoji(text: str, random: random.Random) -> str:
    """Words become pictures of what they name."""
    for word, picture in _PICTURES.items():
        if word in text and random.random() < 2 * SHARE:
            text = text.replace(word, picture)
    return text


def split(text: str, random: random.Random) -> str:
    """Letters fall apart into their halves."""
    return _by_letter(text, random, _halves())


def traditional(text: str, _random: random.Random) -> str:
    """Everything in traditional letters."""
    return str(_traditional().convert(text))


WAYS: Final[dict[str, Rewriting]] = {
    "homophone": homophone,
    "pinyin": pinyin,
    "emoji": emoji,
    "split": split,
    "traditional": traditional,
}


def _by_letter(text: str, random: random.Random, others: dict[str, list[str]]) -> str:
    return "".join(
        random.choice(others[letter]) if letter in others and random.random() < SHARE else letter for letter in text
    )


def _random_of(text: str, way: str) -> random.Random:
    return random.Random(sha256(f"{way}\n{text}".encode("utf-8", "replace")).digest())  # noqa: S311 - no secret


@cache
def _same_sound() -> dict[str, list[str]]:
    """Letters in use with others in use that are read alike."""
    readings = {line[0]: line.split()[1] for line in data_lines("readings.txt")}
    by_sound: dict[str, list[str]] = {}
    for letter in _letters_in_use():
        if letter in readings:
            by_sound.setdefault(readings[letter], []).append(letter)
    return {
        letter: [other for other in letters[:_CHOICES] if other != letter]
        for letters in by_sound.values()
        for letter in letters
        if len(letters) > 1
    }


def _letters_in_use() -> list[str]:
    """Letters of common words, the commonest first."""
    counts: Counter[str] = Counter()
    for word, count in (line.split()[:2] for line in data_lines("words.txt")):
        counts.update(dict.fromkeys(word, int(count)))
    return [letter for letter, _ in counts.most_common(_IN_USE)]


@cache
def _halves() -> dict[str, list[str]]:
    """Letters that fall apart into two others which anybody can type."""
    ways = {line[0]: line[2:].split() for line in data_lines("splits.txt")}
    good = {letter: [way for way in parts if len(way) == 2 and _HAN.match(way[1])] for letter, parts in ways.items()}
    return {letter: parts[:1] for letter, parts in good.items() if parts}


@cache
def _traditional() -> Any:
    import opencc

    return opencc.OpenCC("s2t")
