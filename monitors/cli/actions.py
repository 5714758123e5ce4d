"""What the commands do to profiles, hits and mails: each opens the parts, does one thing and gives plain values."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from monitors import app, pipeline, submissions
from monitors.alerts.daily import preview_digest, queue_digest, queue_digests
from monitors.alerts.notices import queue_confirmation
from monitors.alerts.urgent import queue_urgent
from monitors.cli.words import say
from monitors.codec import to_json
from monitors.errors import BadInputError, MonitorError
from monitors.faces import keep_allowed, open_encoder, photo_reader
from monitors.ledger import fetches, hits, profiles, quarantine
from monitors.parts import Parts
from monitors.profiles import registration, withdrawal
from monitors.profiles.checks import MistakeError
from monitors.profiles.codes import Answer
from monitors.profiles.profile_file import BadProfileError, read_profile_file
from monitors.records import FetchKind, WatchProfile
from monitors.sources.jsonl import NAME as IMPORTED

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A registered profile, or everything that was wrong with its file."""

    profile_id: str = ""
    problems: tuple[BadInputError, ...] = ()
    is_mailed: bool = False
    """Whether a mail server is set, so that the confirmation left or will leave by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """How many stored posts a changed profile found, or everything that was wrong with its file."""

    found: int = 0
    is_stored: bool = True
    """Whether posts that are about nobody are kept for some days, so that a change can look back at all."""
    problems: tuple[BadInputError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of it: a row for each source or thing, what of the input could not be read, and what failed."""

    rows: tuple[Row, ...]
    problems: tuple[BadInputError, ...]
    failures: tuple[str, ...] = ()


def add_profile(file: Path) -> Added:
    """Register a profile and mail the link that asks her to confirm."""
    with app.opened() as parts:
        now = parts.clock.now()
        try:
            draft = read_draft(file, now)
        except BadProfileError as error:
            return Added(problems=error.mistakes)
        with _refusals_told(), parts.ledger.writing() as ledger:
            most = parts.settings.profiles_per_address
            registered = registration.register(ledger, parts.vault, draft, now, most=most)
            queue_confirmation(ledger, parts.desk, draft, registered.code, now)
        app.send_queued(parts)
        return Added(profile_id=draft.id, is_mailed=parts.settings.smtp_host is not None)


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except registration.RefusedError as error:
        raise BadInputError(say(f"profiles.refused.{error.reason.value}"), field="recipients") from error


def read_draft(file: Path, now: datetime) -> WatchProfile:
    """Read a profile file. Raises BadProfileError with every mistake there is."""
    return keep_allowed(read_profile_file(file, photo_reader(open_encoder(app.read_settings())), now))


def confirm_profile(profile_id: str, code: str) -> None:
    """Confirm with the mailed code. Raises BadInputError with what was wrong with it."""
    with app.opened() as parts, parts.ledger.writing() as ledger:
        answer = registration.confirm(ledger, parts.vault, profile_id, code, parts.clock.now())
    if answer not in {Answer.YES, Answer.ALREADY}:
        raise BadInputError(say(f"profiles.code.{answer.value}"), field="--code")


def list_profiles() -> list[Row]:
    """Give ids, states and numbers of hits."""
    with app.opened() as parts, parts.ledger.reading() as ledger:
        return [
            {"id": one.id, "state": one.state.value, "hits": len(hits.ids_of_profile(ledger, one.id))}
            for one in profiles.statuses(ledger)
        ]


def show_profile(profile_id: str) -> Row:
    """Give everything of one profile."""
    with app.opened() as parts:
        return to_json(find_profile(parts, profile_id))


def change_profile(profile_id: str, file: Path) -> Changed:
    """Change what is watched for, and look through what is still stored."""
    with app.opened() as parts:
        consents = find_profile(parts, profile_id).consents
        now = parts.clock.now()
        try:
            draft = read_draft(file, now)
            # What was consented to stays as it is, whatever this file says: so do the faces that may be kept.
            draft = replace(draft, photos=keep_allowed(replace(draft, consents=consents)).photos)
            with parts.ledger.writing() as ledger:
                registration.change(ledger, parts.vault, profile_id, draft, now)
        except BadProfileError as error:
            return Changed(problems=error.mistakes)
        except MistakeError as mistake:
            return Changed(problems=(mistake.at(file.name, None, mistake.field),))
        found = look_back(parts)
        is_stored = parts.settings.keep_unmatched_days > 0
    return Changed(found=found, is_stored=is_stored)


def look_back(parts: Parts) -> int:
    """Match what is still stored against the profiles that changed; give how many posts were found."""
    return sum(batch.count for batch in pipeline.look_back(parts))


def pause_profile(profile_id: str) -> None:
    """Stop looking and mailing."""
    _switch(registration.pause, profile_id)


def resume_profile(profile_id: str) -> None:
    """Look and mail again."""
    _switch(registration.resume, profile_id)


def withdraw_profile(profile_id: str, *, at_once: bool) -> Row:
    """Withdraw a profile; give the receipt, or the day on which everything goes."""
    with app.opened() as parts:
        find_profile(parts, profile_id)
        now = parts.clock.now()
        with parts.ledger.writing() as ledger:
            # Whoever holds key and ledger could delete the file: asking for a mailed code would protect nobody.
            code = withdrawal.ask_withdrawal(ledger, parts.vault, profile_id, now, actor="operator")
            withdrawal.confirm_withdrawal(ledger, parts.vault, profile_id, code or "", now)
            if at_once:
                withdrawal.shorten_grace(ledger, profile_id, now, now)
        receipts = [receipt for receipt in app.erase(parts) if receipt.profile_id == profile_id]
        return to_json(receipts[0]) if receipts else {"profile_id": profile_id, "erase_at": now + withdrawal.GRACE}


def run_once(*, sources: tuple[str, ...], profile_id: str | None) -> Ran:
    """Ask each source once and take what came the whole way, queue what is due, let go of what is past its time.

    With a profile, sources are asked for that one only; what they answer is matched for everyone.
    """
    failures: list[str] = []
    with app.opened() as parts:
        started_at = parts.clock.now()
        if profile_id is not None:
            find_profile(parts, profile_id)
        with _gathering(failures):
            look_back(parts)
        asked = replace(parts, asked_for=profile_id)
        found = [app.find_source(asked, named) for named in sources or parts.settings.asked_sources]
        rows = [_run_source(able, name, failures) for name, able in found]
        with _gathering(failures):
            list(pipeline.go_all(parts, pipeline.unfinished(parts)))
        with _gathering(failures):
            app.recheck_due(parts)
        with _gathering(failures):
            app.guard_sources(parts)
        with _gathering(failures):
            queue_due(parts)
        with _gathering(failures):
            app.tidy(parts)  # where no scheduler does: what is past its time goes all the same
        problems = _unreadable(parts, started_at)
    return Ran(rows=tuple(rows), problems=problems, failures=tuple(dict.fromkeys(failures)))


def submit(seen: Sequence[str], *, profile_id: str, note: str) -> Ran:
    """Take in what somebody saw, the whole way; a row for each."""
    with app.opened() as parts:
        started_at = parts.clock.now()
        find_profile(parts, profile_id)
        rows = [asdict(taken) for taken in submissions.take_in(parts, seen, profile_id=profile_id, note=note)]
        refused = submissions.not_taken_in(parts, started_at)
    problems = tuple(BadInputError(refused[place], field=place) for place in sorted(refused))
    return Ran(rows=tuple(rows), problems=problems)


def digest(*, profile_id: str | None, preview: Path | None, send: bool) -> Row:
    """Write what the next digests would say into a folder, or queue what is due and perhaps send it.

    Raises MonitorError when the mail server takes nothing now.
    """
    with app.opened() as parts:
        if preview is not None:
            return {"previews": [str(path) for path in write_previews(parts, profile_id, preview)]}
        now = parts.clock.now()
        if send and parts.settings.smtp_host is None:
            raise BadInputError(say("cli.mails.no_server_set"), field="SHOUWANG_SMTP_HOST")
        if profile_id is not None:
            find_profile(parts, profile_id)
            queued = int(queue_digest(parts.ledger, parts.desk, profile_id, now) is not None)
        else:
            queued = queue_due(parts)
        sent = {kind.value: number for kind, number in app.send_queued(parts).items()} if send else {}
        if sent.get("no_server"):
            raise MonitorError(say("cli.mails.no_server"), advice=say("cli.mails.wait"))
        return {"queued": queued, **sent}


def write_previews(parts: Parts, profile_id: str | None, folder: Path) -> Iterator[Path]:
    """Write the next digest of a profile, or of all, as HTML and text; nothing is sent and nothing changes."""
    with parts.ledger.reading() as ledger:
        wanted = [profile_id] if profile_id else [one.id for one in profiles.statuses(ledger)]
    folder.mkdir(parents=True, exist_ok=True)
    for wanted_id in wanted:
        copies = preview_digest(parts.ledger, parts.desk, wanted_id, parts.clock.now())
        for number, copy in enumerate(copies, 1):
            path = folder / (f"{wanted_id}.html" if len(copies) == 1 else f"{wanted_id}-{number}.html")
            path.write_text(copy.mail.html, encoding="utf-8")
            path.with_suffix(".txt").write_text(f"{copy.mail.subject}\n\n{copy.mail.text}", encoding="utf-8")
            yield path


def queue_due(parts: Parts) -> int:
    """Queue urgent mails and digests that are due; give how many there are."""
    now = parts.clock.now()
    return len(queue_urgent(parts.ledger, parts.desk, now)) + len(queue_digests(parts.ledger, parts.desk, now))


def serve(host: str, port: int) -> None:
    """Serve the web page until stopped."""
    import uvicorn

    from monitors.web.app import make_app

    with app.opened() as parts:
        uvicorn.run(make_app(parts), host=host, port=port, log_level="warning", server_header=False)


def _run_source(parts: Parts, source: str, failures: list[str]) -> Row:
    row: Row = {"source": source, "batches": 0, "posts": 0}
    with _gathering(failures):
        for batch in pipeline.watch(parts, source):
            row["batches"] += 1
            row["posts"] += batch.count
    return row


@contextmanager
def _gathering(failures: list[str]) -> Iterator[None]:
    """Let the rest go on; what failed is told once everything else is through."""
    try:
        yield
    except MonitorError as error:
        failures.append(" ".join(part for part in (str(error), error.advice) if part))


def _unreadable(parts: Parts, since: datetime) -> tuple[BadInputError, ...]:
    """Name what could not be read of a file that was brought in, in the order of its lines."""
    with parts.ledger.reading() as ledger:
        reasons = quarantine.reasons_since(ledger, IMPORTED, since)
        looks = [look for look in fetches.looks(ledger, since=since) if look.source == IMPORTED]
    in_order = sorted(reasons, key=lambda place: [part.zfill(9) for part in place.split(":")])
    broken = [BadInputError(look.detail, file=IMPORTED) for look in looks if look.kind is FetchKind.BROKEN]
    return (*(BadInputError(reasons[place], file=place) for place in in_order), *broken)


def find_profile(parts: Parts, profile_id: str) -> WatchProfile:
    """Open one profile. Raises BadInputError for an unknown id."""
    with parts.ledger.reading() as ledger:
        profile = profiles.get(ledger, parts.vault, profile_id)
    if profile is None:
        raise BadInputError(say("cli.profile.not_found"), field=profile_id)
    return profile


def _switch(change: Callable[..., bool], profile_id: str) -> None:
    with app.opened() as parts, parts.ledger.writing() as ledger:
        if profiles.status_of(ledger, profile_id) is None:
            raise BadInputError(say("cli.profile.not_found"), field=profile_id)
        changed = change(ledger, profile_id, parts.clock.now(), actor="operator")
    if not changed:
        raise BadInputError(say("cli.profile.not_possible"), field=profile_id)
