"""From texts to scores: mask, encode, heads, stance, reason."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from monitors.records import Category, Score, Stance
from monitors.scoring.encoder import Encoder, ModelError
from monitors.scoring.examples import Examples, Nearest, load_examples
from monitors.scoring.heads import ABUSIVE, Heads, load_heads
from monitors.scoring.masking import prepare
from monitors.scoring.onnx_encoder import SHIPPED, OnnxEncoder
from monitors.scoring.reasons import terms_of
from monitors.scoring.stance import WITHOUT_STANCE, clearest, is_muted
from monitors.scoring.stored_numbers import ADVICE
from monitors.scoring.tuning import Shifts, shifted

# 256 tokens hold about 380 Chinese characters. A longer text is read in small windows, since one line drowns in the
# mean of a large one (a threat among 360 letters: at most .42; among 90: .89 and more, 2026-11-23); they overlap so
# that no sentence is only ever cut in two.
_WHOLE: Final = 360
_WINDOW: Final = 90
_STRIDE: Final = 60
_AT_ONCE: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the heads say of one text. No ``scores`` means that there was nothing to read, which is not zero."""

    scores: tuple[Score, ...] = ()
    """One a category, in their order."""
    abusive: float | None = None
    stance: Stance | None = None
    """None where no category was found."""
    nearest: str | None = None
    """Id of the nearest example of any kind."""

    @property
    def labels(self) -> tuple[Category, ...]:
        """Categories found, the most probable first; an account of a harm outranks what is less probable."""
        found = sorted((score for score in self.scores if score.is_found), key=lambda score: -score.probability)
        names = [score.category for score in found]
        return tuple(names[: names.index(Category.DISCLOSURE) + 1] if Category.DISCLOSURE in names else names)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """What the heads say of every window of some texts."""

    windows: Sequence[str]
    vectors: NDArray[np.float32]
    labels: NDArray[np.float64]
    """``abusive`` in the last column."""
    stances: NDArray[np.float64]


class Scorer:
    """Scores texts with one encoder and the heads that were fitted on it."""

    def __init__(self, encoder: Encoder, heads: Heads, examples: Examples) -> None:
        self._encoder = encoder
        self._heads = heads
        self._examples = examples
        self._thresholds = heads.thresholds

    @property
    def model(self) -> str:
        """The name that scores carry."""
        return self._encoder.id

    @property
    def revision(self) -> str:
        """Of encoder and heads together: stored scores of another revision may be scored again."""
        return f"{self._encoder.revision}+{self._heads.revision}"

    @property
    def abusive_threshold(self) -> float:
        """Where ``abusive`` is best told from the rest; no alert depends on it."""
        return self._thresholds[ABUSIVE]

    def score_texts(
        self,
        texts: Sequence[str],
        forms: Sequence[Iterable[str]] | None = None,
        shifts: Sequence[Shifts] | None = None,
    ) -> list[Reading]:
        """One reading a text, in order; ``forms`` are the surface forms to mask in each.

        ``shifts`` move the thresholds for each text: what its profile's verdicts taught. A long text is read in windows and has the highest probability of any of them.
        """
        windows = [_windows(text) for text in prepare(texts, forms)]
        thresholds = [self._shifted(of_text) for of_text in shifts or [{}] * len(texts)]
        return [
            reading
            for block in _in_blocks(windows)
            for reading in self._read_texts(
                [windows[number] for number in block], [thresholds[number] for number in block]
            )
        ]

    def _read_texts(self, windows: Sequence[Sequence[str]], thresholds: Sequence[Mapping[str, float]]) -> list[Reading]:
        seen = self._look_at([window for of_text in windows for window in of_text])
        ends = accumulate(map(len, windows), initial=0)
        loudest = [self._loudest(seen, range(start, end)) for start, end in pairwise(ends)]
        # Examples are looked through for these windows only: a long text has hundreds of others.
        rows = sorted({row for of_text in loudest for row in of_text.values()})
        nearest = dict(zip(rows, self._examples.nearest(seen.vectors[rows]), strict=True))
        return [
            self._read(seen, rows_of_text, nearest, of_text)
            for rows_of_text, of_text in zip(loudest, thresholds, strict=True)
        ]

    def _shifted(self, shifts: Shifts) -> dict[str, float]:
        """The thresholds for one text."""
        moved = {category.value: shifted(self._thresholds[category], category, shifts) for category in shifts}
        return self._thresholds | moved

    def _look_at(self, windows: Sequence[str]) -> _Seen:
        vectors = self._encoder.encode(windows)
        grams = self._heads.gram_margins(windows)
        return _Seen(
            windows=windows,
            vectors=vectors,
            labels=self._heads.label_probabilities(vectors, grams),
            stances=self._heads.stance_probabilities(vectors, grams),
        )

    def _loudest(self, seen: _Seen, rows: range) -> dict[str, int]:
        """For each label the row of the window, of one text, in which it is most probable."""
        if not rows:
            return {}
        places = seen.labels[rows.start : rows.stop].argmax(axis=0)
        return {name: rows[int(place)] for name, place in zip(self._heads.provenance.labels, places, strict=True)}

    def _read(
        self, seen: _Seen, loudest: Mapping[str, int], nearest: Mapping[int, Nearest], thresholds: Mapping[str, float]
    ) -> Reading:
        """One text; stance, example and words of each category are those of the window that says it loudest."""
        if not loudest:
            return Reading()
        scores = tuple(
            self._score(category, seen, loudest[category], thresholds[category], nearest[loudest[category]])
            for category in Category
        )
        clearest_of_all = max(scores, key=lambda score: score.probability)
        reading = Reading(
            scores=scores,
            abusive=float(seen.labels[loudest[ABUSIVE], -1]),
            nearest=nearest[loudest[clearest_of_all.category]][None],
        )
        by_category = {score.category: score.stance for score in scores}
        judged = (by_category[category] for category in reading.labels)
        return replace(reading, stance=next(filter(None, judged), None))

    def _stances(self, row: NDArray[np.float64]) -> dict[Stance, float]:
        return {Stance(name): float(value) for name, value in zip(self._heads.provenance.stances, row, strict=True)}

    def _score(self, category: Category, seen: _Seen, row: int, threshold: float, nearest: Nearest) -> Score:
        """What one window, the loudest of a text for this category, says of it."""
        column = list(Category).index(category)
        probability = float(seen.labels[row, column])
        is_found = probability >= threshold
        stances = self._stances(seen.stances[row])
        stance, certainty = clearest(stances)
        is_judged = is_found and category not in WITHOUT_STANCE
        return Score(
            category=category,
            probability=probability,
            threshold=threshold,
            model=self.model,
            revision=self.revision,
            stance=stance if is_judged else None,
            stance_probability=certainty if is_judged else None,
            muted=is_muted(
                category,
                is_found=is_found,
                other_side=1 - stances[Stance.SPREADS],
                mute_at=self._heads.provenance.mute_at,
            ),
            nearest=nearest.get(category),
            terms=terms_of(seen.windows[row], self._heads.grams, column) if is_found else (),
        )


def shipped_scorer(*, threads: int = 0) -> Scorer:
    """The scorer that comes with the package; quick to make, the encoder is loaded at the first text."""
    return scorer_of(OnnxEncoder(SHIPPED, threads=threads), SHIPPED)


def scorer_of(encoder: Encoder, folder: Path) -> Scorer:
    """An encoder with the heads and examples of a folder; ``ModelError`` when they do not fit."""
    heads, examples = load_heads(folder, encoder), load_examples(folder)
    widths = {encoder.dimension, examples.vectors.shape[1], len(examples.centre)}
    if len(widths) > 1:
        raise ModelError(
            f"{folder}: the encoder has vectors of {encoder.dimension} numbers, its examples have not", advice=ADVICE
        )
    return Scorer(encoder, heads, examples)


def _in_blocks(windows: Sequence[Sequence[str]]) -> Iterator[range]:
    """Runs of texts with about ``_AT_ONCE`` windows each: memory does not grow with a batch."""
    start, held = 0, 0
    for number, of_text in enumerate(windows):
        if held and held + len(of_text) > _AT_ONCE:
            yield range(start, number)
            start, held = number, 0
        held += len(of_text)
    yield range(start, len(windows))


def _windows(text: str) -> list[str]:
    if len(text) <= _WHOLE:
        return [text] if text else []
    return [text[start : start + _WINDOW] for start in range(0, len(text) - (_WINDOW - _STRIDE), _STRIDE)]
