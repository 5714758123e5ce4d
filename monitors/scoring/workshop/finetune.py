"""Teaches the encoder itself what the heads look for, before it is exported and the heads are fitted anew.

    python -m monitors.scoring.workshop.finetune FOLDER OUT_FOLDER [--epochs N] [--minutes M]

FOLDER holds packed weights, or what an earlier run wrote: a corpus that grew is learned from there in fewer epochs.
Own posts (train families) teach categories and stance, public posts ``abusive`` and what is none of ours.
Word embeddings stay as they are, so that their 4 bits stay exact.
The heads of this training are thrown away: ``train_heads`` fits new ones on the exported engine.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from monitors.records import Category, Stance
from monitors.scoring.corpus import read_corpus
from monitors.scoring.workshop.export import load_bert, run_layers
from monitors.scoring.workshop.lessons import SEED, UNKNOWN, Lesson, own_lessons, public_lessons

_OWN, _PUBLIC = 24, 3
"""Posts of each kind in a step: public ones keep the model broad, own ones are what it is for."""
_PLAIN: Final = 0.55
"""Share of own posts that are read in their plain version."""
_RATE: Final = 6e-5
_HEAD_RATE: Final = 2e-3
_DECAY_A_LAYER: Final = 0.85
"""Lower layers, which know languages, move less than upper ones, which know meanings."""
_FROZEN_LAYERS: Final = 2
"""With the embeddings: their states are computed once. Five were a third faster and a little worse: mean average
precision .802 instead of .806 after five epochs (2026-11-23, 1,008 dev posts)."""
_WARM_UP: Final = 0.08
_AVERAGED_OVER: Final = 50
"""Steps that the written weights are an average of: the mean of many models errs less than the last of them."""
_WRITTEN_EVERY: Final = 100
_WIDTHS: Final = 8
"""Texts of a batch are padded to a multiple of this: the kernels are made anew for each new width."""

Batch = list[tuple[Lesson, int]]
"""Lessons, each with the version that is read."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write weights that ``export`` takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("to", type=Path)
    parser.add_argument("--epochs", type=float, default=8)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="be done by then, whatever was learned")
    options = parser.parse_args(arguments)
    finetune(options.folder, options.to, epochs=options.epochs, minutes=options.minutes)


def finetune(folder: Path, to: Path, *, epochs: float, minutes: float) -> None:
    """Fine-tune and write a folder with plain weights and the base's tokenizer and configuration."""
    import torch

    torch.manual_seed(SEED)
    model = load_bert(folder)
    heads = _heads(model.config.hidden_size)
    optimiser = torch.optim.AdamW(_groups(model, heads), weight_decay=0.01)
    rates = [group["lr"] for group in optimiser.param_groups]
    average = {name: tensor.detach().clone() for name, tensor in _trained(model).items()}
    model.train()
    started = time.monotonic()
    for step, (batch, learned) in enumerate(_batches(folder)):
        spent = time.monotonic() - started
        progress = max(learned / epochs, spent / 60 / minutes)
        if progress >= 1:
            break
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * min(progress / _WARM_UP, 1.0) * (1 - progress)
        loss = _loss(model, heads, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        for name, tensor in _trained(model).items():
            average[name].lerp_(tensor.detach(), 1 / min(step + 1, _AVERAGED_OVER))
        if step % 10 == 0:
            sys.stdout.write(f"{step} {learned:.2f} epochs, loss {loss.item():.4f}, {spent:.0f}s\n")
            sys.stdout.flush()
        if step % _WRITTEN_EVERY == _WRITTEN_EVERY - 1:
            save(model.state_dict() | average, folder, to)
    save(model.state_dict() | average, folder, to)


def save(weights: dict[str, Any], folder: Path, to: Path) -> None:
    """Write a folder that ``export`` and sentence-transformers load."""
    import shutil

    from safetensors.numpy import save_file

    shutil.copytree(folder, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors"))
    (to / "2_Normalize").mkdir(exist_ok=True)
    arrays = {name: tensor.detach().numpy().astype(np.float32) for name, tensor in weights.items()}
    save_file(arrays, str(to / "model.safetensors"), {"format": "pt"})


def _trained(model: Any) -> dict[str, Any]:
    return {name: tensor for name, tensor in model.named_parameters() if tensor.requires_grad}


def _heads(width: int) -> Any:
    import torch

    return torch.nn.ModuleDict(
        {
            "labels": torch.nn.Linear(width, len(Category) + 1),
            "kind": torch.nn.Linear(width, len(Category) + 1),
            "stance": torch.nn.Linear(width, len(Stance)),
        }
    )


def _batches(folder: Path) -> Iterator[tuple[Batch, float]]:
    """Own lessons in a new order each epoch, a few public ones beside them; and how many epochs went before.

    The corpus is read anew each epoch: what its writers add while this runs is learned too.
    """
    random = Random(SEED)  # noqa: S311 - an order, not a secret
    public = public_lessons(folder)
    known: dict[str, Lesson] = {}
    for epoch in count():
        new = [example for example in read_corpus() if example.split == "train" and example.id not in known]
        known |= {example.id: lesson for example, lesson in zip(new, own_lessons(folder, new), strict=True)}
        batches = _of_one_length([(lesson, _version(lesson, random)) for lesson in known.values()], random)
        for place, ours in enumerate(batches):
            yield ours + [(lesson, 0) for lesson in random.sample(public, _PUBLIC)], epoch + place / len(batches)


def _version(lesson: Lesson, random: Random) -> int:
    return 0 if random.random() < _PLAIN else random.randrange(1, len(lesson.versions))


def _of_one_length(lessons: Batch, random: Random) -> list[Batch]:
    """Batches in random order, each of texts of about one length: padding is wasted work."""
    order = sorted(lessons, key=lambda pair: len(pair[0].versions[pair[1]]) + random.uniform(-3, 3))
    batches = [order[start : start + _OWN] for start in range(0, len(order), _OWN)]
    return random.sample(batches, len(batches))


def _loss(model: Any, heads: Any, batch: Batch) -> Any:
    import torch

    # In two passes: public posts are long, and short ones beside them would be mostly padding.
    states = torch.cat([_encode(model, part) for part in (batch[:-_PUBLIC], batch[-_PUBLIC:])])
    answers = torch.tensor([lesson.answers.labels for lesson, _ in batch])
    known = ~answers.isnan()
    by_label = torch.nn.functional.binary_cross_entropy_with_logits(
        heads["labels"](states)[known], answers[known], pos_weight=torch.tensor(3.0)
    )
    by_kind = _cross_entropy(heads["kind"](states), [lesson.answers.kind for lesson, _ in batch])
    by_stance = _cross_entropy(heads["stance"](states), [lesson.answers.stance for lesson, _ in batch])
    return by_label + 0.3 * by_kind + 0.4 * by_stance


def _cross_entropy(margins: Any, answers: list[int]) -> Any:
    import torch

    return torch.nn.functional.cross_entropy(margins, torch.tensor(answers), ignore_index=UNKNOWN, label_smoothing=0.05)


def _encode(model: Any, batch: Batch) -> Any:
    """Mean of the last states, scaled to length 1 and then up: what the exported engine gives, with room to learn."""
    import torch

    _remember_states(model, [pair for pair in batch if pair[1] not in pair[0].states])
    states, mask = _states(batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = run_layers(model.encoder.layer[_FROZEN_LAYERS:], states, mask, model.config.num_attention_heads)
    weights = mask[..., None].float()
    mean = (states.float() * weights).sum(1) / weights.sum(1)
    return torch.nn.functional.normalize(mean) * mean.shape[-1] ** 0.5


def _remember_states(model: Any, batch: Batch) -> None:
    """Keep the states after the frozen layers, in 16 bits: they never change."""
    import torch

    if not batch:
        return
    ids, mask = _padded([lesson.versions[version] for lesson, version in batch])
    frozen = model.encoder.layer[:_FROZEN_LAYERS]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        states = run_layers(frozen, model.embeddings(input_ids=ids), mask, model.config.num_attention_heads)
    for row, (lesson, version) in enumerate(batch):
        lesson.states[version] = states[row, : len(lesson.versions[version])].half()


def _states(batch: Batch) -> tuple[Any, Any]:
    import torch

    _, mask = _padded([lesson.versions[version] for lesson, version in batch])
    states = torch.zeros(*mask.shape, batch[0][0].states[batch[0][1]].shape[-1])
    for row, (lesson, version) in enumerate(batch):
        states[row, : len(lesson.versions[version])] = lesson.states[version].float()
    return states, mask


def _padded(tokens: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    import torch

    width = -(-max(map(len, tokens)) // _WIDTHS) * _WIDTHS
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


if __name__ == "__main__":
    main()
