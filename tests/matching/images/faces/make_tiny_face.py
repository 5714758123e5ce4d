"""Makes tests/matching/images/faces/tiny_face.onnx: a face model whose vectors can be checked by eye.

    python tests/matching/images/faces/make_tiny_face.py      (needs the onnx package; its output is committed)

A face is the mean colour of each of its 4 × 4 parts.
"""

from pathlib import Path


def main() -> None:
    """Write the graph."""
    import onnx
    from onnx import TensorProto, helper

    read = helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 3, 112, 112])
    give = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 48])
    nodes = [
        helper.make_node("AveragePool", ["face"], ["parts"], kernel_shape=[28, 28], strides=[28, 28]),
        helper.make_node("Flatten", ["parts"], ["vector"]),
    ]
    graph = helper.make_graph(nodes, "tiny_face", [read], [give])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, str(Path(__file__).parent / "tiny_face.onnx"))


if __name__ == "__main__":
    main()
