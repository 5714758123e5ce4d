"""Posts a second of judging texts, beside what else could be done.

    python benchmarks/text.py [--reference FOLDER] [--posts N] [--rounds N]

``ours`` is the whole path: normalise, mask, encode, heads, stance, nearest example, terms. ``bare`` is the same ONNX
file in a plain onnxruntime session with its tokenizer, batches of 32 of one length, nothing before or after it.
``tfidf`` is scikit-learn's char TF-IDF with logistic regression; ``torch`` is SentenceTransformer.encode in 32-bit
floats, batch 32, of the weights in ``--reference`` (what ``finetune`` wrote). Posts are the corpus, put together and cut
to one length. Rounds take turns and the best counts, since the machine is shared; times are CPU times on one core, wall
times on two.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from monitors.scoring.corpus import read_corpus
from monitors.scoring.encoder import ModelError
from monitors.scoring.manifest import read_manifest
from monitors.scoring.onnx_encoder import SHIPPED
from monitors.scoring.scorer import shipped_scorer

Run = Callable[[Sequence[str]], object]
BATCH = 32
START = """
import time
began = time.perf_counter()
from monitors.scoring.scorer import shipped_scorer
scorer = shipped_scorer(threads=1)
scorer.score_texts(["一条帖子"])
print(f"{time.perf_counter() - began:.2f}")
scorer.score_texts(["她说的话" * 50] * 256)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--posts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"CPU: {cpu()}\n")
    print("| letters | cores | ours | bare | ours / bare | tfidf | torch fp32 |\n|---|---|---|---|---|---|---|")
    for threads in (1, 2):
        runs = runs_of(threads, options.reference)
        for length in (20, 60, 200):
            print(row(runs, posts_of(length, options.posts), length, threads, options.rounds), flush=True)
    seconds, megabytes = start_up()
    print(f"\nStart to the first reading: {seconds} s; peak memory with 256 posts of 200 letters: {megabytes} MB")


def runs_of(threads: int, reference: Path | None) -> dict[str, Run]:
    """Everything that is compared, loaded and warm."""
    runs = {"ours": shipped_scorer(threads=threads).score_texts, "bare": bare(threads), "tfidf": tfidf()}
    torch = reference and sentence_transformer(reference, threads)
    if torch:
        runs["torch"] = torch
    for run in runs.values():
        run(["一条帖子"])
    return runs


def row(runs: dict[str, Run], posts: Sequence[str], length: int, threads: int, rounds: int) -> str:
    """One length on so many cores."""
    clock = time.process_time if threads == 1 else time.perf_counter
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            began = clock()
            run(posts)
            best[name] = min(best[name], clock() - began)
    speed = {name: len(posts) / seconds for name, seconds in best.items()}
    torch = f"{speed['torch']:.0f}" if "torch" in speed else "–"
    return (
        f"| {length} | {threads} | {speed['ours']:.0f} | {speed['bare']:.0f} | {speed['ours'] / speed['bare']:.2f}"
        f" | {speed['tfidf']:.0f} | {torch} |"
    )


def posts_of(length: int, count: int) -> list[str]:
    """Posts of one length, cut from the corpus; no two begin alike."""
    texts = [example.text for example in read_corpus() if example.lang == "zh-Hans"]
    joined = cycle(texts)
    posts = []
    for start in islice(cycle(texts), count):
        post = start
        while len(post) < length:
            post += next(joined)
        posts.append(post[:length])
    return posts


def bare(threads: int) -> Run:
    """The model and its tokenizer, nothing else."""
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(SHIPPED / "encoder.onnx"), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    manifest = read_manifest(SHIPPED)
    tokenizer.enable_truncation(manifest.max_tokens)
    tokenizer.enable_padding(pad_id=0)

    def run(texts: Sequence[str]) -> None:
        ordered = sorted(texts, key=len)
        for start in range(0, len(ordered), BATCH):
            pieces = tokenizer.encode_batch([manifest.prefix + text for text in ordered[start : start + BATCH]])
            ids = np.array([piece.ids for piece in pieces])
            mask = np.array([piece.attention_mask for piece in pieces])
            session.run(None, {"input_ids": ids, "attention_mask": mask})

    return run


def tfidf() -> Run:
    """The usual baseline: one head a category."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    learned = [example for example in read_corpus() if example.split == "train"]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
    model = LogisticRegression(max_iter=200)
    kinds = [example.categories[0].value if example.categories else "" for example in learned]
    model.fit(vectorizer.fit_transform([example.text for example in learned]), kinds)
    return lambda texts: model.predict_proba(vectorizer.transform(texts))


def sentence_transformer(folder: Path, threads: int) -> Run | None:
    """The same weights in 32-bit floats, where torch is installed."""
    try:
        from monitors.scoring.st_encoder import SentenceTransformerEncoder

        return SentenceTransformerEncoder(folder, prefix=read_manifest(SHIPPED).prefix, threads=threads).encode
    except ModelError:
        print("torch is not installed: uv sync --extra sentence-transformers")
        return None


def start_up() -> tuple[str, str]:
    """Seconds to the first reading and peak memory, of a process of its own."""
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    seconds, megabytes = done.stdout.split()
    return seconds, str(int(megabytes) // 1024)


def cpu() -> str:
    """The processor and what of it matters here."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    facts = dict(line.replace("\t", "").split(": ", 1) for line in lines if ": " in line)
    flags = [flag for flag in facts["flags"].split() if flag.startswith(("avx512_vnni", "avx512_bf16", "amx"))]
    return f"{facts['model name']}, {' '.join(flags) or 'no VNNI'}"


if __name__ == "__main__":
    main()
