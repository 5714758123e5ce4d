"""The way of a post through every stage, on real parts."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from monitors import pipeline
from monitors.errors import StopRun
from monitors.ledger import batches, exhibits, hits, profiles
from monitors.parts import Parts
from monitors.records import Batch, Hit, OutcomeKind, ProfileState, Severity, Stage
from search.index import Document, Search
from tests.builders import NOON
from tests.worlds import LIN, Told, posts_saying, world

ABOUT_HER = "林晓月你给我等着，明天放学别想走出校门"
KIND = "恭喜林晓月在青河学院拿到奖学金"
ABOUT_NOBODY = "今天食堂的糖醋排骨又涨价了"


def run(parts: Parts) -> list[Batch]:
    return list(pipeline.watch(parts, "told"))


def stored(parts: Parts) -> list[Hit]:
    with parts.ledger.reading() as ledger:
        return list(hits.iter_all(ledger, parts.vault))


def counts(parts: Parts, batch: Batch) -> dict[Stage, dict[OutcomeKind, int]]:
    with parts.ledger.reading() as ledger:
        return {stage: batches.outcomes_of(ledger, batch.sha256, stage) for stage in Stage}


def test_a_post_about_her_goes_the_whole_way(tmp_path: Path) -> None:
    """It is matched with a reason, judged, sealed and found again; a post about nobody leaves no hit."""
    with world(tmp_path, posts_saying(ABOUT_HER, ABOUT_NOBODY)) as parts:
        run(parts)

        (hit,) = stored(parts)
        assert hit.strongest.reason
        assert hit.severity is Severity.URGENT
        with parts.ledger.reading() as ledger:
            assert len(exhibits.of_hit(ledger, LIN, hit.id)) == 1
        assert parts.index().find(Search(words="晓月")).total == 1


def test_counts_of_every_stage_add_up(tmp_path: Path) -> None:
    """What passed one stage is what the next accounts for."""
    with world(tmp_path, posts_saying(ABOUT_HER, KIND, ABOUT_NOBODY)) as parts:
        (batch,) = run(parts)

        told = counts(parts, batch)
        assert told[Stage.MATCHING] == {OutcomeKind.PASSED: 2, OutcomeKind.UNMATCHED: 1}
        assert all(told[stage] == {OutcomeKind.PASSED: 2} for stage in list(Stage)[2:])
        with parts.ledger.reading() as ledger:
            assert batches.leaks(ledger) == []


def test_a_second_run_finds_nothing_new(tmp_path: Path) -> None:
    """Same hits, same exhibits, no batch."""
    with world(tmp_path, posts_saying(ABOUT_HER)) as parts:
        run(parts)
        first = stored(parts)

        again = run(parts)

        assert again == []
        assert stored(parts) == first


@pytest.mark.parametrize("broken", ["match", "score", "seal", "index"])
def test_a_run_killed_in_any_stage_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Wherever a run dies, the next ends in the state of one that did not."""
    with world(tmp_path, posts_saying(ABOUT_HER, KIND)) as parts:
        with monkeypatch.context() as patched:
            patched.setattr(pipeline, broken, lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                run(parts)

        run(parts)

        assert sorted(hit.post.text for hit in stored(parts)) == sorted([ABOUT_HER, KIND])
        with parts.ledger.reading() as ledger:
            assert len(exhibits.chain_of(ledger, LIN)) == 2
            assert batches.leaks(ledger) == []
        assert pipeline.unfinished(parts) == []


@pytest.mark.parametrize("stage", [pipeline.match, pipeline.score, pipeline.seal, pipeline.index])
def test_a_stage_done_twice_is_done_once(tmp_path: Path, stage: object) -> None:
    """A scheduler may repeat any stage of a batch that is through."""
    with world(tmp_path, posts_saying(ABOUT_HER, ABOUT_NOBODY)) as parts:
        (batch,) = run(parts)
        before = counts(parts, batch), stored(parts)

        stage(parts, batch)  # type: ignore[operator]

        assert (counts(parts, batch), stored(parts)) == before


def test_a_search_store_that_is_down_loses_nothing(tmp_path: Path) -> None:
    """The hit waits sealed, and is indexed once the store is back."""

    class Down:
        def put(self, _documents: list[Document]) -> None:
            raise StopRun("the search store does not answer")

    with world(tmp_path, posts_saying(ABOUT_HER)) as parts:
        with pytest.raises(StopRun):
            run(replace(parts, index=Down))  # type: ignore[arg-type]
        assert stored(parts) == []

        run(parts)

        assert len(stored(parts)) == 1


def test_nothing_is_asked_before_somebody_confirmed(tmp_path: Path) -> None:
    """Without an active profile no source is fetched."""
    with world(tmp_path, posts_saying(ABOUT_HER)) as parts:
        with parts.ledger.writing() as ledger:
            profiles.move(ledger, LIN, ProfileState.PAUSED, NOON, come_from=[ProfileState.ACTIVE])

        run(parts)

        told = parts.sources["told"]
        assert isinstance(told, Told)
        assert told.plans == []


def test_a_profile_withdrawn_on_the_way_leaves_counts_whole(tmp_path: Path) -> None:
    """Posts whose hits went are skipped, and the batch does not wait for ever."""
    with world(tmp_path, posts_saying(ABOUT_HER)) as parts:
        (batch,) = pipeline.collect(parts, "told")
        pipeline.match(parts, batch)
        with parts.ledger.writing() as ledger:
            hits.delete_of_profile(ledger, LIN)

        for stage in (pipeline.score, pipeline.seal, pipeline.index):
            stage(parts, batch)

        assert counts(parts, batch)[Stage.SCORING] == {OutcomeKind.SKIPPED: 1}
        assert pipeline.unfinished(parts) == []


def test_logs_hold_ids_and_numbers_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a batch a stage, and in none of them her name, her school or what was posted."""
    with world(tmp_path, posts_saying(ABOUT_HER, KIND)) as parts:
        run(parts)

    logged = capsys.readouterr().err
    stages = Counter(json.loads(line)["stage"] for line in logged.splitlines() if '"stage"' in line)
    assert stages == {stage.value: 1 for stage in Stage}
    assert not any(word in logged for word in ("晓月", "青河", "奖学金", "social.example", "mail.example"))
