"""Make ``words.txt``, ``people.txt`` and ``english.txt``: ``python -m monitors.matching.names.workshop.words DATA``.

``DATA`` is the folder of public data (``SHOUWANG_DATA``); jieba (dependency group ``workshop``) brings the counts of
Chinese words. What is made is small and committed; where it comes from stands in ``data/NOTICE``.
"""

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
FEWEST = 15
"""Counts (of 60 million) below which a word is left out: what is rarer does not outweigh a name."""
SURE_SURNAMES = set(
    "李王张刘陈杨赵周吴徐孙朱胡郭林何梁郑罗宋谢唐韩曹许邓冯曾程蔡彭潘袁董余苏吕魏蒋杜沈姜范傅钟卢汪戴崔陆廖姚邱谭贾邹"
    "孟秦阎薛侯段郝邵赖龚庞樊殷翟倪颜俞翁詹申欧耿焦柳鲁韦卓"
)
COMPOUND = [
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "司徒",
    "东方",
    "独孤",
    "南宫",
    "夏侯",
    "尉迟",
    "皇甫",
    "公孙",
    "慕容",
    "长孙",
    "宇文",
    "令狐",
    "端木",
    "轩辕",
    "淳于",
    "濮阳",
    "太史",
    "申屠",
    "仲孙",
    "钟离",
    "闾丘",
    "呼延",
    "赫连",
    "澹台",
    "公冶",
    "宗政",
    "西门",
    "百里",
    "东郭",
    "拓跋",
    "闻人",
    "第五",
    "完颜",
    "纳兰",
    "张简",
    "范姜",
]
GIVEN_NOW = (
    "雨若汐屿柠栀诺涵萱梓轩浩宇辰熙妍雯婷怡佳欣琪瑶晓月星思语予言清知书可嘉安宁晚禾舟洲棠笙遥然溪子一诗悦雪梦琳颖慧敏静丽艳芳娜"
    "娟燕玲霞红梅兰英秀云洁莹倩蕾薇菲菁岚妮媛婉璐彤丹露珊莎佩君霖淇芸茹蓉楠桐昕晨曦阳泽睿博铭俊杰豪伟磊鹏飞强勇军斌涛凯超明"
)
"""Letters of given names of today, which lists of known people hold too rarely."""


def chinese_words() -> Iterator[tuple[str, int]]:
    """Give words of one to four letters with their count, names of people left out."""
    for line in (files("jieba") / "dict.txt").read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        word, count, tag = line.split(" ")
        if re.fullmatch("[\u4e00-\u9fff]{1,4}", word) and (len(word) == 1 or int(count) >= FEWEST):
            is_person = tag.startswith("nr") and len(word) > 1 and (word[0] in SURE_SURNAMES or len(word) > 2)
            if not is_person:
                yield word, int(count)


def people(data: Path) -> Iterator[str]:
    """Give ``surname|given letter count``, from a list of known people."""
    surnames, given = Counter[str](), Counter[str](GIVEN_NOW)
    for _ in range(4):
        given.update(GIVEN_NOW)
    known = data / "names/pycorrector/pycorrector__data__person_name.txt"
    for line in known.read_text(encoding="utf-8").split("\n"):
        name = line.split("\t")[0]
        if not re.fullmatch("[\u4e00-\u9fff]{2,4}", name):
            continue
        length = 2 if name[:2] in COMPOUND else 1
        if len(name) - length in {1, 2}:
            surnames[name[:length]] += 1
            given.update(name[length:])
    surnames.update(dict.fromkeys(COMPOUND, 2))
    yield from (f"surname {key} {count}" for key, count in sorted(surnames.items(), key=_often) if count > 1)
    yield from (f"given {key} {count}" for key, count in sorted(given.items(), key=_often) if count > 1)


NAMES_THAT_ARE_WORDS = (
    "grace hope rose young joy faith will mark bill may june april summer autumn dawn violet daisy lily ivy jasmine ruby pearl crystal amber jade iris "
    "olive sky star angel destiny harmony melody chance chase hunter mason cooper baker smith king prince duke brown black white green gray grey rich "
    "sharp swift long short strong wise good love day night rain snow storm frost stone wood woods field fields hill forest river brook lake banks bush "
    "park street church bishop abbot pope knight page marshall major cook farmer fisher fox wolf lamb bird drake finch jay robin sparrow hawk rice berry "
    "cherry peach plum case cross bond price power powers battle french holland penny art gene frank ray drew jack pat sue bob rob nick dick don carol "
    "holly heather fern basil sage rosemary ginger honey candy sunny misty stormy lane rhodes waters wells sands gold silver steel iron glass bell ball"
)
"""Everyday words that people bear as names, counted as everyday whatever the posts say."""


def english_words(data: Path) -> Counter[str]:
    """Give the words that stand in small letters in public English posts (EDOS, CC0; Guest et al., MIT)."""
    words: Counter[str] = Counter()
    for file in ("edos", "guest_misogyny"):
        with gzip.open(data / f"text/{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                words.update(re.findall(r"(?<![\w@#'])[a-z]{2,14}(?![\w'])", json.loads(line)["text"]))
    words.update(dict.fromkeys(NAMES_THAT_ARE_WORDS.split(), 5))
    return words


def _often(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


def _write(name: str, header: str, lines: list[str]) -> None:
    text = "\n".join((f"# {header}; see NOTICE", *lines)) + "\n"
    (DATA / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{name}: {len(lines)} lines, {len(text.encode())} bytes\n")


def main(data: Path) -> None:
    """Write the three files."""
    words = [f"{word} {count}" for word, count in sorted(chinese_words(), key=_often)]
    _write("words.txt", "Chinese words with their count in 60 million", words)
    _write("people.txt", "surnames and letters of given names with their count", list(people(data)))
    english = [f"{word} {count}" for word, count in sorted(english_words(data).items(), key=_often) if count > 3]
    _write("english.txt", "English words with their count in 600 thousand", english)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
