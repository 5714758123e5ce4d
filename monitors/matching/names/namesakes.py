"""Other people of the same name: what was said of them argues against, for this profile alone.

A lesson is a post somebody judged ("this is not her"). Its telling words, and what kind of life it is about, are
remembered; a later post that shares enough of them is not believed, unless her own context stands in it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from math import log

from monitors.matching.names.kinds import is_han
from monitors.matching.names.normalise import normalise
from monitors.matching.names.plausibility import NEVER, english_words, tokens_of, words
from monitors.matching.names.tables import data_lines

MOST_LESSONS, MOST_LETTERS = 200, 2_000
"""Lessons of a profile that are used (the latest), and code points of each that are read."""
EVERYDAY, RARE = log(1e-4), log(1e-6)
MOST_OF_WORD, TOPIC, KNOWN_OTHER = 2.5, 3.0, 3.0
FREE, PER_SHARED, MOST_AGAINST = 1.2, 5.0, 14.0
"""Shared weight that says nothing yet; log-odds of what is beyond it; at most this, which silences any name."""
FEWEST_WORDS = 2
"""Shared words without which nothing is said, unless a topic or a term she named is shared."""
TOKEN = re.compile(r"[a-z0-9]+")
HARM = re.compile(
    "视频|照片|私照|艳照|丑照|裸|偷拍|约[炮吗]|睡|群里|资源|原图|瓜|爆料|谣|骂|挂[人她]|扒|人肉|电话|住址|地址|身份证|举报|报警|霸凌|换脸|渣|贱|婊"
    "|小三|出轨|包养|陪[酒睡]|勾引|绿茶|恶心|不要脸|一腿|怀孕|流产|堕胎|打胎|割腕|自杀|艾滋|性病|骚|处女|女的|夜店"
    r"|leak|nude|deepfake|pics|photo|expos|rumou?r|porn|slut|whore|cheat|pregnan|abortion|onlyfans|naked|sex"
)
"""Words of harm: a topic never silences a post that holds one, since a rumour may call her an actress too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A post that was judged: about her, or about another of the same name."""

    text: str
    is_about_her: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What speaks of the other: words and topics with their weights, and terms she named herself."""

    weights: Mapping[str, float]
    others: tuple[str, ...] = ()


NOTHING = Memory(weights={})


def learn(lessons: Sequence[Lesson], *, others: Iterable[str] = (), hers: Iterable[str] = ()) -> Memory:
    """Learn from judged posts; ``others`` are terms of known namesakes, ``hers`` her own names and context.

    What also stands in a post about her, or in ``hers``, teaches nothing.
    """
    recent = lessons[-MOST_LESSONS:]
    told = [(lesson, telling(normalise([lesson.text])[0].text)) for lesson in recent]
    own = set().union(*(found for lesson, found in told if lesson.is_about_her), *map(_letters, hers))
    weights: dict[str, float] = {}
    for lesson, found in told:
        if not lesson.is_about_her:
            weights.update({key: weight for key, weight in found.items() if not _is_own(key, own)})
    return Memory(weights=weights, others=tuple(plain.text for plain in normalise(list(others)) if plain.text.strip()))


def odds_against(memory: Memory, plain: str) -> tuple[float, tuple[str, ...]]:
    """Give what a plain text shares with what is known of the other, as log-odds (0 or less), and the words shared."""
    if not memory.weights and not memory.others:
        return 0.0, ()
    found = telling(plain)
    shared = {key: weight for key, weight in found.items() if key in memory.weights}
    shared |= {other: KNOWN_OTHER for other in memory.others if other in plain}
    if HARM.search(plain):
        shared = {key: weight for key, weight in shared.items() if not key.startswith(TOPIC_MARK)}
    total = sum(shared.values()) - FREE
    is_enough = len(shared) >= FEWEST_WORDS or any(weight >= TOPIC for weight in shared.values())
    if total <= 0 or not is_enough:
        return 0.0, ()
    heaviest = sorted(shared, key=lambda key: -shared[key])
    return -min(MOST_AGAINST, PER_SHARED * total), tuple(key for key in heaviest if not key.startswith(TOPIC_MARK))


TOPIC_MARK = "#"


def telling(plain: str) -> dict[str, float]:
    """Give the words of a text that tell what it is about, with their weights, and its topics as ``#film``."""
    found: dict[str, float] = {}
    for run, letters in groupby(plain[:MOST_LETTERS], key=is_han):
        text = "".join(letters)
        for token in tokens_of(text) if run else text.split():
            if len(token) > 1 and (weight := _weight(token)) > 0:
                found[token] = weight
    return found | {f"{TOPIC_MARK}{topic}": TOPIC for topic in _topics_in(plain[:MOST_LETTERS])}


def _topics_in(plain: str) -> set[str]:
    """Give the topics of which a word stands in a text: Latin words whole, others anywhere."""
    tokens = set(TOKEN.findall(plain))
    return {
        topic
        for topic, listed in _topics().items()
        if any(word in tokens if word.isascii() else word in plain for word in listed)
    }


def _weight(token: str) -> float:
    if token.isascii():
        chance = english_words().get(token, RARE if len(token) > 2 and token.isalnum() else 0.0)
    else:
        chance = words().get(token, RARE)
    return min(MOST_OF_WORD, max(0.0, (EVERYDAY - max(chance, NEVER)) / (EVERYDAY - RARE) * MOST_OF_WORD))


def _letters(own: str) -> set[str]:
    plain = normalise([own])[0].text
    return {plain, *telling(plain)}


def _is_own(key: str, own: set[str]) -> bool:
    return key in own or any(key in known or known in key for known in own if len(known) > 1 and known[0] != TOPIC_MARK)


@cache
def _topics() -> Mapping[str, tuple[str, ...]]:
    return {topic: tuple(listed) for topic, *listed in (line.split(" ") for line in data_lines("topics.txt"))}
