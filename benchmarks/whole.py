"""The whole way over every real post at hand with invented ones planted among them: `make bench`.

Reads `SHOUWANG_DATA/text` (about 90,000 posts), plants 200 posts about five invented people, runs the product as a
person would (`run --source jsonl:FILE`), and prints posts a second, the peak of memory early and late, which planted
posts were found, and whether the counts of every stage add up. Nothing of the data is kept.
"""

import gzip
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

DATA = Path(os.environ.get("SHOUWANG_DATA", "../shared/data"))
PEOPLE = {
    "bench-a": ("林晓月", "青河学院", "zh-CN"),
    "bench-b": ("欧阳若澜", "云栖中学", "zh-CN"),
    "bench-c": ("沈知微", "南浦大学", "zh-CN"),
    "bench-d": ("陳雅筑", "北嶺高中", "zh-CN"),
    "bench-e": ("Nora Castellane", "Fernhill College", "en"),
}
SENTENCES = {
    "zh-CN": (
        "听说{place}的{name}是靠陪人吃饭上位的",
        "谁有{name}的照片，私聊，价格好说",
        "{name}借钱不还，大家小心",
        "请不要再传{name}的谣言了，都是假的",
        "恭喜{name}在{place}拿了奖学金",
        "{name}你等着，放学别走",
        "今天在{place}门口又看到{name}了",
        "有人知道{name}和那位老师的事吗",
    ),
    "en": (
        "everyone says {name} slept her way into {place}",
        "selling pictures of {name}, message me",
        "{name} never pays back what she borrows",
        "please stop spreading lies about {name}",
        "{name} won the art prize at {place} this year",
        "just wait, {name}, you will regret it",
        "saw {name} near {place} again today",
        "does anybody know what happened with {name}",
    ),
}
PLANTED = 200


def main() -> None:
    """Run once and print the table."""
    files = sorted((DATA / "text").glob("*.jsonl.gz"))
    if not files:
        sys.exit(f"skipped: no posts in {DATA / 'text'}; set SHOUWANG_DATA")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        archive = home / "posts.jsonl"
        total = write_archive(archive, files)
        os.environ |= {"SHOUWANG_HOME": str(home / "home"), "SHOUWANG_FETCH_SECONDS": "7200"}
        print_figures(total, run_product(archive))


def write_archive(archive: Path, files: list[Path]) -> int:
    """Write every real post with the invented ones spread evenly among them; give the number of lines."""
    planted = list(planted_posts())
    real = sum(1 for _ in real_posts(files))
    every, count = max(1, real // PLANTED), 0
    with archive.open("w", encoding="utf-8") as out:
        for number, line in enumerate(real_posts(files)):
            if number % every == 0 and planted:
                out.write(planted.pop() + "\n")
                count += 1
            out.write(line + "\n")
            count += 1
        out.writelines(line + "\n" for line in planted)
    return count + len(planted)


def real_posts(files: list[Path]) -> Iterator[str]:
    """Give every real post as a line with a new id."""
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield json.dumps({"id": row["id"], "text": row["text"]}, ensure_ascii=False)


def planted_posts() -> Iterator[str]:
    """Give the invented posts, forty about each person; no two are the same."""
    chance = random.Random(7)
    for person, (name, place, language) in PEOPLE.items():
        for number in range(PLANTED // len(PEOPLE)):
            sentence = SENTENCES[language][number % len(SENTENCES[language])].format(name=name, place=place)
            tail = "" if number < len(SENTENCES[language]) else f" #{chance.randrange(10_000)}"
            yield json.dumps({"id": f"planted-{person}-{number}", "text": sentence + tail}, ensure_ascii=False)


def run_product(archive: Path) -> dict[str, object]:
    """Register the five people and take the archive the whole way; give the figures."""
    from monitors import app, pipeline
    from monitors.cli.demo.people import register_invented
    from monitors.ledger import batches, hits
    from monitors.records import Stage

    with app.opened() as parts:
        for number, (profile_id, (name, place, language)) in enumerate(PEOPLE.items()):
            register_invented(
                parts,
                profile_id,
                names=(name,),
                context=(place,),
                language=language,
                address=f"p{number}@mail.example",
            )
        started, peaks, posts = time.monotonic(), [], 0
        name, with_archive = app.find_source(parts, f"{app.JSONL}{archive}")
        with closing(pipeline.watch(with_archive, name)) as run:
            for batch in run:
                posts += batch.count
                peaks.append(peak_mb())
        seconds = time.monotonic() - started
        with parts.ledger.reading() as ledger:
            found = [hit.post.id for hit in hits.iter_all(ledger, parts.vault, stage=Stage.INDEX)]
            leaks = batches.leaks(ledger)
    return {"posts": posts, "seconds": seconds, "peaks": peaks, "found": found, "leaks": leaks}


def print_figures(total: int, figures: dict[str, object]) -> None:
    """Print what was measured."""
    found = [post for post in figures["found"] if isinstance(post, str)]  # type: ignore[attr-defined]
    planted = [post for post in found if "planted-" in post]
    peaks: list[float] = figures["peaks"]  # type: ignore[assignment]
    quarter = max(1, len(peaks) // 4)
    print(f"lines                {total}")
    print(f"posts read           {figures['posts']} (the rest are duplicates by id and text)")
    print(f"seconds              {figures['seconds']:.1f}")
    print(f"posts a second       {figures['posts'] / figures['seconds']:.0f}")  # type: ignore[operator]
    print(f"peak MB, 1st quarter {peaks[quarter - 1]:.0f}")
    print(f"peak MB, end         {peaks[-1]:.0f}")
    print(f"planted found        {len(planted)} of {PLANTED}")
    print(f"other hits           {len(found) - len(planted)}")
    print(f"counts that leak     {figures['leaks']}")


def peak_mb() -> float:
    """Give the highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
