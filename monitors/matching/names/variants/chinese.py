"""How a Chinese name is written when it is written otherwise: by sound, by look, in parts, with masks, with initials.

Costs are in nats; set 2026-03 on the synthetic development set and the tuning part of ``tests/matching/names/cases``
(docs/evaluation.md#names), by hand and in halves: nothing here is precise to a tenth.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product

from monitors.matching.names.kinds import MASK
from monitors.matching.names.plausibility import people
from monitors.matching.names.sound import near_syllables, projected_as, readings_of
from monitors.matching.names.tables import data_lines
from monitors.matching.names.variants.variant import Rule, Variant, variant
from monitors.records import Method

MOST_READINGS, MOST_SPLITS, MOST_LOOKALIKES = 3, 12, 5
SURNAME_READINGS = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "盖": "ge", "区": "ou", "朴": "piao",
    "翟": "zhai", "缪": "miao", "尉": "yu", "种": "chong", "折": "she", "黑": "he", "覃": "qin", "员": "yun", "秘": "bi",
    "召": "shao", "乐": "yue", "长": "zhang", "燕": "yan", "宁": "ning", "纪": "ji", "石": "shi", "贾": "jia", "沈": "shen",
}  # fmt: skip
GIVEN_READINGS = {"娜": "na", "莎": "sha", "茜": "qian", "晟": "sheng", "筠": "yun"}
DIGITS = {
    "yi": "1", "er": "2", "san": "3", "si": "4", "wu": "5", "liu": "6", "qi": "7", "ba": "8", "jiu": "9", "ling": "0",
}  # fmt: skip
MASK_LETTERS = "某x口o0"
TITLES = [
    "同学",
    "老师",
    "老板",
    "老板娘",
    "医生",
    "护士",
    "大夫",
    "小姐",
    "女士",
    "先生",
    "太太",
    "学姐",
    "学妹",
    "学长",
    "学弟",
    "学姊",
    "姐",
    "姐姐",
    "妹妹",
    "哥",
    "总",
    "工",
    "经理",
    "教授",
    "主任",
    "导师",
    "教练",
    "律师",
    "班长",
    "队长",
    "会长",
    "部长",
    "社长",
    "店长",
    "主播",
    "阿姨",
    "妈妈",
    "爸爸",
    "妈",
    "女",
    "男",
    "氏",
    "姓女生",
    "姓女子",
    "姓女大生",
    "姓女星",
    "姓学生",
    "姓同学",
    "姓老师",
    "姓男子",
    "姓男生",
    "女生",
    "校花",
    "小朋友",
    "编辑",
    "记者",
    "主管",
    "书记",
    "局长",
    "院长",
    "校长",
    "警官",
    "师傅",
    "老弟",
    "公子",
    "千金",
    "某",
    "某某",
    "某人",
    "某女",
    "x",
    "xx",
    "xxx",
    "oo",
    "口口",
]
PET_FORMS = ["小{0}", "阿{0}", "{0}{0}", "{0}姐", "{0}妹", "{0}哥", "{0}宝", "{0}儿", "{0}酱"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChineseName:
    """A Chinese name in simplified letters, parted; ``sounds`` has the readings of each letter, the likeliest first."""

    surname: str
    given: str
    sounds: tuple[tuple[str, ...], ...]

    @property
    def full(self) -> str:
        """Surname and given name."""
        return self.surname + self.given

    @property
    def is_short(self) -> bool:
        """Whether it has two letters only: nothing may be changed in it without other evidence."""
        return len(self.sounds) == 2


@lru_cache(maxsize=65536)
def part_name(letters: str) -> ChineseName:
    """Part a name of two letters and more; what is no known surname counts as one letter."""
    length = 2 if len(letters) > 2 and letters[:2] in people().surnames else 1
    special = [SURNAME_READINGS] * length + [GIVEN_READINGS] * (len(letters) - length)
    sounds = tuple(
        tuple(dict.fromkeys((*filter(None, (known.get(letter),)), *readings_of(letter).usual[:2])))
        for letter, known in zip(letters, special, strict=True)
    )
    return ChineseName(surname=letters[:length], given=letters[length:], sounds=sounds)


def spell_chinese(name: ChineseName, *, traditional: bool) -> Iterator[Variant]:
    """Give every way to write a Chinese name but the plain one.

    With ``traditional``, also how it is spelled where traditional letters are used. Titles and pet names are shared by
    many profiles: ``spell_titles`` and ``spell_pets``.
    """
    if all(name.sounds):
        yield from _sounds(name)
        yield from _initials(name)
        yield from _digits(name)
        if traditional:
            yield from _bopomofo(name)
            yield from _wade_giles(name)
    yield from _turned(name)
    yield from _lookalikes(name)
    yield from _splits(name)
    yield from _masks(name)
    if len(name.given) > 1:
        yield _letters(name.given, Method.GIVEN_NAME, 1.5, weak=True)


def _sounds(name: ChineseName) -> Iterator[Variant]:
    """Give the sounds of a name, each with at most one letter heard differently; and the given name's alone."""
    for spoken in islice(product(*name.sounds), MOST_READINGS):
        yield _sound(spoken, Method.HOMOPHONE, weak=name.is_short)
    if not name.is_short:
        first = tuple(readings[0] for readings in name.sounds)
        for at, syllable in enumerate(first):
            for other in dict.fromkeys((*near_syllables(syllable), *projected_as(syllable))):
                yield _sound((*first[:at], other, *first[at + 1 :]), Method.HOMOPHONE)
    length = len(name.surname)
    for spoken in islice(product(*name.sounds[length:], *name.sounds[:length]), 2):
        yield _sound(spoken, Method.PINYIN, weak=name.is_short)
    if len(name.given) > 1:
        for spoken in islice(product(*name.sounds[length:]), 2):
            yield _sound(spoken, Method.GIVEN_NAME, weak=True)


def _sound(spoken: Iterable[str], method: Method, *, weak: bool = False) -> Variant:
    parts = tuple(spoken)
    return variant("".join(parts), Rule.SOUND, method, 0.0, weak=weak, layout=tuple(map(len, parts)))


def spell_pets(letter: str) -> Iterator[Variant]:
    """Give what friends make of a letter of a given name; the same for all who bear it."""
    for form in PET_FORMS:
        yield _letters(form.format(letter), Method.VARIANT, 3.0, weak=True)
    for mask in ("某", "某某", "xx", "oo", MASK * 2):
        yield _letters(f"{mask}{letter}", Method.MASK, 4.5, weak=True)


def spell_titles(surname: str) -> Iterator[Variant]:
    """Give a surname with every title; the same for all who bear it."""
    for title in TITLES:
        method = Method.MASK if title[0] in MASK_LETTERS else Method.TITLED
        yield variant(surname + title, Rule.TITLED, method, 2.5, weak=True)
    yield _letters(f"{surname}{MASK}", Method.MASK, 2.5, weak=True)
    for prefix in "小老阿":
        yield _letters(prefix + surname, Method.TITLED, 4.0, weak=True)


def _turned(name: ChineseName) -> Iterator[Variant]:
    yield _letters(name.full[::-1], Method.VARIANT, 5.0, weak=name.is_short)
    if len(name.given) > 1:
        yield _letters(name.given + name.surname, Method.VARIANT, 5.0)


def _initials(name: ChineseName) -> Iterator[Variant]:
    first = [readings[0][0] for readings in name.sounds]
    long = [readings[0][:2] if readings[0][1:2] == "h" else readings[0][0] for readings in name.sounds]
    for form in dict.fromkeys(("".join(first), "".join(long))):
        yield variant(form, Rule.INITIALS, Method.INITIALS, 1.5, weak=True)
    surname = "".join(readings[0] for readings in name.sounds[: len(name.surname)])
    given = "".join(first[len(name.surname) :])
    for form in (surname + given, given + surname):
        yield variant(form, Rule.LATIN, Method.INITIALS, 2.5, weak=True)
    length = len(first)
    for hidden in product((False, True), repeat=length):
        if 0 < sum(hidden) < length:
            form = "".join(first[at] if hides else name.full[at] for at, hides in enumerate(hidden))
            is_weak = name.is_short or (length - sum(hidden) == 1 and hidden[0])
            yield _letters(form, Method.INITIALS, 3.5 + 0.5 * sum(hidden), weak=is_weak)


def _digits(name: ChineseName) -> Iterator[Variant]:
    for at, readings in enumerate(name.sounds):
        if digit := DIGITS.get(readings[0]):
            form = name.full[:at] + digit + name.full[at + 1 :]
            yield _letters(form, Method.HOMOPHONE, 3.5, weak=name.is_short)


@cache
def _table(file: str) -> Mapping[str, str]:
    """Give the rest of each line under its first letter."""
    return {line[0]: line[2:] for line in data_lines(file)}


def _lookalikes(name: ChineseName) -> Iterator[Variant]:
    full, known = name.full, _table("lookalikes.txt")
    for at, letter in enumerate(full):
        for rank, other in enumerate(known.get(letter, "")[:MOST_LOOKALIKES]):
            form = full[:at] + other + full[at + 1 :]
            yield _letters(form, Method.LOOKALIKE, 4.5 + 0.25 * rank, weak=name.is_short)


def _splits(name: ChineseName) -> Iterator[Variant]:
    known = _table("splits.txt")
    ways = [[letter, *known.get(letter, "").split()] for letter in name.full]
    one = ("".join((*name.full[:at], way, *name.full[at + 1 :])) for at, found in enumerate(ways) for way in found[1:])
    several = ("".join(parts) for parts in product(*(found[:2] for found in ways)))
    for form in islice(dict.fromkeys((*several, *one)), MOST_SPLITS + 1):
        if form != name.full:
            yield _letters(form, Method.SPLIT, 4.0)


def _masks(name: ChineseName) -> Iterator[Variant]:
    full, last = name.full, len(name.full) - 1
    if name.is_short:
        return
    for at in range(len(name.surname), last + 1):
        before, after = full[:at], full[at + 1 :]
        rule = Rule.MASK_AFTER if at == last else Rule.MASK_INSIDE
        yield variant(before + after, rule, Method.MASK, 4.5)
        for mask in MASK_LETTERS:
            yield _letters(before + mask + after, Method.MASK, 4.5)
    yield variant(name.given, Rule.MASK_BEFORE, Method.MASK, 4.5, weak=True)
    yield _letters(f"某{name.given}", Method.MASK, 4.5, weak=True)


@cache
def _spellings() -> Mapping[str, tuple[str, str]]:
    """Give Bopomofo and Wade-Giles of every syllable."""
    entries = (line.split(" ") for line in data_lines("syllables.txt"))
    return {pinyin: (bopomofo, wade.replace("v", "u")) for pinyin, bopomofo, wade in entries}


def _bopomofo(name: ChineseName) -> Iterator[Variant]:
    spelled = [_spellings().get(readings[0], ("", ""))[0] for readings in name.sounds]
    if not all(spelled):
        return
    yield _letters("".join(spelled), Method.PINYIN, 3.0, weak=name.is_short)
    yield variant("".join(form[0] for form in spelled), Rule.INITIALS, Method.INITIALS, 1.0, weak=True)
    for at, form in enumerate(spelled):
        for part in dict.fromkeys((form, form[0])):
            yield _letters(name.full[:at] + part + name.full[at + 1 :], Method.PINYIN, 3.5, weak=name.is_short)


def _wade_giles(name: ChineseName) -> Iterator[Variant]:
    spelled = [_spellings().get(readings[0], ("", ""))[1] for readings in name.sounds]
    plain = [readings[0] for readings in name.sounds]
    length = len(name.surname)
    for form in (spelled, ["yi" if part == "i" else part for part in spelled]):
        if form != plain and all(form):
            surname, given = "".join(form[:length]), "".join(form[length:])
            for pattern in (surname + given, given + surname):
                yield variant(pattern, Rule.LATIN, Method.PINYIN, 3.0, weak=name.is_short)


def _letters(form: str, method: Method, cost: float, *, weak: bool = False) -> Variant:
    return variant(form, Rule.LETTERS, method, cost, weak=weak)
