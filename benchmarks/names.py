"""Posts a second of the name matcher, side by side with what else could be done.

    python benchmarks/names.py [--posts FOLDER] [--sizes 1 10 100 1000 10000]

One run, one core, the same posts, the same patterns. ``limit`` is raw ahocorasick_rs over raw text: it knows no
disguise that is not spelled out, no boundaries, no evidence. ``in`` asks for each pattern in turn, ``rapidfuzz`` for the
best partial ratio of each name; both are run on as many posts as a few seconds allow. pyahocorasick is in the
dependency group ``bench``. Times are CPU times of this process, the best of three rounds.
"""

import argparse
import gzip
import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import ahocorasick_rs
from rapidfuzz import fuzz

from monitors.matching.names.match_lines import as_watched
from monitors.matching.names.matcher import NameMatcher
from monitors.matching.names.plausibility import people
from monitors.matching.names.shelf import build_shelf
from monitors.records import WatchProfile

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CITIES = [
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "成都",
    "武汉",
    "南京",
    "西安",
    "重庆",
    "天津",
    "苏州",
    "长沙",
    "郑州",
    "青岛",
    "大连",
    "厦门",
    "宁波",
    "昆明",
    "合肥",
]
KINDS = ["大学", "学院", "中学", "科技", "镇"]
SECONDS = 3.0
"""How long a slow baseline may run."""


def read_posts(folder: Path) -> list[str]:
    """Give the posts of COLD and SWSR."""
    found = []
    for file in ("cold", "swsr"):
        with gzip.open(folder / f"text/{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [json.loads(line)["text"] for line in lines]
    return found


def invented_profiles(count: int) -> list[WatchProfile]:
    """Give profiles with names as people bear them, four of five in three letters, and two context terms each."""
    chance, folk = random.Random(7), people()
    surnames = sorted((key for key in folk.surnames if len(key) == 1), key=lambda key: -folk.surnames[key])[:150]
    weights = [math.exp(folk.surnames[key]) for key in surnames]
    given, given_weights = list(folk.given), [math.exp(value) for value in folk.given.values()]

    def letters(number: int) -> str:
        return "".join(chance.choices(given, weights=given_weights, k=number))

    return [
        as_watched(
            WatchProfile(
                id=str(number),
                names=(chance.choices(surnames, weights=weights)[0] + letters(chance.choice([1, 2, 2, 2, 2])),),
                context=(letters(2) + chance.choice(KINDS), chance.choice(CITIES)),
            )
        )
        for number in range(count)
    ]


def patterns_of(profiles: Sequence[WatchProfile]) -> list[str]:
    """Give every pattern that the matcher looks for, in letters and in sounds."""
    from monitors.matching.names.shelf import spelled_patterns

    return spelled_patterns(profiles)


def cpu_seconds(work: Callable[[], object], *, rounds: int = 3) -> float:
    """Give the CPU time of the best round."""
    best = math.inf
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def some_posts(posts: Sequence[str], one: Callable[[str], object]) -> float:
    """Give the posts a second of a slow way, run on as many as ``SECONDS`` allow."""
    start, done = time.process_time(), 0
    for text in posts:
        one(text)
        done += 1
        if time.process_time() - start > SECONDS:
            break
    return done / (time.process_time() - start)


def peak_of_building(size: int) -> float:
    """Give the most memory, in MB, of a process that builds a matcher of so many profiles and does nothing else."""
    done = subprocess.run(
        [sys.executable, __file__, "--build-only", str(size)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def build_only(size: int) -> None:
    """Build a matcher and print the most memory that this process ever held, in MB."""
    NameMatcher(invented_profiles(size), now=NOW)
    # Not getrusage: its peak is handed down from the parent, which holds all posts.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def measure(size: int, posts: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Give the figures of one size."""
    profiles = invented_profiles(size)
    start = time.process_time()
    matcher = NameMatcher(profiles, now=NOW)
    yield "build s", time.process_time() - start
    yield "peak MB", peak_of_building(size)
    matcher.find_all(posts[:1000])
    patterns = patterns_of(profiles)
    yield "patterns", len(patterns)
    raw = ahocorasick_rs.AhoCorasick(patterns, store_patterns=False)
    ours, limit = math.inf, math.inf
    for _ in range(3):  # in turns: both meet the same noise of the machine
        ours = min(ours, cpu_seconds(lambda: matcher.find_all(posts), rounds=1))
        limit = min(
            limit,
            cpu_seconds(lambda: [raw.find_matches_as_indexes(text, overlapping=True) for text in posts], rounds=1),
        )
    yield "posts/s", len(posts) / ours
    yield "limit", len(posts) / limit
    yield "of limit", limit / ours
    yield from _baselines(profiles, patterns, posts, len(posts) / ours)


def _baselines(
    profiles: Sequence[WatchProfile], patterns: Sequence[str], posts: Sequence[str], ours: float
) -> Iterator[tuple[str, float]]:
    names = [profile.names[0] for profile in profiles]
    yield "x in", ours / some_posts(posts, lambda text: [pattern for pattern in patterns if pattern in text])
    yield "x rapidfuzz", ours / some_posts(posts, lambda text: max(fuzz.partial_ratio(name, text) for name in names))
    try:
        import ahocorasick  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return
    slow = ahocorasick.Automaton()
    for pattern in patterns:
        slow.add_word(pattern, pattern)
    slow.make_automaton()
    yield "x pyahocorasick", ours / some_posts(posts, lambda text: list(slow.iter(text)))


def changed_profile(size: int) -> float:
    """Give the seconds by the clock until one changed profile among these is found."""
    profiles = invented_profiles(size)
    matcher = NameMatcher(profiles, now=NOW)
    changed = [as_watched(WatchProfile(id="0", names=("林晓月",), context=("青河学院",))), *profiles[1:]]
    start = time.perf_counter()
    if not NameMatcher(changed, now=NOW, before=matcher).find("林·晓·月"):
        raise SystemExit("the changed profile is not found")
    return time.perf_counter() - start


def main() -> None:
    """Print a table, one line a size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--posts", type=Path, default=Path("../shared/data"))
    parser.add_argument("--build-only", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1, 10, 100, 1_000, 10_000])
    chosen = parser.parse_args()
    if chosen.build_only:
        build_only(chosen.build_only)
        return
    posts = read_posts(chosen.posts)
    build_shelf(invented_profiles(1), {})  # tables are read before anything is timed
    print(f"{len(posts)} posts of {sum(map(len, posts)) / len(posts):.0f} code points")
    for size in chosen.sizes:
        figures = dict(measure(size, posts))
        if size > 1:
            figures["changed live s"] = changed_profile(size)
        cells = (f"{key} {_shown(value)}" for key, value in figures.items())
        print(f"{size:>6} profiles  " + "  ".join(cells), flush=True)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


if __name__ == "__main__":
    main()
