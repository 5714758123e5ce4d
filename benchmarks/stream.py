"""Posts a second of Bluesky's stream on one core: replayed by a Jetstream, read, matched for a thousand profiles.

    python benchmarks/stream.py [--posts FOLDER] [--profiles 1000] [--count 40000]

A Jetstream in another process (tests/servers/jetstream.py) replays real Chinese posts and English tweets as frames of
its version 2; ours connects as in production and reads every language, so that nothing is left out. CPU time of this
process alone, the best of three rounds. Beside it the real network: 2.2 million posts a day, 130,000 in the busiest hour
(https://dev.to/arielle_houlier_21f42996e/building-real-time-bluesky-analytics-ingesting-22m-postsday-from-the-firehose-ccm,
2026-03-24).
"""

import argparse
import gzip
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from monitors.matching.names.matcher import NameMatcher
from monitors.records import Post, Query
from monitors.sources.bluesky import BlueskySource, Network
from monitors.sources.guard import Guard
from monitors.sources.pace import Pace, SystemClock
from monitors.sources.requester import Requester

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
USUAL, BUSIEST = 2_200_000 / 86_400, 130_000 / 3_600
"""Posts a second of the real network."""
ROUNDS = 3
SERVE = """
import json, sys, time
sys.path.insert(0, {root!r})
from tests.servers.jetstream import Jetstream, serving

stream = Jetstream()
now = time.time_ns() // 1_000
for number, line in enumerate(sys.stdin):
    stream.post(json.loads(line), us=now - 60_000_000 + number)
with serving(stream):
    print(stream.port, flush=True)
    time.sleep(3_600)
"""


def read_posts(folder: Path, count: int) -> list[str]:
    """Give that many posts, over and over again from what there is."""
    found = []
    for file in ("cold", "swsr", "edos"):
        with gzip.open(folder / f"text/{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [json.loads(line)["text"] for line in lines]
    return list(islice(cycle(found), count))


@contextmanager
def replaying(texts: Sequence[str]) -> Iterator[str]:
    """Let a Jetstream in another process replay these; give its address."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE.format(root=str(ROOT))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.writelines(json.dumps(text) + "\n" for text in texts)
        server.stdin.close()
        yield f"ws://127.0.0.1:{int(server.stdout.readline())}/xrpc/network.bsky.jetstream.subscribeEvents"
    finally:
        server.kill()
        server.wait()


def read(stream: str) -> Iterator[tuple[Post, ...]]:
    """Read the stream once, from ten minutes ago until it has caught up."""
    clock = SystemClock()
    guard = Guard(allow_hosts=[stream.split("/")[2]])
    requester = Requester(guard=guard, clock=clock, pace=Pace(clock=clock, interval=timedelta(0)))
    source = BlueskySource(Network(stream=stream, languages=()), requester, mac=str)
    for delta in source.fetch([Query(words=("x",))], None, datetime.now(UTC) + timedelta(minutes=10)):
        yield delta.posts


def rate(stream: str, matcher: NameMatcher | None, count: int) -> float:
    """Give the posts a second of the best round."""
    best = math.inf
    for _ in range(ROUNDS):
        start, seen = time.process_time(), 0
        for posts in read(stream):
            seen += len(posts)
            if matcher is not None:
                matcher.match(posts)
        assert seen == count, f"{seen} of {count}"
        best = min(best, time.process_time() - start)
    return count / best


def main() -> None:
    """Print the table."""
    from benchmarks.names import NOW, invented_profiles

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=Path, default=Path("../shared/data"))
    parser.add_argument("--profiles", type=int, default=1_000)
    parser.add_argument("--count", type=int, default=40_000)
    asked = parser.parse_args()
    texts = read_posts(asked.posts, asked.count)
    matcher = NameMatcher(invented_profiles(asked.profiles), now=NOW)
    with replaying(texts) as stream:
        alone, matched = rate(stream, None, asked.count), rate(stream, matcher, asked.count)
    print(f"| {'what':42} | posts/s | times the usual | times the busiest hour |")
    print("|---|---:|---:|---:|")
    for what, value in (("read", alone), (f"read and matched for {asked.profiles:,} profiles", matched)):
        print(f"| {what:42} | {value:7,.0f} | {value / USUAL:6,.0f} | {value / BUSIEST:6,.0f} |")


if __name__ == "__main__":
    main()
