"""What the commands look up or check: hits, the search store, evidence, sources, keys."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from monitors import app
from monitors.cli.words import say
from monitors.codec import to_json
from monitors.errors import BadInputError, MonitorError
from monitors.ledger import audit, batches, hits, outbox, verdicts
from monitors.ledger.outbox import MailState
from monitors.ledger.verdicts import Answer, Verdict
from monitors.parts import Parts
from monitors.profiles.doctor import Finding, check_keys
from monitors.records import Stage
from search.build import document_of
from search.index import Search

Row = dict[str, Any]
LONG_WAIT = timedelta(hours=2)
"""A mail that waits longer than this says that something is wrong with the mail server or its settings."""


def search(words: str, *, profile_id: str | None, limit: int) -> list[Row]:
    """Find hits by words, newest first."""
    with app.opened() as parts:
        found = parts.index().find(Search(words=words, profile_id=profile_id, limit=limit))
        return [to_json(document) for document in found.documents]


def explain(hit_id: str) -> Row:
    """Say why a hit is one: every match with its reason, every score with what it is measured by."""
    from monitors.cli.explaining import read_model, tell_why

    with app.opened() as parts, parts.ledger.reading() as ledger:
        hit = hits.one(ledger, parts.vault, hit_id)
    if hit is None:
        raise BadInputError(say("cli.hit.not_found"), field=hit_id)
    return tell_why(hit, read_model(parts.settings))


def judge(hit_id: str, *, about_her: str | None, harmful: str | None) -> Row:
    """Write down what somebody says of a hit, and give what stands now. What is not asked stays as it was."""
    said = {"--about-her": about_her, "--harmful": harmful}
    answers = {option: _answer(option, text) for option, text in said.items() if text is not None}
    if not answers:
        raise BadInputError(say("cli.verdict.nothing_said"), field=" ".join(said))
    with app.opened() as parts, parts.ledger.writing() as ledger:
        hit = hits.one(ledger, parts.vault, hit_id)
        if hit is None:
            raise BadInputError(say("cli.hit.not_found"), field=hit_id)
        before = verdicts.last_word(verdicts.of_hits(ledger, [hit_id])[hit_id])
        now = answers.get("--about-her", before[0]), answers.get("--harmful", before[1])
        if now != before:  # said twice, it is still one verdict
            about, harms, at = answers.get("--about-her"), answers.get("--harmful"), parts.clock.now()
            verdicts.add(ledger, Verdict(hit_id=hit_id, about_her=about, harmful=harms, by="operator", at=at))
            audit.note(ledger, hit.profile_id, "judged", actor="operator", at=at, subject=hit_id)
    return {"hit_id": hit_id, "about_her": now[0] and now[0].value, "harmful": now[1] and now[1].value}


def _answer(option: str, text: str) -> Answer:
    try:
        return Answer(text)
    except ValueError:
        raise BadInputError(say("cli.verdict.not_an_answer", answers=" ".join(Answer)), field=option) from None


def rescore() -> Row:
    """Score every stored hit again that another model scored; its old scores stay with it."""
    from monitors.rescore import rescore

    with app.opened() as parts:
        return {"rescored": rescore(parts), "revision": parts.scorer().revision}


def rebuild_index() -> int:
    """Make the search store again from the ledger; give the number of documents."""
    with app.opened() as parts, parts.ledger.reading() as ledger:
        found = hits.iter_all(ledger, parts.vault, stage=Stage.INDEX)
        return parts.index().rebuild(document_of(hit, parts.pseudonym(hit)) for hit in found)


def check_index() -> list[str]:
    """Name what is wrong with the search store."""
    with app.opened() as parts:
        return parts.index().check()


def backup_key(to: Path) -> None:
    """Write the master key to another place."""
    from monitors.profiles.master_key import back_up

    with app.opened() as parts:
        back_up(parts.ledger, parts.settings, to, parts.clock.now())


def doctor() -> list[str]:
    """Say in words what is not as it should be."""
    with app.opened() as parts:
        findings = [_tell_key(found) for found in check_keys(parts.settings, parts.ledger)]
        with parts.ledger.reading() as ledger:
            leaks = batches.leaks(ledger)
            failed = outbox.count_by_state(ledger)[MailState.FAILED]
            waiting_since = outbox.oldest_waiting(ledger)
            under_way = hits.count_under_way(ledger)
        findings += _check_model(parts)
        if under_way:
            findings.append(say("cli.doctor.under_way", count=under_way))
        if failed:
            findings.append(say("cli.doctor.mails_failed", count=failed))
        if waiting_since and parts.clock.now() - waiting_since > LONG_WAIT:
            findings.append(say("cli.doctor.mails_waiting", since=f"{waiting_since:%Y-%m-%d %H:%M}"))
        findings += [say("cli.doctor.leak", place=leak.place[:12], stage=leak.stage.value) for leak in leaks]
        return findings + [say("cli.doctor.index", problem=problem) for problem in parts.index().check()]


def verify_evidence(profile_id: str | None) -> list[str]:
    """Check every link and every byte; give what was found in words."""
    from monitors.evidence.verify import verify

    with app.opened() as parts:
        return [finding.told(say) for finding in verify(parts.sealer, profile_id)]


def export_evidence(profile_id: str, to: Path) -> Path:
    """Write a bundle that verifies without Shouwang; give where it is."""
    from monitors.evidence.export import export

    with app.opened() as parts:
        return export(parts.sealer, profile_id, to, parts.clock.now(), actor="operator")


def load_kibana() -> int:
    """Load our objects into Kibana; give how many there are."""
    from search.kibana.loader import load

    settings = app.read_settings()
    if settings.kibana_url is None:
        raise BadInputError(say("cli.kibana.no_address"), field="SHOUWANG_KIBANA_URL")
    key = settings.kibana_api_key
    return load(
        settings.kibana_url,
        api_key=key.get_secret_value() if key else None,
        prefix=settings.index_prefix,
        ca=settings.elasticsearch_ca,
    )


def _check_model(parts: Parts) -> list[str]:
    """Say what is wrong with the model by having it read a word, and whether hits were scored by another."""
    from monitors.rescore import count_outdated

    try:
        parts.scorer().score_texts(["a word"])
    except MonitorError as failure:
        return [say("cli.doctor.model", problem=" ".join([str(failure), failure.advice]).strip())]
    outdated = count_outdated(parts)
    return [say("cli.doctor.outdated", count=outdated)] if outdated else []


def _tell_key(found: Finding) -> str:
    values: dict[str, Any] = dict(found.values)
    return say(f"profiles.doctor.{found.id}", **values)
