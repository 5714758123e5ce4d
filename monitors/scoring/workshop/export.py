"""Makes the shipped encoder: packed weights to an ONNX file that needs no torch.

    python -m monitors.scoring.workshop.export FOLDER [--id NAME] [--to FOLDER]

FOLDER holds packed weights or what ``finetune`` wrote.

Weights are quantised in blocks of 32: matrices to 8 bits, word embeddings to the 4 bits they already have.
onnxruntime then quantises activations a block at a time too, so a text's vector does not depend on its batch.
The usual dynamic int8 (one scale an activation tensor) is twice as fast, but moves a text's vector with the
texts beside it and flips one decision in twenty: the figures are in MODEL_CARD.md.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from monitors.scoring.manifest import FILE_NAME, Manifest, file_sha256, to_json
from monitors.scoring.onnx_encoder import SHIPPED
from monitors.scoring.packed import is_packed, unpack_weights

_ID: Final = "multilingual-e5-small-64k-int8"
_PREFIX: Final = "query: "
_MAX_TOKENS: Final = 256
_BLOCK: Final = 32
# Lets the kernels multiply in int8; 0 would turn weights back into floats first (2026-11-23: cosine 1.0000
# instead of .9999, 85 posts/s instead of 109 on two cores).
_INT8_ARITHMETIC: Final = 4
_WORDS: Final = "word_embeddings"
# The last opset that torch's TorchScript exporter writes; the quantiser moves it on to 21 for its 4-bit type.
_OPSET: Final = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Export, quantise, copy the tokenizer, write the manifest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packed", type=Path, metavar="FOLDER")
    parser.add_argument("--id", default=_ID)
    parser.add_argument("--to", type=Path, default=SHIPPED)
    options = parser.parse_args(arguments)
    manifest = export(options.packed, options.to, name=options.id)
    sys.stdout.write(f"{options.to}: revision {manifest.revision}\n")


def export(packed: Path, to: Path, *, name: str = _ID) -> Manifest:
    """Write ``encoder.onnx``, ``tokenizer.json`` and the manifest of both into ``to``."""
    to.mkdir(parents=True, exist_ok=True)
    model = load_bert(packed)
    with TemporaryDirectory() as folder:
        floats = Path(folder) / "floats.onnx"
        write_onnx(model, floats)
        quantise(floats, to / "encoder.onnx")
    shutil.copyfile(packed / "tokenizer.json", to / "tokenizer.json")
    manifest = Manifest(
        id=name,
        dimension=model.config.hidden_size,
        prefix=_PREFIX,
        pooling="mean",
        max_tokens=_MAX_TOKENS,
        files={name: file_sha256(to / name) for name in ("encoder.onnx", "tokenizer.json")},
    )
    (to / FILE_NAME).write_text(to_json(manifest), encoding="utf-8")
    return manifest


def load_bert(packed: Path) -> Any:
    """A packed or a fine-tuned folder as a plain ``BertModel`` in 32-bit floats."""
    import torch
    from safetensors.numpy import load_file
    from transformers import BertConfig, BertModel

    config = BertConfig.from_pretrained(str(packed), attn_implementation="eager")
    model = BertModel(config, add_pooling_layer=False).eval()
    weights = unpack_weights(packed) if is_packed(packed) else load_file(str(packed / "model.safetensors"))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return model


def write_onnx(model: Any, path: Path) -> None:
    """Token ids and mask in, the last hidden states out; both axes are free."""
    import torch

    ids = torch.arange(5, 37).reshape(2, 16)
    names = ("input_ids", "attention_mask", "last_hidden_state")
    torch.onnx.export(
        _traceable(model),
        (ids, torch.ones_like(ids)),
        str(path),
        dynamo=False,
        opset_version=_OPSET,
        input_names=list(names[:2]),
        output_names=[names[2]],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names},
    )


def quantise(source: Path, to: Path) -> None:
    """Block-wise weights: 4 bits for the word embeddings, 8 for every matrix product."""
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    graph = onnx.load(str(source))
    not_words = [node.name for node in graph.graph.node if node.op_type == "Gather" and _WORDS not in node.input[0]]
    for operator, bits in (("Gather", 4), ("MatMul", 8)):
        config = DefaultWeightOnlyQuantConfig(
            block_size=_BLOCK,
            is_symmetric=True,
            accuracy_level=_INT8_ARITHMETIC,
            bits=bits,
            op_types_to_quantize=(operator,),
        )
        quantiser = MatMulNBitsQuantizer(graph, nodes_to_exclude=not_words, algo_config=config)
        quantiser.process()
        graph = quantiser.model.model
    onnx.save(graph, str(to))


def _traceable(model: Any) -> Any:
    """BERT written out in plain operators: transformers' own masks do not trace with free axes."""
    import torch

    heads = model.config.num_attention_heads

    class Plain(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            states = self.model.embeddings(input_ids=input_ids)
            return run_layers(self.model.encoder.layer, states, attention_mask, heads)

    return Plain()


def run_layers(layers: Any, states: Any, mask: Any, heads: int) -> Any:
    """States after these layers; tokens that the mask leaves out are not looked at."""
    bias = (1.0 - mask[:, None, None, :].float()) * float(np.finfo(np.float32).min)
    for layer in layers:
        attended = _attend(layer.attention.self, states, bias, heads)
        states = layer.attention.output(attended, states)
        states = layer.output(layer.intermediate(states), states)
    return states


def _attend(layer: Any, states: Any, bias: Any, heads: int) -> Any:
    batch, tokens, width = states.shape
    query, key, value = (
        project(states).view(batch, tokens, heads, width // heads).transpose(1, 2)
        for project in (layer.query, layer.key, layer.value)
    )
    weights = (query @ key.transpose(-1, -2) / (width // heads) ** 0.5 + bias).softmax(-1)
    return (weights @ value).transpose(1, 2).reshape(batch, tokens, width)


if __name__ == "__main__":
    main()
