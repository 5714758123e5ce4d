"""Makes tests/scoring/tiny: an encoder so small that its vectors can be checked by eye.

    python tests/scoring/make_tiny.py      (needs the onnx package; its output is committed)

Words are separated by spaces. ``<s>``, put before every text, is (0, 0, 1), ``east`` (1, 0, 0), ``north``
(0, 1, 0), any other word (0, 0, 0). A text is the mean of its words, scaled to length 1.
"""

import json
from pathlib import Path

import numpy as np

from monitors.scoring.manifest import FILE_NAME, Manifest, file_sha256, to_json

FOLDER = Path(__file__).parent / "tiny"
WORDS = {"<s>": 0, "<unk>": 1, "east": 2, "north": 3}
VECTORS = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32)


def main() -> None:
    """Write the graph, the tokenizer and the manifest."""
    FOLDER.mkdir(exist_ok=True)
    write_graph(FOLDER / "encoder.onnx")
    (FOLDER / "tokenizer.json").write_text(json.dumps(tokenizer(), indent=1) + "\n", encoding="utf-8")
    files = {name: file_sha256(FOLDER / name) for name in ("encoder.onnx", "tokenizer.json")}
    manifest = Manifest(id="tiny", dimension=3, prefix="", pooling="mean", max_tokens=8, files=files)
    (FOLDER / FILE_NAME).write_text(to_json(manifest), encoding="utf-8")


def write_graph(path: Path) -> None:
    """A table look-up; the mask is an input that the table does not need."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    axes = ["batch", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*axes, 3])
    look_up = helper.make_node("Gather", ["words", "input_ids"], ["last_hidden_state"])
    graph = helper.make_graph([look_up], "tiny", inputs, [output], [numpy_helper.from_array(VECTORS, "words")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), str(path))


def tokenizer() -> dict[str, object]:
    """Words by white space, ``<s>`` in front, in the format of the tokenizers library."""
    start = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [start, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}},
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": WORDS, "unk_token": "<unk>"},
    }


if __name__ == "__main__":
    main()
