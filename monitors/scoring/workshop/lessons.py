"""What fine-tuning learns from: own posts in several versions, public posts beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from monitors.records import Category, Stance
from monitors.scoring.corpus import Example
from monitors.scoring.masking import prepare
from monitors.scoring.workshop.evasion import WAYS, rewrite
from monitors.scoring.workshop.material import is_abusive
from monitors.scoring.workshop.public_data import LEARNED, read_public

SEED: Final = 20261123
UNKNOWN: Final = -1
_PREFIX: Final = "query: "
_OWN_TOKENS, _PUBLIC_TOKENS = 96, 64
_ENDINGS: Final = (
    "哈哈哈",
    "[doge]",
    "😂😂",
    "！！！",
    "#热搜",
    "转发微博",
    "……",
    "(图)",
    "lol",
    "🙏",
    "// 转",
    "求扩散",
    "😅",
    "…",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is to be learned of a post; NaN and ``UNKNOWN`` stand for what is not known."""

    labels: tuple[float, ...]
    """One a category, then ``abusive``."""
    kind: int
    """The first category, ``len(Category)`` for none."""
    stance: int


@dataclass(slots=True, kw_only=True)
class Lesson:
    """One post with its versions as tokens; ``states`` are those of each after the frozen layers, once known."""

    answers: Answers
    versions: list[list[int]]
    states: dict[int, Any] = field(default_factory=dict)


def own_lessons(packed: Path, examples: Sequence[Example]) -> list[Lesson]:
    """Examples three times: with their target masked, written evasively, and with somebody else's name and an ending."""
    plain = prepare([example.text for example in examples], [example.forms for example in examples])
    random = Random(SEED)  # noqa: S311 - an order, not a secret
    versions = [plain, _evasive(plain, random), _renamed(examples, random)]
    tokens = [_tokens(packed, texts, _OWN_TOKENS) for texts in versions]
    return [
        Lesson(answers=_own_answers(example), versions=[list(of_version[row]) for of_version in tokens])
        for row, example in enumerate(examples)
    ]


def public_lessons(packed: Path) -> list[Lesson]:
    """The posts that the heads learn from."""
    posts = [post for name, rows in LEARNED.items() for post in read_public(name, "train", at_most=rows)]
    tokens = _tokens(packed, prepare([post.text for post in posts]), _PUBLIC_TOKENS)
    return [
        Lesson(
            answers=Answers(
                labels=(
                    *(_number(None if category in post.maybe else False) for category in Category),
                    _number(post.abusive),
                ),
                kind=UNKNOWN if post.maybe else len(Category),
                stance=UNKNOWN,
            ),
            versions=[of_post],
        )
        for post, of_post in zip(posts, tokens, strict=True)
    ]


def _own_answers(example: Example) -> Answers:
    return Answers(
        labels=(*(float(category in example.categories) for category in Category), _number(is_abusive(example))),
        kind=list(Category).index(example.categories[0]) if example.categories else len(Category),
        stance=list(Stance).index(example.stance) if example.stance else UNKNOWN,
    )


def _evasive(texts: Sequence[str], random: Random) -> list[str]:
    """Each text in one way that evades filters, made plain again as far as that can be undone."""
    return prepare([rewrite([text], random.choice(list(WAYS)))[0] for text in texts])


def _renamed(examples: Sequence[Example], random: Random) -> list[str]:
    """Each text about another target, which stays unmasked in half of them, with an ending that means nothing."""
    names = sorted({example.target for example in examples if example.target})
    texts, forms = [], []
    for example in examples:
        name = random.choice(names)
        text = example.text.replace(example.target, name) if example.target else example.text
        texts.append(f"{text} {random.choice(_ENDINGS)}")
        forms.append([name] if random.random() < 0.5 else [])
    return prepare(texts, forms)


def _tokens(packed: Path, texts: Sequence[str], at_most: int) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(packed / "tokenizer.json"))
    tokenizer.enable_truncation(at_most)
    return [piece.ids for piece in tokenizer.encode_batch([_PREFIX + text for text in texts])]


def _number(answer: bool | None) -> float:
    return float("nan") if answer is None else float(answer)
