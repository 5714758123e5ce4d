"""Make ``readings.txt``, ``syllables.txt``, ``lookalikes.txt`` and ``splits.txt``: ``python -m monitors.matching.names.workshop.letters DATA FONT``.

How Chinese letters sound, which look like one another when drawn, and into which parts they are taken apart.
``DATA`` is the folder of public data (``SHOUWANG_DATA``), ``FONT`` a Chinese font file; pypinyin and OpenCC bring the
rest. Sources: ``data/NOTICE``.
"""

import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import opencc
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from pypinyin import Style, pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from monitors.matching.names.workshop.words import DATA

FEWEST_PHRASES = 4
"""Phrases (of 47,000) from which a reading counts as usual."""
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
MOST_LOOKALIKES = 8
STROKES = set("一丨丶丿乙亅乚乛㇆㇏㇇㇂冂冖匚凵十丷八人入二厂亠勹")
"""Parts that nearly every letter has."""
MOST_BEARERS, MORE_OR_LESS = 40, 0.25
"""A part of more letters is a radical, of fewer it may stand for the letter: 办 for 苏, and with less likeness 苏 for 办."""
ALIKE = 0.64
"""Likeness from which a reader may take one letter for another; shared parts and strokes add to it."""
MOST_SPLITS = 6
# What a radical is called or written as when a letter is taken apart.
SPOKEN_PARTS = {
    "氵": "水", "亻": "人", "艹": "草", "讠": "言", "訁": "言", "钅": "金", "釒": "金", "忄": "心", "扌": "手", "纟": "丝",
    "糹": "丝", "犭": "犬", "阝": "耳", "礻": "示", "衤": "衣", "饣": "食", "飠": "食", "灬": "火", "刂": "刀", "攵": "文",
    "⺮": "竹", "𥫗": "竹", "冫": "二", "疒": "病", "辶": "之", "宀": "宝", "彳": "双", "罒": "四", "牜": "牛", "⺼": "月",
}  # fmt: skip
# Parts that people write apart and the list does not have.
SPLITS_BY_HAND = {
    "陈": ["东", "耳东"],
    "张": ["弓长"],
    "李": ["木子"],
    "吴": ["口天"],
    "林": ["木木", "双木"],
    "章": ["立早"],
}


def bare_reading(reading: str) -> str:
    """Give a reading without its tone, ``v`` for ü."""
    apart = unicodedata.normalize("NFD", reading.replace("ü", "v"))
    return "".join(part for part in apart.replace("u\u0308", "v") if "a" <= part <= "z")


def readings(char: str) -> list[str]:
    """Give the toneless readings of a letter as dictionaries list them."""
    return list(dict.fromkeys(filter(None, map(bare_reading, PINYIN_DICT.get(ord(char), "").split(",")))))


def spoken_counts() -> Counter[tuple[str, str]]:
    """Count how often each reading of each letter stands in pypinyin's phrases."""
    counts: Counter[tuple[str, str]] = Counter()
    for phrase, sounds in PHRASES_DICT.items():
        if len(phrase) == len(sounds):
            counts.update((char, bare_reading(sound[0])) for char, sound in zip(phrase, sounds, strict=True))
    return counts


def heard_alike(data: Path) -> dict[str, set[str]]:
    """Give readings that writers use and dictionaries lack: sounds under which pycorrector lists a letter."""
    extra: dict[str, set[str]] = defaultdict(set)
    file = data / "names/pycorrector/pycorrector__data__same_pinyin.txt"
    for line in file.read_text(encoding="utf-8").split("\n"):
        key, *groups = line.split("\t")
        if not HAN.fullmatch(key):
            continue
        for char in "".join(groups):
            if len(readings(key)) == 1 and not set(readings(char)) & set(readings(key)):
                extra[char].update(readings(key))
    return extra


def reading_lines(data: Path) -> Iterator[str]:
    """Give ``letter usual|heard`` of every letter: readings that phrases use, the most used first, and the others."""
    extra, counts = heard_alike(data), spoken_counts()
    for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000)):
        char = chr(code)
        if listed := readings(char):
            used = [reading for reading in listed if counts[char, reading] >= FEWEST_PHRASES]
            usual = sorted(used, key=lambda reading: -counts[char, reading])[:3] or listed[:1]
            heard = sorted((set(listed[:2]) | extra.get(char, set())) - set(usual))
            yield f"{char} {','.join(usual)}" + (f"|{','.join(heard)}" if heard else "")


def syllable_lines() -> Iterator[str]:
    """Give ``pinyin bopomofo wade-giles`` of every syllable, without tones."""
    spelled: dict[str, str] = {}
    for char in map(chr, range(0x4E00, 0xA000)):
        if not (found := readings(char)) or found[0] in spelled:
            continue
        other = [pinyin(char, style=style)[0][0] for style in (Style.BOPOMOFO, Style.WADEGILES)]
        bopomofo = "".join(part for part in other[0] if "\u3105" <= part <= "\u312f")
        wade = unicodedata.normalize("NFKD", other[1]).casefold()
        spelled[found[0]] = f"{found[0]} {bopomofo} {''.join(part for part in wade if 'a' <= part <= 'z')}"
    yield from sorted(spelled.values())


def parts(data: Path) -> dict[str, list[str]]:
    """Give how each simplified letter is taken apart, the plainest way first."""
    simplify, spread = opencc.OpenCC("t2s").convert, defaultdict[str, list[str]](list)
    for char, ways in SPLITS_BY_HAND.items():
        spread[char].extend(ways)
    for file in ("chaizi-jt.txt", "chaizi-ft.txt"):
        for line in (data / "names/chaizi" / file).read_text(encoding="utf-8").split("\n"):
            char, *ways = line.split("\t")
            for way in ways:
                written = way.replace(" ", "")
                spoken = "".join(SPOKEN_PARTS.get(part, part) for part in written)
                spread[simplify(char)].extend(simplify(form) for form in (written, spoken))
    return {
        char: [way for way in dict.fromkeys(ways) if len(way) > 1 and way != char][:MOST_SPLITS]
        for char, ways in spread.items()
    }


def pictures(chars: list[str], font_file: str) -> NDArray[np.float32]:
    """Give a small blurred picture of each letter as a row of length one, their common part taken out."""
    font, rows = ImageFont.truetype(font_file, 40), []
    for char in chars:
        page = Image.new("L", (44, 44), 0)
        ImageDraw.Draw(page).text((2, 0), char, font=font, fill=255)
        small = page.filter(ImageFilter.GaussianBlur(1.6)).resize((22, 22))
        rows.append(np.asarray(small, dtype=np.float32).ravel())
    seen = np.stack(rows)
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    seen -= seen.mean(axis=0)
    return cast("NDArray[np.float32]", seen / np.linalg.norm(seen, axis=1, keepdims=True))


def same_strokes(data: Path) -> dict[str, set[str]]:
    """Give the letters that pycorrector lists as alike in strokes."""
    groups: dict[str, set[str]] = defaultdict(set)
    file = data / "names/pycorrector/pycorrector__data__same_stroke.txt"
    for line in file.read_text(encoding="utf-8").split("\n"):
        group = [char for char in line.split("\t") if HAN.fullmatch(char)]
        for char in group:
            groups[char].update(group)
    return groups


def lookalikes(data: Path, font_file: str) -> dict[str, list[str]]:
    """Give the letters that look like each one, the nearest first."""
    chars = [char for char in map(chr, range(0x4E00, 0xA000)) if char.encode("gb2312", "ignore")]
    usual = set(chars)
    drawn, strokes, ways = pictures(chars, font_file), same_strokes(data), parts(data)
    pieces = {char: set("".join(ways.get(char, [""])[:1])) - STROKES for char in chars}
    counts = Counter(piece for found in pieces.values() for piece in found)
    cores = {char: [piece for piece in found if counts[piece] <= MOST_BEARERS] for char, found in pieces.items()}
    found = {}
    for at, char in enumerate(chars):
        likeness = drawn @ drawn[at]
        near = {}
        for other_at in np.argsort(-likeness)[1:60]:
            other, like = chars[other_at], float(likeness[other_at])
            like += 0.15 * bool(pieces[char] & pieces[other]) + 0.15 * (other in strokes[char])
            like += MORE_OR_LESS * (char in cores[other])
            if like >= ALIKE:
                near[other] = like
        near |= {other: 1.0 - 0.01 * counts[other] for other in cores[char] if other in usual and other != char}
        found[char] = sorted(near, key=lambda other: -near[other])[:MOST_LOOKALIKES]
    return found


def main(data: Path, font_file: str) -> None:
    """Write the four files."""
    shared = {char: found for char, found in lookalikes(data, font_file).items() if found}
    for name, lines in (
        ("syllables.txt", list(syllable_lines())),
        ("readings.txt", list(reading_lines(data))),
        ("splits.txt", [f"{char} {' '.join(ways)}" for char, ways in sorted(parts(data).items()) if ways]),
        ("lookalikes.txt", [f"{char} {''.join(found)}" for char, found in sorted(shared.items())]),
    ):
        text = "\n".join(("# made by workshop/letters.py; see NOTICE", *lines)) + "\n"
        (DATA / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}: {len(lines)} lines, {len(text.encode())} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
