"""What people said of hits; nothing is overwritten, the last word counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, func, insert, select

from monitors.ledger.tables import hits, verdicts


class Answer(StrEnum):
    """An answer to either question."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One person's word on a hit; either question may be left open. ``by`` is a role or a keyed hash."""

    hit_id: str
    about_her: Answer | None
    harmful: Answer | None
    by: str
    at: datetime


def add(connection: Connection, verdict: Verdict) -> None:
    """Write down what somebody said."""
    connection.execute(
        insert(verdicts).values(
            hit_id=verdict.hit_id,
            about_her=verdict.about_her and verdict.about_her.value,
            harmful=verdict.harmful and verdict.harmful.value,
            by=verdict.by,
            at=verdict.at,
        )
    )


def of_hits(connection: Connection, hit_ids: Iterable[str]) -> dict[str, list[Verdict]]:
    """Give what was said of these hits, each one's verdicts in the order they were given."""
    found: dict[str, list[Verdict]] = {hit_id: [] for hit_id in hit_ids}
    rows = connection.execute(select(verdicts).where(verdicts.c.hit_id.in_(list(found))).order_by(verdicts.c.id))
    for row in rows.mappings():
        found[row["hit_id"]].append(
            Verdict(
                hit_id=row["hit_id"],
                about_her=_answer(row["about_her"]),
                harmful=_answer(row["harmful"]),
                by=row["by"],
                at=row["at"],
            )
        )
    return found


def latest_about_her(connection: Connection) -> dict[str, int]:
    """Give the number of the latest verdict on whom a post is about, by profile; who has none is left out."""
    question = (
        select(hits.c.profile_id, func.max(verdicts.c.id).label("latest"))
        .join(hits, hits.c.id == verdicts.c.hit_id)
        .where(verdicts.c.about_her.is_not(None))
        .group_by(hits.c.profile_id)
    )
    return {row.profile_id: row.latest for row in connection.execute(question)}


def about_her(connection: Connection, profile_id: str, *, most: int) -> dict[str, Answer]:
    """Give what stands now of whom a profile's hits are about: the ``most`` judged last, the last of them last."""
    return _standing(connection, verdicts.c.about_her, profile_id, most)


def harmful(connection: Connection, profile_id: str, *, most: int) -> dict[str, Answer]:
    """Give what stands now of whether a profile's hits harm: the ``most`` judged last, the last of them last."""
    return _standing(connection, verdicts.c.harmful, profile_id, most)


def _standing(connection: Connection, asked: Column[str], profile_id: str, most: int) -> dict[str, Answer]:
    said = (
        select(verdicts.c.hit_id, func.max(verdicts.c.id).label("last"))
        .join(hits, hits.c.id == verdicts.c.hit_id)
        .where(hits.c.profile_id == profile_id, asked.is_not(None))
        .group_by(verdicts.c.hit_id)
        .subquery()
    )
    question = (
        select(verdicts.c.hit_id, asked.label("answer"))
        .join(said, said.c.last == verdicts.c.id)
        .order_by(verdicts.c.id.desc())
        .limit(most)
    )
    return {row.hit_id: Answer(row.answer) for row in reversed(connection.execute(question).all())}


def last_word(said: Iterable[Verdict]) -> tuple[Answer | None, Answer | None]:
    """Give what stands now: about her, harmful. Who answers one question leaves the other as it was."""
    about_her: Answer | None = None
    harmful: Answer | None = None
    for verdict in said:
        about_her, harmful = verdict.about_her or about_her, verdict.harmful or harmful
    return about_her, harmful


def _answer(text: str | None) -> Answer | None:
    return None if text is None else Answer(text)
