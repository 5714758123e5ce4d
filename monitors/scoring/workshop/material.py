"""What the heads are fitted and calibrated on: own examples with their vectors, and public posts beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.records import Category
from monitors.scoring.corpus import Example
from monitors.scoring.encoder import Encoder
from monitors.scoring.heads import ABUSIVE, Floats
from monitors.scoring.masking import prepare
from monitors.scoring.workshop.public_data import PublicPost, read_public

_ABUSIVE_CATEGORIES: Final = frozenset({Category.INSULT, Category.THREAT, Category.SEXUAL_HARASSMENT})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """Own examples first, public posts after them; one row of ``vectors`` each."""

    own: tuple[Example, ...]
    public: tuple[PublicPost, ...]
    vectors: Floats
    texts: tuple[str, ...]
    """Prepared, one a row."""

    @property
    def is_own(self) -> NDArray[np.bool_]:
        """One flag a row."""
        return np.arange(len(self.own) + len(self.public)) < len(self.own)

    def answers(self, label: str) -> list[bool | None]:
        """Yes, no, or None where a row says nothing about this label."""
        if label == ABUSIVE:
            return [is_abusive(example) for example in self.own] + [post.abusive for post in self.public]
        category = Category(label)
        own: list[bool | None] = [category in example.categories for example in self.own]
        return own + [None if category in post.maybe else False for post in self.public]


def gather(encoder: Encoder, own: Sequence[Example], public: dict[str, int], *, split: str) -> Material:
    """Own examples and so many posts of the split of each public set, encoded set by set so that each is cached."""
    sets = [read_public(name, split, at_most=rows) for name, rows in public.items()]
    texts = [prepare_examples(own), *(prepare([post.text for post in posts]) for posts in sets)]
    return Material(
        own=tuple(own),
        public=tuple(post for posts in sets for post in posts),
        vectors=np.vstack([encoder.encode(of_set) for of_set in texts]),
        texts=tuple(text for of_set in texts for text in of_set),
    )


def prepare_examples(examples: Sequence[Example]) -> list[str]:
    """Texts of examples with their targets masked."""
    return prepare([example.text for example in examples], [example.forms for example in examples])


def is_abusive(example: Example) -> bool | None:
    """Whether an example is abusive as the public sets mean it; None where they would not say."""
    if example.spreads and set(example.categories) & _ABUSIVE_CATEGORIES:
        return True
    return None if example.categories else False
