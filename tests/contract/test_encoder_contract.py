"""What every encoder promises, whichever engine runs it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.scoring.encoder import Encoder
from monitors.scoring.onnx_encoder import OnnxEncoder
from monitors.scoring.st_encoder import SentenceTransformerEncoder

TINY = Path(__file__).parents[1] / "scoring" / "tiny"
PACKED = Path(__file__).parents[3] / "shared" / "models" / "multilingual-e5-small-64k-q4"
TEXTS = ["east", "north", "", "   ", "她没有做过那件事", "🙂", "\ud800", "\x00", "north " * 600, "صباح الخير"]


def tiny_sentence_transformer(folder: Path) -> Encoder:
    """The tiny model in sentence-transformers' own format."""
    pytest.importorskip("sentence_transformers", reason="uv sync --extra sentence-transformers")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    rows = np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32)
    words = StaticEmbedding(Tokenizer.from_file(str(TINY / "tokenizer.json")), embedding_weights=rows)
    SentenceTransformer(modules=[words], device="cpu").save(str(folder / "tiny"))
    return SentenceTransformerEncoder(folder / "tiny")


def packed_sentence_transformer(_folder: Path) -> Encoder:
    """The base weights of the shipped model, from the project's shared folder."""
    pytest.importorskip("sentence_transformers", reason="uv sync --extra sentence-transformers")
    if not PACKED.is_dir():
        pytest.skip("shared/models is not beside the checkout")
    return SentenceTransformerEncoder(PACKED, prefix="query: ")


MAKERS: dict[str, Callable[[Path], Encoder]] = {
    "tiny onnx": lambda _: OnnxEncoder(TINY),
    "shipped onnx": lambda _: OnnxEncoder(threads=1),
    "tiny torch": tiny_sentence_transformer,
    "packed torch": packed_sentence_transformer,
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(make, id=name, marks=[pytest.mark.needs_torch] * ("torch" in name))
        for name, make in MAKERS.items()
    ],
)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """Each implementation in turn."""
    make: Callable[[Path], Encoder] = request.param
    return make(tmp_path_factory.mktemp("model"))


def test_one_row_per_text_of_length_one(encoder: Encoder) -> None:
    """Any strings, empty and broken ones too, give one float32 row each, of length 1 or, with nothing to read, 0."""
    vectors = encoder.encode(TEXTS)

    lengths = np.linalg.norm(vectors, axis=1)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), encoder.dimension)
    assert np.allclose(lengths[:2], 1, atol=1e-5)
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    """An empty batch keeps the width, so that results can be stacked."""
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_order_is_kept(encoder: Encoder) -> None:
    """Row i belongs to text i, whatever the batching does inside."""
    forth = encoder.encode(TEXTS)
    back = encoder.encode(TEXTS[::-1])

    assert np.allclose(forth, back[::-1], atol=1e-5)


def test_neighbours_in_the_batch_do_not_matter(encoder: Encoder) -> None:
    """A text alone and among others has the same vector: a rerun over another batch decides the same."""
    together = encoder.encode(TEXTS)
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])

    assert np.allclose(together, alone, atol=1e-5)


def test_says_who_it_is(encoder: Encoder) -> None:
    """An encoder has a name and a revision of twelve hex digits, for the scores to carry."""
    assert encoder.id
    assert len(encoder.revision) == 12
    assert int(encoder.revision, 16) >= 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters()), max_size=40))
def test_tiny_encoder_takes_any_strings(texts: list[str]) -> None:
    """No string of any kind stops a batch."""
    vectors = OnnxEncoder(TINY, threads=1).encode(texts)

    assert vectors.shape == (len(texts), 3)
    assert np.isfinite(vectors).all()
