"""What is special about each encoder: the tiny one by eye, the shipped one against its reference."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from monitors.scoring.encoder import ModelError
from monitors.scoring.manifest import FILE_NAME, file_sha256, read_manifest
from monitors.scoring.onnx_encoder import SHIPPED, OnnxEncoder

HERE = Path(__file__).parent
TINY = HERE / "tiny"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may damage."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def change(folder: Path, **fields: object) -> None:
    manifest = json.loads((folder / FILE_NAME).read_text())
    (folder / FILE_NAME).write_text(json.dumps(manifest | fields))


def test_vectors_can_be_checked_by_eye() -> None:
    """The tiny model's vector is the mean of its words' vectors, scaled to length 1."""
    vectors = OnnxEncoder(TINY).encode(["", "east", "north", "east east", "elsewhere"])

    half = 0.70711
    expected = np.array([[0, 0, 1], [half, 0, half], [0, half, half], [0.89443, 0, 0.44721], [0, 0, 1]])
    assert np.allclose(vectors, expected, atol=1e-5)


def test_prefix_is_put_before_each_text(copy: Path) -> None:
    """A prefix in the manifest is part of what the model reads."""
    change(copy, prefix="north ")

    with_prefix = OnnxEncoder(copy).encode(["east"])

    assert np.allclose(with_prefix, OnnxEncoder(TINY).encode(["north east"]))


def test_words_past_the_limit_are_not_read() -> None:
    """The tiny model reads eight tokens, its start included."""
    vectors = OnnxEncoder(TINY).encode(["east " * 7 + "north", "east " * 7])

    assert np.allclose(vectors[0], vectors[1])


def test_shipped_encoder_agrees_with_its_reference() -> None:
    """Every sentence, in eighteen languages, has cosine ≥ .99 with sentence-transformers' 32-bit vector."""
    golden = json.loads((HERE / "golden" / "encoder_vectors.json").read_text(encoding="utf-8"))["sentences"]
    reference = np.array([sentence["vector"] for sentence in golden])

    vectors = OnnxEncoder(threads=1).encode([sentence["text"] for sentence in golden])

    cosines = (vectors * reference).sum(axis=1)
    assert cosines.min() >= 0.99


def test_shipped_file_is_small() -> None:
    """The encoder is under 50 MB, so that it can lie in the repository and the wheel."""
    assert (SHIPPED / "encoder.onnx").stat().st_size < 50_000_000


def test_loading_waits_for_the_first_text(copy: Path) -> None:
    """Making an encoder reads its manifest alone; the weights are read when there is something to encode."""
    encoder = OnnxEncoder(copy)
    (copy / "encoder.onnx").unlink()

    assert encoder.encode([]).shape == (0, 3)
    with pytest.raises(ModelError, match=r"encoder\.onnx: cannot be read"):
        encoder.encode(["east"])


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json"])
def test_damaged_file_is_named(copy: Path, name: str) -> None:
    """A file that is not the one in the manifest stops the run with its name."""
    with (copy / name).open("ab") as stream:
        stream.write(b" ")

    with pytest.raises(ModelError, match=f"{name}: sha256 is") as caught:
        OnnxEncoder(copy).encode(["east"])

    assert "Reinstall" in caught.value.advice


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param("{", "not a model's manifest", id="not JSON"),
        pytest.param('{"id": "x"}', "not a model's manifest", id="fields missing"),
    ],
)
def test_unreadable_manifest_is_named(copy: Path, content: str | None, reason: str) -> None:
    """Without its manifest a model is refused at once, with the file and the reason."""
    (copy / FILE_NAME).unlink() if content is None else (copy / FILE_NAME).write_text(content)

    with pytest.raises(ModelError, match=rf"manifest\.json: .*{reason}"):
        OnnxEncoder(copy)


def test_unknown_pooling_is_refused(copy: Path) -> None:
    """Vectors pooled in another way would look right and mean something else."""
    change(copy, pooling="cls")

    with pytest.raises(ModelError, match="pooling 'cls'"):
        OnnxEncoder(copy)


def test_wrong_dimension_is_refused(copy: Path) -> None:
    """Heads fitted on another width never meet these vectors."""
    change(copy, dimension=4)

    with pytest.raises(ModelError, match="vectors have 3 numbers, manifest says 4"):
        OnnxEncoder(copy).encode(["east"])


def test_file_that_onnxruntime_cannot_run_is_named(copy: Path) -> None:
    """A file that is no graph is refused even when its hash is the expected one."""
    graph = copy / "encoder.onnx"
    graph.write_bytes(b"not a graph")
    change(copy, files={**read_manifest(copy).files, graph.name: file_sha256(graph)})

    with pytest.raises(ModelError, match="onnxruntime cannot run it"):
        OnnxEncoder(copy).encode(["east"])


def test_revision_changes_with_any_file(copy: Path) -> None:
    """Scores of another model are told apart by the revision they carry."""
    before = OnnxEncoder(copy).revision
    change(copy, prefix="passage: ")

    assert OnnxEncoder(copy).revision != before
