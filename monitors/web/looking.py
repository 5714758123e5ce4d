"""Looking at what was found: the list, one hit with its reasons, its words on request, and what she says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from monitors.alerts.digest import concern_of, is_alerted, is_for_her
from monitors.alerts.links import Purpose
from monitors.ledger import audit, exhibits, hits, verdicts, watches
from monitors.ledger.verdicts import Answer, Verdict
from monitors.records import Hit
from monitors.web.site import Reader, Site
from monitors.web.uploads import Typed, read_form
from monitors.web.visit import Here

PAGE = 30

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One hit as the list shows it: no word of it. ``kind`` is a concern, ``for_her``, or ``other`` (not alerted)."""

    hit: Hit
    kind: str
    path: str
    about_her: Answer | None
    harmful: Answer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of the list; ``next`` asks for the one after it."""

    rows: tuple[Row, ...]
    next: int | None


@router.get("/hits/{token}")
def show_list(visit: Here, token: str, before: int | None = None, everything: bool = False) -> Response:
    """Show what was found, newest first; with ``everything`` also what no mail tells of."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.reader(connection, token, Purpose.HITS)
        listed = _list(visit.site, connection, reader, before=before, everything=everything)
    return visit.show("hits", reader=reader, listed=listed, everything=everything, before=before)


@router.get("/hit/{token}")
def show_hit(visit: Here, token: str) -> Response:
    """Show why a post was found, and no word of it."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.reader(connection, token, Purpose.HIT)
        told = _tell(visit.site, connection, reader)
    return visit.show("hit", reader=reader, is_revealed=False, **told)


@router.post("/hit/{token}/reveal")
def reveal(visit: Here, token: str) -> Response:
    """Show the words of the post as well; that they were asked for is in the audit log."""
    with visit.site.ledger.writing() as connection:
        reader = visit.site.reader(connection, token, Purpose.HIT)
        told = _tell(visit.site, connection, reader)
        _note(visit.site, connection, reader, "revealed")
    return visit.show("hit", reader=reader, is_revealed=True, **told)


@router.post("/hit/{token}/verdict")
async def judge(visit: Here, token: str) -> Response:
    """Write down whether it is about her and whether it harms."""
    typed = await read_form(visit.request)
    path = await run_in_threadpool(_judge, visit.site, token, typed)
    return RedirectResponse(visit.address(path) + "#verdict", status_code=303)


@router.get("/activity/{token}")
def show_activity(visit: Here, token: str) -> Response:
    """Show her everything that was done with her profile."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.ACTIVITY)
        entries = audit.entries_of(connection, reader.profile.id)
    return visit.show("activity", reader=reader, entries=entries[::-1])


@router.get("/export/{token}")
def ask_to_export(visit: Here, token: str) -> Response:
    """Say what an export holds."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.EXPORT)
    return visit.show("export", reader=reader)


@router.post("/export/{token}")
def export(visit: Here, token: str) -> Response:
    """Give her the evidence; the export itself is in the audit log."""
    with visit.site.ledger.reading() as connection:
        reader = visit.site.owner(connection, token, Purpose.EXPORT)
    packed = visit.site.export(reader.profile.id, reader.actor)
    headers = {"Content-Disposition": 'attachment; filename="evidence.zip"'}
    return Response(packed, media_type="application/zip", headers=headers)


def _list(site: Site, connection: Connection, reader: Reader, *, before: int | None, everything: bool) -> Listed:
    """Give the next page that has something to show, or the last."""
    while True:
        page = hits.page(connection, site.vault, reader.profile.id, before=before, limit=PAGE)
        shown = [hit for hit in page.hits if everything or is_alerted(hit)]
        if shown or page.next is None:
            return Listed(rows=_rows(site, connection, reader, shown), next=page.next)
        before = page.next


def _rows(site: Site, connection: Connection, reader: Reader, shown: Sequence[Hit]) -> tuple[Row, ...]:
    said = verdicts.of_hits(connection, [hit.id for hit in shown])
    rows = []
    for hit in shown:
        about_her, harmful = verdicts.last_word(said[hit.id])
        path = site.path(reader.link.to(Purpose.HIT, hit.id))
        rows.append(Row(hit=hit, kind=_kind(hit), path=path, about_her=about_her, harmful=harmful))
    return tuple(rows)


def _kind(hit: Hit) -> str:
    if is_alerted(hit):
        return concern_of(hit).value
    return "for_her" if is_for_her(hit) else "other"


def _tell(site: Site, connection: Connection, reader: Reader) -> dict[str, Any]:
    hit = site.hit(connection, reader)
    about_her, harmful = verdicts.last_word(verdicts.of_hits(connection, [hit.id])[hit.id])
    return {
        "hit": hit,
        "kind": _kind(hit),
        "matches": sorted(hit.matches, key=lambda match: -match.score),
        "found": sorted((score for score in hit.scores if score.is_found), key=lambda score: -score.probability),
        "exhibits": exhibits.of_hit(connection, hit.profile_id, hit.id),
        "watch": watches.of_hits(connection, [hit.id]).get(hit.id),
        "about_her": about_her,
        "harmful": harmful,
        "answers": list(Answer),
    }


def _judge(site: Site, token: str, typed: Typed) -> str:
    """Write a verdict down and give the path of the hit."""
    with site.ledger.writing() as connection:
        reader = site.reader(connection, token, Purpose.HIT)
        hit = site.hit(connection, reader)
        before = verdicts.last_word(verdicts.of_hits(connection, [hit.id])[hit.id])
        about_her, harmful = _answer(typed.text("about_her")), _answer(typed.text("harmful"))
        # Pressed twice, it is still one verdict.
        if (about_her or before[0], harmful or before[1]) != before:
            said = Verdict(hit_id=hit.id, about_her=about_her, harmful=harmful, by=reader.actor, at=site.now())
            verdicts.add(connection, said)
            _note(site, connection, reader, "judged")
        return site.path(reader.link)


def _answer(text: str) -> Answer | None:
    return Answer(text) if text in set(Answer) else None


def _note(site: Site, connection: Connection, reader: Reader, action: str) -> None:
    audit.note(connection, reader.profile.id, action, actor=reader.actor, at=site.now(), subject=reader.link.subject)
