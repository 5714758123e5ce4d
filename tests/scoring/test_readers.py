"""What readers say of the corpus's dev posts."""

from pathlib import Path

import pytest

from monitors.errors import BadInputError
from monitors.records import Category, Stance
from monitors.scoring.corpus import read_corpus
from monitors.scoring.workshop.readers import Label, agreement, read_readings


def label(*categories: Category, stance: Stance | None = None) -> Label:
    """A label by name."""
    return Label(frozenset(categories), stance)


def test_a_label_of_both_readers_stands_in_the_corpus() -> None:
    """Where two blind readers said the same, the corpus says so too, and every dev post of theirs is one that two of three agree on."""
    corpus = {example.id: label(*example.categories, stance=example.stance) for example in read_corpus()}
    read = {one.id: one for one in read_readings()}
    agreed = {name: one.readers[0] for name, one in read.items() if one.readers[0] and one.readers[0] == one.readers[1]}

    assert len(agreed) > 3000
    assert {name: corpus[name] for name in agreed} == agreed


def test_posts_that_divide_all_three_are_not_in_dev() -> None:
    """A post of which neither reader could tell what it is measures nothing."""
    untold = {one.id for one in read_readings() if one.readers == (None, None)}

    assert untold
    assert not untold & {example.id for example in read_corpus()}


def test_agreement_is_counted_pair_by_pair(tmp_path: Path) -> None:
    """One line a pair, over the posts that both could tell."""
    path = tmp_path / "readings.tsv"
    path.write_text("# id\nx-1\tthreat/spreads\tthreat/spreads\t-\nx-2\t-\t-\t?\n", encoding="utf-8")

    rows = list(agreement(read_readings(path)))[2:]

    assert [row.split(" | ")[1:3] for row in rows] == [
        ["2 of 2", "2 (100.0%)"],
        ["1 of 2", "0 (0.0%)"],
        ["1 of 2", "0 (0.0%)"],
    ]


@pytest.mark.parametrize("line", ["x-1\tthreat/spreads\tthreat\n", "x-1\tthreats/spreads\t-\t-\n"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    """File and line, so that it can be mended."""
    path = tmp_path / "readings.tsv"
    path.write_text(line, encoding="utf-8")

    with pytest.raises(BadInputError, match=r"readings\.tsv.*1"):
        read_readings(path)
