"""A crash series: runs that are killed with -9 at random moments while an archive grows, then one left alone.

`make soak` (ROUNDS=40 unless set, a few minutes, everything on this machine). In the end every planted post must be
one hit, the counts of every stage must add up, evidence and index must be sound; else it exits with 1.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = int(os.environ.get("ROUNDS", "40"))
POSTS_A_ROUND = 300
LONGEST_LIFE_SECONDS = 5.0
NAME = "林晓月"


def main() -> None:
    """Kill, finish, check."""
    chance = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"SHOUWANG_HOME": str(Path(folder) / "home"), "SHOUWANG_LOG_FORMAT": "quiet"}
        archive = Path(folder) / "posts.jsonl"
        protect_her()
        kills = 0
        for number in range(ROUNDS):
            grow(archive, number)
            kills += is_killed(archive, chance.uniform(0.3, LONGEST_LIFE_SECONDS))
        finish(archive)
        print(f"rounds {ROUNDS}, killed {kills}, posts {ROUNDS * POSTS_A_ROUND}")
        problems = find_problems()
    print("\n".join(problems) or "every planted post is one hit; counts, evidence and index are sound")
    sys.exit(bool(problems))


def protect_her() -> None:
    """Register an invented person."""
    from monitors import app
    from monitors.cli.demo.people import register_invented

    with app.opened() as parts:
        register_invented(parts, "soak", names=(NAME,), address="soak@mail.example")


def grow(archive: Path, number: int) -> None:
    """Add posts to the archive; one of each round is about her."""
    with archive.open("a", encoding="utf-8") as out:
        for post in range(POSTS_A_ROUND):
            text = f"又看到{NAME}了 {number}" if post == POSTS_A_ROUND // 2 else f"今天第 {number}-{post} 次路过食堂"
            out.write(json.dumps({"id": f"{number}-{post}", "text": text}, ensure_ascii=False) + "\n")


def command(archive: Path) -> list[str]:
    """Give the run of the archive."""
    return [sys.executable, "-m", "monitors.cli", "run", "--source", f"jsonl:{archive}"]


def is_killed(archive: Path, seconds: float) -> bool:
    """Start a run and kill it after so long; False where it was through before."""
    process = subprocess.Popen(command(archive), stdout=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    if process.poll() is not None:
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def finish(archive: Path) -> None:
    """Run once without disturbing it."""
    subprocess.run(command(archive), check=True, stdout=subprocess.DEVNULL)


def find_problems() -> list[str]:
    """Name everything that is not as it has to be."""
    from monitors import app
    from monitors.evidence.verify import verify
    from monitors.ledger import batches, hits
    from monitors.messages import say_in
    from monitors.records import Stage

    with app.opened() as parts:
        with parts.ledger.reading() as ledger:
            found = [hit.post.text for hit in hits.iter_all(ledger, parts.vault, stage=Stage.INDEX)]
            problems = [f"leak: {leak}" for leak in batches.leaks(ledger)]
        if len(found) != ROUNDS or len(set(found)) != ROUNDS:
            problems.append(f"hits: {len(found)} ({len(set(found))} different) instead of {ROUNDS}")
        problems += [finding.told(say_in("en")) for finding in verify(parts.sealer)]
        return problems + parts.index().check()


if __name__ == "__main__":
    main()
