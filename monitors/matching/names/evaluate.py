"""Measures finding names: ``python -m monitors.matching.names.evaluate [--write docs/evaluation.md]``.

Reads the public data of ``SHOUWANG_DATA`` (default ``../shared/data``), which is not in the repository, and the cases
of ``tests/matching/names/cases``. What is missing is passed over with one line. With ``--write``, the tables replace
what stands between the marks of the section "Names".
"""

import argparse
import gzip
import json
import math
import os
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitors.matching.names.match_lines import as_watched, read_profiles
from monitors.matching.names.matcher import NameMatcher
from monitors.matching.names.plausibility import people
from monitors.records import WatchProfile

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CASES = Path("tests/matching/names/cases")
BEGIN, END = "<!-- names: made by monitors.matching.names.evaluate -->", "<!-- names: end -->"
DEPTH = ("zh-Hans", "zh-Hant", "en")
"""The languages that are held to a bar."""
CHINESE_POSTS = ("cold", "swsr", "zh_news_titles", "weibo_ner_person")
SEED, SURNAMES = 20260301, 150
WORDS = (
    "安宁 白雪 方圆 高洁 高兴 江山 田野 常青 成功 文静 温暖 康宁 黄河 平安 明月 金星 白云 石榴 向阳 安静 温馨 高峰 马上 黄金 白鸽 "
    "方正 田园 江河 林海 叶子 花朵 柳絮 夏天 冬梅 秋雨 高原 时光 安心 白杨 常乐 明亮 程序 舒畅 阳光 易燃 关键 计划 项目 严寒 宁静"
)
TERMS = "青河学院 南山大学 江北二中 柳城三中 星海科技 东林小区 白石镇 滨江 临江路 北岭大学 云溪大学 杭州 成都 武汉 护理系 舞蹈队"


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of right and wrong answers."""

    found: int = 0
    missed: int = 0
    false: int = 0
    silent: int = 0

    def add(self, *, is_her: bool, is_found: bool) -> None:
        """Count one answer."""
        if is_her:
            self.found, self.missed = self.found + is_found, self.missed + (not is_found)
        else:
            self.false, self.silent = self.false + is_found, self.silent + (not is_found)

    @property
    def about_her(self) -> int:
        """How many texts are about her."""
        return self.found + self.missed

    @property
    def traps(self) -> int:
        """How many are not."""
        return self.false + self.silent

    @property
    def precision(self) -> float:
        """The part of what was found that is right."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        """The part of what is right that was found."""
        return self.found / self.about_her if self.about_her else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True, kw_only=True)
class Tallies:
    """One tally a kind, in the order of their coming."""

    of: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Give the objects of a JSON Lines file, gzipped or not."""
    packed = path.read_bytes()
    text = gzip.decompress(packed) if path.suffix == ".gz" else packed
    yield from map(json.loads, filter(None, text.decode().split("\n")))


def matcher_of(profile: WatchProfile) -> NameMatcher:
    """Give a matcher of one profile."""
    return NameMatcher([as_watched(profile)], now=NOW)


def measure_synthetic(file: Path) -> tuple[Tallies, Tally]:
    """Give tallies by disguise, and one of all that is not marked as hard."""
    kinds, plain, matchers = Tallies(), Tally(), dict[str, NameMatcher]()
    for row in read_lines(file):
        target = row["target"]
        if target not in matchers:
            matchers[target] = matcher_of(WatchProfile(id="her", names=(target,)))
        is_found = bool(matchers[target].find(row["text"]))
        label = row["type"] + (" (hard)" if row.get("hard") else "")
        kinds.of[label].add(is_her=row["mention"], is_found=is_found)
        if not row.get("hard"):
            plain.add(is_her=row["mention"], is_found=is_found)
    return kinds, plain


def measure_cases(folder: Path) -> tuple[Mapping[str, Mapping[str, Tally]], Mapping[str, Tally]]:
    """Give tallies of our own cases by file and part, and by kind of disguise or trap."""
    with (folder / "profiles.jsonl").open("rb") as stream:
        matchers = {profile.id: matcher_of(profile) for profile in read_profiles(stream, file="profiles", problems=[])}
    by_file: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    by_kind: dict[str, Tally] = defaultdict(Tally)
    for file in sorted(folder.glob("*.jsonl")):
        for case in read_lines(file) if file.stem != "profiles" else ():
            is_found = bool(matchers[case["profile"]].find(case["text"]))
            by_file[file.stem][case["part"]].add(is_her=case["mention"], is_found=is_found)
            by_kind[case["kind"]].add(is_her=case["mention"], is_found=is_found)
    return by_file, by_kind


def invented_names(letters: int, count: int) -> list[str]:
    """Give random names of so many letters, surname and given letters as often as people bear them."""
    chance, folk = random.Random(SEED), people()  # noqa: S311 - the same names each time
    surnames = sorted((key for key in folk.surnames if len(key) == 1), key=lambda key: -folk.surnames[key])[:SURNAMES]
    weights = [math.exp(folk.surnames[key]) for key in surnames]
    given, given_weights = list(folk.given), [math.exp(value) for value in folk.given.values()]
    names: dict[str, None] = {}
    while len(names) < count:
        surname = chance.choices(surnames, weights=weights)[0]
        names[surname + "".join(chance.choices(given, weights=given_weights, k=letters - 1))] = None
    return list(names)


def false_alarms(names: Sequence[str], posts: Sequence[str], *, has_context: bool) -> float:
    """Give the false hits a name a million posts; a post that names somebody of that very name counts as false too."""
    chance = random.Random(SEED)  # noqa: S311 - the same terms each time
    profiles = [
        as_watched(
            WatchProfile(id=name, names=(name,), context=tuple(chance.sample(TERMS.split(), 2)) if has_context else ())
        )
        for name in names
    ]
    found = NameMatcher(profiles, now=NOW).find_all(posts)
    hits = sum(len({finding.profile_id for finding in findings}) for findings in found)
    return hits / len(names) / len(posts) * 1e6


def _together(tallies: Iterable[Tally]) -> Tally:
    each = list(tallies)
    return Tally(
        found=sum(tally.found for tally in each),
        missed=sum(tally.missed for tally in each),
        false=sum(tally.false for tally in each),
        silent=sum(tally.silent for tally in each),
    )


def _row(*cells: object) -> str:
    return "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells) + " |"


def _header(*cells: str) -> list[str]:
    return [_row(*cells), "|" + " --- |" * len(cells)]


def report_synthetic(file: Path) -> Iterator[str]:
    """Give the tables of the synthetic development set."""
    kinds, plain = measure_synthetic(file)
    yield "### Synthetic development set (one name, no context)"
    yield f"\nNot marked as hard: recall {plain.recall:.3f} (goal .97), precision {plain.precision:.3f} (goal .97).\n"
    yield from _header("disguise", "texts", "found")
    for label, tally in kinds.of.items():
        yield _row(label, tally.about_her + tally.traps, tally.found + tally.false)


def report_cases(folder: Path) -> Iterator[str]:
    """Give the tables of our own cases."""
    by_file, by_kind = measure_cases(folder)
    deep = _together(tally for name in DEPTH for tally in by_file[name].values())
    yield "\n### Our own cases in context\n"
    yield (
        f"Chinese and English together: {deep.about_her} about her, {deep.traps} traps: "
        f"precision {deep.precision:.3f}, recall {deep.recall:.3f}, F1 {deep.f1:.3f} (goal .95).\n"
    )
    yield from _header("file", "part", "about her", "traps", "precision", "recall", "F1")
    for name, parts in by_file.items():
        for part, tally in sorted(parts.items()):
            yield _row(name, part, tally.about_her, tally.traps, tally.precision, tally.recall, tally.f1)
    yield "\nBy what is written (all files):\n"
    yield from _header("kind", "about her: found / all", "traps: silent / all")
    for kind, tally in sorted(by_kind.items()):
        asked, traps = tally.about_her, tally.traps
        yield _row(kind, f"{tally.found} / {asked}" if asked else "", f"{tally.silent} / {traps}" if traps else "")


def report_false_alarms(folder: Path) -> Iterator[str]:
    """Give the false alarms on real posts."""
    files = [folder / f"text/{name}.jsonl.gz" for name in CHINESE_POSTS]
    posts = [row["text"] for file in files if file.exists() for row in read_lines(file)]
    yield f"\n### False alarms a name a million unrelated posts ({len(posts)} real Chinese posts)\n"
    yield from _header("names", "count", "no context known", "two context terms each", "goal")
    groups = (
        ("random, three letters", invented_names(3, 1_000), 5),
        ("random, two letters", invented_names(2, 200), 30),
        ("ordinary words", WORDS.split(), 100),
    )
    for label, names, goal in groups:
        bare, known = (false_alarms(names, posts, has_context=has_context) for has_context in (False, True))
        yield _row(label, len(names), f"{bare:.2f}", f"{known:.2f}", f"≤ {goal}")


def report(data: Path, cases: Path) -> Iterator[str]:
    """Give the whole section, line by line."""
    parts: Iterable[tuple[Path, Any]] = (
        (data / "names/name_variants_synth_dev.jsonl", report_synthetic),
        (cases, report_cases),
        (data / "text", lambda folder: report_false_alarms(folder.parent)),
    )
    for place, part in parts:
        if place.exists():
            yield from part(place)
        else:
            sys.stderr.write(f"skipped: {place} is not there (set SHOUWANG_DATA to the folder of public data)\n")


def write_between_marks(file: Path, section: str) -> None:
    """Replace what stands between the marks."""
    text = file.read_text(encoding="utf-8")
    replaced = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{section}\n{END}", text, flags=re.DOTALL)
    file.write_text(replaced, encoding="utf-8")


def main() -> None:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SHOUWANG_DATA", "../shared/data")))
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    section = "\n".join(report(chosen.data, chosen.cases))
    if chosen.write:
        write_between_marks(chosen.write, section)
    sys.stdout.write(section + "\n")


if __name__ == "__main__":
    main()
