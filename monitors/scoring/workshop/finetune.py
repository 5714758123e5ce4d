"""Teaches the encoder itself what the heads look for, before it is exported and the heads are fitted anew.

    python -m monitors.scoring.workshop.finetune PACKED_FOLDER OUT_FOLDER [--epochs N]

Own posts (train families) teach categories and stance, public posts ``abusive`` and what is none of ours; one
sigmoid a label, unknown answers left out. Word embeddings stay as they are, so that their 4 bits stay exact.
The heads of this training are thrown away: ``train_heads`` fits new ones on the exported engine.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from monitors.records import Category, Stance
from monitors.scoring.corpus import read_corpus
from monitors.scoring.masking import prepare
from monitors.scoring.workshop.export import load_bert, run_layers
from monitors.scoring.workshop.material import is_abusive
from monitors.scoring.workshop.public_data import LEARNED, read_public

_SEED: Final = 20261123
_PREFIX: Final = "query: "
_MAX_TOKENS: Final = 96
_OWN, _PUBLIC = 24, 5
"""Posts of each kind in a step: public ones keep the model broad, own ones are what it is for."""
_RATE: Final = 5e-5
_HEAD_RATE: Final = 2e-3
_DECAY_A_LAYER: Final = 0.85
"""Lower layers, which know languages, move less than upper ones, which know meanings."""
_FROZEN_LAYERS: Final = 5
"""With the embeddings: their states are computed once, which makes training on two cores a matter of minutes."""
_AT_ONCE: Final = 32
_WARM_UP: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One post as the training sees it; NaN and -1 stand for an answer that is not known."""

    tokens: list[int]
    labels: tuple[float, ...]
    stance: int
    states: Any = None
    """After the frozen layers, one row a token: computed once, since they never change."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write weights that ``export`` takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packed", type=Path)
    parser.add_argument("to", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument(
        "--with-dev", action="store_true", help="learn from the dev families too: nothing is left to measure on"
    )
    options = parser.parse_args(arguments)
    splits = ("train", "dev") if options.with_dev else ("train",)
    finetune(options.packed, options.to, epochs=options.epochs, splits=splits)


def finetune(packed: Path, to: Path, *, epochs: int, splits: Sequence[str]) -> None:
    """Fine-tune and write a folder with plain weights and the base's tokenizer and configuration."""
    import torch

    torch.manual_seed(_SEED)
    model = load_bert(packed)
    own = _with_states(model, own_lessons(packed, splits))
    public = _with_states(model, public_lessons(packed))
    heads = torch.nn.ModuleDict(
        {
            "labels": torch.nn.Linear(model.config.hidden_size, len(Category) + 1),
            "stance": torch.nn.Linear(model.config.hidden_size, len(Stance)),
        }
    )
    steps = len(own) // _OWN * epochs
    optimiser = torch.optim.AdamW(_groups(model, heads), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate_at((step + 1) / (steps + 1)))
    model.train()
    started = time.monotonic()
    for step, batch in enumerate(_batches(own, public, steps)):
        loss = _loss(model, heads, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 10 == 0:
            sys.stdout.write(f"{step}/{steps} loss {loss.item():.4f} {time.monotonic() - started:.0f}s\n")
            sys.stdout.flush()
    save(model, packed, to)


def own_lessons(packed: Path, splits: Sequence[str]) -> list[Lesson]:
    """Examples of these splits, with their targets masked."""
    examples = [example for example in read_corpus() if example.split in splits]
    texts = prepare([example.text for example in examples], [example.forms for example in examples])
    return [
        Lesson(
            tokens=tokens,
            labels=(*(float(category in example.categories) for category in Category), _number(is_abusive(example))),
            stance=list(Stance).index(example.stance) if example.stance else -1,
        )
        for example, tokens in zip(examples, _tokens(packed, texts), strict=True)
    ]


def public_lessons(packed: Path) -> list[Lesson]:
    """A fifth of the posts that the heads learn from: no more are drawn in so few steps."""
    posts = [post for name, rows in LEARNED.items() for post in read_public(name, "train", at_most=rows // 5)]
    return [
        Lesson(
            tokens=tokens,
            labels=(
                *(_number(None if category in post.maybe else False) for category in Category),
                _number(post.abusive),
            ),
            stance=-1,
        )
        for post, tokens in zip(posts, _tokens(packed, prepare([post.text for post in posts])), strict=True)
    ]


def save(model: Any, packed: Path, to: Path) -> None:
    """Write a folder that ``export`` and sentence-transformers load."""
    import shutil

    from safetensors.numpy import save_file

    shutil.copytree(packed, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("weights.q.safetensors"))
    (to / "2_Normalize").mkdir(exist_ok=True)
    weights = {name: tensor.detach().numpy().astype(np.float32) for name, tensor in model.state_dict().items()}
    save_file(weights, str(to / "model.safetensors"), {"format": "pt"})


def _tokens(packed: Path, texts: Sequence[str]) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(packed / "tokenizer.json"))
    tokenizer.enable_truncation(_MAX_TOKENS)
    return [piece.ids for piece in tokenizer.encode_batch([_PREFIX + text for text in texts])]


def _number(answer: bool | None) -> float:
    return float("nan") if answer is None else float(answer)


def _batches(own: Sequence[Lesson], public: Sequence[Lesson], steps: int) -> Iterator[list[Lesson]]:
    """Own lessons in a new order each epoch, a few public ones beside them."""
    random = Random(_SEED)  # noqa: S311 - an order, not a secret
    order: list[Lesson] = []
    for _ in range(steps):
        if len(order) < _OWN:
            order = random.sample(list(own), len(own))
        yield [order.pop() for _ in range(_OWN)] + random.sample(list(public), _PUBLIC)


def _loss(model: Any, heads: Any, batch: Sequence[Lesson]) -> Any:
    import torch

    # In two passes: public posts are long, and short ones beside them would be mostly padding.
    parts = (batch[:_OWN], batch[_OWN:])
    states = torch.cat([_encode(model, part) for part in parts])
    answers = torch.tensor([lesson.labels for lesson in batch])
    known = ~answers.isnan()
    stances = torch.tensor([lesson.stance for lesson in batch])
    by_label = torch.nn.functional.binary_cross_entropy_with_logits(
        heads["labels"](states)[known], answers[known], pos_weight=torch.tensor(3.0)
    )
    by_stance = torch.nn.functional.cross_entropy(heads["stance"](states), stances, ignore_index=-1)
    return by_label + 0.3 * by_stance


def _with_states(model: Any, lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons with their states after the frozen layers, in 16 bits."""
    import torch

    done: dict[int, Any] = {}
    order = sorted(range(len(lessons)), key=lambda row: len(lessons[row].tokens))
    with torch.no_grad():
        for start in range(0, len(order), _AT_ONCE):
            rows = order[start : start + _AT_ONCE]
            ids, mask = _padded([lessons[row].tokens for row in rows])
            states = model.embeddings(input_ids=ids)
            states = run_layers(model.encoder.layer[:_FROZEN_LAYERS], states, mask, model.config.num_attention_heads)
            done |= {row: states[place, : len(lessons[row].tokens)].half() for place, row in enumerate(rows)}
    return [replace(lesson, states=done[row]) for row, lesson in enumerate(lessons)]


def _encode(model: Any, lessons: Sequence[Lesson]) -> Any:
    """Mean of the last states, scaled to length 1 and then up: what the exported engine gives, with room to learn."""
    import torch

    states = torch.nn.utils.rnn.pad_sequence([lesson.states.float() for lesson in lessons], batch_first=True)
    _, mask = _padded([lesson.tokens for lesson in lessons])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = run_layers(model.encoder.layer[_FROZEN_LAYERS:], states, mask, model.config.num_attention_heads)
    weights = mask[..., None].float()
    mean = (states.float() * weights).sum(1) / weights.sum(1)
    return torch.nn.functional.normalize(mean) * mean.shape[-1] ** 0.5


def _padded(tokens: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    import torch

    width = max(map(len, tokens))
    ids = torch.tensor([[*of_text, *[1] * (width - len(of_text))] for of_text in tokens])
    mask = torch.tensor([[1] * len(of_text) + [0] * (width - len(of_text)) for of_text in tokens])
    return ids, mask


def _groups(model: Any, heads: Any) -> list[dict[str, Any]]:
    """What is trained, with the rate of each layer; embeddings and the lowest layers are not."""
    layers = list(model.encoder.layer)
    for frozen in (model.embeddings, *layers[:_FROZEN_LAYERS]):
        frozen.requires_grad_(False)
    groups = [
        {"params": list(layer.parameters()), "lr": _RATE * _DECAY_A_LAYER ** (len(layers) - 1 - place)}
        for place, layer in enumerate(layers)
        if place >= _FROZEN_LAYERS
    ]
    return [*groups, {"params": list(heads.parameters()), "lr": _HEAD_RATE}]


def _rate_at(progress: float) -> float:
    return min(progress / _WARM_UP, 1.0) * (1 - progress)


if __name__ == "__main__":
    main()
