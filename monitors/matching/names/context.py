"""What else is known about her: school, town, workplace. A term found beside a weak variant makes it strong."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

from monitors.matching.names.kinds import Kind
from monitors.matching.names.plausibility import words
from monitors.matching.names.variants.spell import Entry

SPECIFIC, COMMON, PART = 4.5, 3.0, 3.0
"""Log-odds of a term, of one that is an everyday word, and of the telling part of one (青河 of 青河学院)."""
EVERYDAY = log(1e-5)
GENERIC_ENDS = [
    "师范大学",
    "科技大学",
    "师大",
    "科大",
    "大学",
    "学院",
    "书院",
    "中学",
    "高中",
    "高校",
    "小学",
    "国小",
    "国中",
    "幼儿园",
    "学校",
    "医院",
    "诊所",
    "公司",
    "集团",
    "科技",
    "书店",
    "银行",
    "小区",
    "社区",
    "花园",
    "街道",
    "路",
    "街",
    "镇",
    "乡",
    "村",
    "市",
    "区",
    "县",
    "省",
    "社",
    "队",
    "系",
    "部",
    "团",
    "班",
    "局",
    "所",
    "站",
    "店",
    "館",
    "馆",
    "学校",
]
GENERIC_WORDS = frozenset(
    [
        "high",
        "school",
        "college",
        "university",
        "academy",
        "primary",
        "secondary",
        "clinic",
        "hospital",
        "club",
        "company",
        "inc",
        "ltd",
        "street",
        "road",
        "city",
        "town",
        "grove",
        "park",
        "team",
        "the",
        "of",
        "church",
        "bakery",
        "studio",
        "gym",
        "fitness",
        "center",
        "centre",
        "north",
        "south",
        "east",
        "west",
        "colegio",
        "universidad",
        "instituto",
        "san",
        "santa",
        "escuela",
        "dai",
        "hoc",
        "truong",
    ]
)
SHORTEST_WORD = 5
"""Letters of an English word that may stand for the whole term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A context term or the part of it that tells, in bare letters; ``is_token``: it never is part of a word."""

    pattern: str
    shown: str
    weight: float
    is_token: bool


def terms_of(entry: Entry) -> Iterator[Term]:
    """Give a context term and its telling parts."""
    context = entry.text
    if not entry.letters:
        return
    if entry.kind is Kind.HAN:
        weight = COMMON if words().get(entry.letters, -99.0) > EVERYDAY else SPECIFIC
        yield Term(pattern=entry.letters, shown=context, weight=weight, is_token=False)
        if part := _telling_part(entry.letters):
            yield Term(pattern=part, shown=context, weight=PART, is_token=False)
        return
    is_token = entry.kind is not Kind.HANGUL and entry.kind is not Kind.KANA
    yield Term(pattern=entry.letters, shown=context, weight=SPECIFIC, is_token=is_token)
    if len(entry.parts) > 1:
        for part in entry.parts:
            if len(part) >= SHORTEST_WORD and part not in GENERIC_WORDS:
                yield Term(pattern=part, shown=context, weight=PART, is_token=True)


def _telling_part(letters: str) -> str:
    """Give a Chinese term without what it shares with others of its kind; nothing when that is an everyday word."""
    for end in sorted(GENERIC_ENDS, key=len, reverse=True):
        part = letters.removesuffix(end)
        if part != letters and len(part) >= 2 and words().get(part, -99.0) <= EVERYDAY:
            return part
    return ""
