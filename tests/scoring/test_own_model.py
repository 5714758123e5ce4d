"""Any other sentence-transformers model: heads refitted by one command, its scores told from those of the shipped one."""

from pathlib import Path

import numpy as np
import pytest

from monitors.scoring.encoder import ModelError
from monitors.scoring.onnx_encoder import SHIPPED
from monitors.scoring.scorer import scorer_of
from monitors.scoring.st_encoder import SentenceTransformerEncoder
from monitors.scoring.workshop import train_heads

pytestmark = pytest.mark.needs_torch

RUMOUR = "听说林晓月为了转正陪领导睡过，懂的都懂"
HARMLESS = "今天食堂的排骨很好吃，明天还去"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the hub has them: 48 numbers a word piece, drawn at random, so that only its heads know anything."""
    pytest.importorskip("sentence_transformers", reason="uv sync --extra sentence-transformers")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    rows = np.random.default_rng(7).normal(size=(tokenizer.get_vocab_size(), 48)).astype(np.float32)
    folder = tmp_path_factory.mktemp("models") / "another-model"
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=rows)], device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="module")
def heads(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the one command writes for it, from the stored corpus alone."""
    folder = tmp_path_factory.mktemp("heads")
    patch = pytest.MonkeyPatch()
    patch.setenv("SHOUWANG_DATA", str(folder / "nothing-here"))
    patch.setenv("SHOUWANG_CACHE", str(folder / "cache"))
    train_heads.main(["--model", str(model), "--to", str(folder / "fitted")])
    patch.undo()
    return folder / "fitted"


def test_heads_of_another_model_judge(model: Path, heads: Path) -> None:
    """Refitted heads tell a rumour from lunch, and scores carry the other model's name and revision."""
    encoder = SentenceTransformerEncoder(model)
    scorer = scorer_of(encoder, heads)

    rumour, harmless = scorer.score_texts([RUMOUR, HARMLESS], [["林晓月"], []])

    assert (rumour.labels[:1], harmless.labels) == (("sexual_rumor",), ())
    assert {score.model for score in rumour.scores} == {"another-model"}
    assert {score.revision.partition("+")[0] for score in rumour.scores} == {encoder.revision}


def test_heads_belong_to_their_model(model: Path) -> None:
    """The shipped heads are refused for it: numbers that mean nothing are worse than none."""
    with pytest.raises(ModelError, match="were fitted on shouwang-e5"):
        scorer_of(SentenceTransformerEncoder(model), SHIPPED)
