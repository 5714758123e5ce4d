"""Another model is installed: stored hits follow it, whole, and whoever runs this is told that they should."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitors import app, pipeline
from monitors.evidence.custody import read_chain
from monitors.ledger import hits
from monitors.records import Category, Method, Severity, Stage
from tests.builders import a_hit, a_match, a_post, a_score
from tests.servers.postgres import free_port
from tests.system.house import HER, THREAT, House, threatened_in

OF_OLD = "2020"
"""The revision of the model before."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A threat against her is in the feed."""
    with threatened_in(tmp_path) as house:
        yield house


def watched_by_the_old_model(house: House, category: Category, *, index: bool = True) -> None:
    """Take the feed the whole way, or as far as without a search store, with another model's opinion."""
    with house.opened() as parts:
        for batch in pipeline.collect(parts, "rss"):
            pipeline.score(parts, pipeline.match(parts, batch))
            with parts.ledger.reading() as ledger:
                found = hits.of_batch(ledger, parts.vault, batch.sha256, stage=Stage.SCORING)
            said = (a_score(category=category, revision=OF_OLD),)
            with parts.ledger.writing() as ledger:
                aged = [replace(hit, scores=said, severity=Severity.NONE) for hit in found]
                hits.replace(ledger, parts.vault, aged)
            pipeline.seal(parts, batch)
            if index:
                pipeline.index(parts, batch)


def without_store(house: House) -> House:
    return house.settled(elasticsearch_url=f"http://127.0.0.1:{free_port()}")


def proofs(house: House) -> list[bytes]:
    """The bytes that prove her only hit."""
    with house.opened() as parts:
        with parts.ledger.reading() as ledger:
            links = read_chain(ledger, parts.vault, HER)
        return [parts.sealer.files.read(HER, link.content_sha256) for link in links]


@pytest.mark.parametrize("is_expired", [False, True], ids=["bytes kept", "bytes past their time"])
def test_what_was_taken_for_an_account_is_proved_before_it_is_told(house: House, *, is_expired: bool) -> None:
    """Its bytes are sealed; where they were not kept for so long, what the ledger holds of the post is."""
    watched_by_the_old_model(house, Category.DISCLOSURE)
    if is_expired:
        assert house.settled(keep_unmatched="0").call(app.clean_up)["expired"] == 1
    assert proofs(house) == []

    house.lines("rescore")

    (after,) = house.hits()
    assert after.severity is Severity.URGENT
    (proof,) = proofs(house)
    assert THREAT.encode() in proof
    assert house.run("evidence", "verify").code == 0
    house.lines("digest")
    assert house.told() == {THREAT}


def test_a_search_store_that_is_down_leaves_everything_to_the_next_call(house: House) -> None:
    """Ledger and store never part: the first call changes nothing, the second scores and indexes."""
    watched_by_the_old_model(house, Category.DISCLOSURE)

    failed = without_store(house).run("rescore")

    (hit,) = house.hits()
    assert (failed.code, {score.revision for score in hit.scores}) == (1, {OF_OLD})
    assert proofs(house) == []
    (done,) = house.lines("rescore")
    assert done["rescored"] == 1
    (document,) = house.documents()
    assert (document.severity, document.categories[0]) == ("urgent", "threat")


def test_what_is_due_for_mail_does_not_wait_for_the_search_store(house: House) -> None:
    """A hit that is not in the store yet is scored again all the same, and indexed as it is then."""
    watched_by_the_old_model(house, Category.DISCLOSURE, index=False)

    (done,) = without_store(house).lines("rescore")

    assert done["rescored"] == 1
    (hit,) = house.hits(Stage.EVIDENCE)
    assert hit.severity is Severity.URGENT
    assert proofs(house)
    house.lines("run")
    assert [document.severity for document in house.documents()] == ["urgent"]


def test_a_hit_with_nothing_to_read_is_left_alone(house: House) -> None:
    """No model has anything to say of a picture without words."""
    post = a_post(text="")
    silent = a_hit(post=post, scores=(), matches=(a_match(post_id=post.id, method=Method.PDQ),))
    with house.opened() as parts, parts.ledger.writing() as ledger:
        hits.put(ledger, parts.vault, [silent], batch_sha256="b" * 64, at=silent.found_at)
        for before, after in zip(list(Stage)[1:], list(Stage)[2:], strict=False):
            hits.advance(ledger, [silent.id], come_from=before, to=after)

    (done,) = house.lines("rescore")

    assert done["rescored"] == 0


def test_doctor_says_that_the_model_is_another(house: House) -> None:
    """With the number of hits and what to do, until it was done."""
    watched_by_the_old_model(house, Category.INSULT)

    before, after = house.run("doctor"), (house.lines("rescore"), house.run("doctor"))[1]

    assert "1 hits were scored by another model. Run shouwang rescore." in before.out.splitlines()
    assert "another model" not in after.out
