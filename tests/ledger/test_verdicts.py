"""Verdicts in the ledger."""

from datetime import timedelta

import pytest

from monitors.ledger import hits, verdicts
from monitors.ledger.engine import Ledger
from monitors.ledger.verdicts import Answer, Verdict
from monitors.profiles.vault import Vault
from tests.builders import NOON, a_hit
from tests.servers.ledgers import add_profile


def a_verdict(about_her: Answer | None, harmful: Answer | None, minute: int = 0) -> Verdict:
    return Verdict(
        hit_id=a_hit().id, about_her=about_her, harmful=harmful, by="herself", at=NOON + timedelta(minutes=minute)
    )


def test_verdicts_come_back_in_order(ledger: Ledger, vault: Vault) -> None:
    """Nothing that was said is overwritten, and a hit nobody judged has an empty list."""
    add_profile(ledger, vault)
    said = [a_verdict(Answer.YES, None), a_verdict(None, Answer.NO, 1), a_verdict(Answer.UNSURE, Answer.UNSURE, 2)]
    with ledger.writing() as connection:
        hits.put(connection, vault, [a_hit()], batch_sha256="b" * 64, at=NOON)
        for verdict in said:
            verdicts.add(connection, verdict)

    with ledger.reading() as connection:
        assert verdicts.of_hits(connection, [a_hit().id, "unknown"]) == {a_hit().id: said, "unknown": []}


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ([], (None, None)),
        ([a_verdict(Answer.YES, None)], (Answer.YES, None)),
        ([a_verdict(Answer.YES, Answer.NO), a_verdict(None, Answer.YES)], (Answer.YES, Answer.YES)),
        ([a_verdict(Answer.YES, Answer.NO), a_verdict(Answer.UNSURE, None)], (Answer.UNSURE, Answer.NO)),
    ],
    ids=["nothing", "one answer", "harm judged anew", "doubt about her"],
)
def test_last_word_counts(said: list[Verdict], stands: tuple[Answer | None, Answer | None]) -> None:
    """Who answers one question leaves the other as it was."""
    assert verdicts.last_word(said) == stands
