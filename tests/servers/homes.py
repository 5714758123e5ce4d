"""A data folder with one active profile, a feed that names her, and what stands in the folder afterwards."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from sqlalchemy import func, select

from monitors import app
from monitors.ledger import tables
from monitors.profiles import registration
from monitors.records import Recipient, Schedule
from monitors.settings import Settings
from tests.builders import a_profile

NAME = "林晓月"
HER_MAIL = "lin@mail.example"
NOWHERE = (NAME, HER_MAIL, "青河学院", "今晚的公告")
"""What may stand in no log and no database of a scheduler: her name, her address, her context, a post's text."""

POSTS = {
    "https://news.example/1": f"听说青河学院的{NAME}和老师的事了吗，到处都在传。",
    "https://news.example/2": f"有没有{NAME}的照片，私信我。",
    "https://news.example/3": "今晚的公告：图书馆八点关门。",
}


def feed() -> bytes:
    """Give an RSS feed of three posts, two of them about her."""
    day = format_datetime(datetime(2026, 3, 1, 12, tzinfo=UTC))
    items = "".join(
        f"<item><guid>{url}</guid><link>{url}</link><pubDate>{day}</pubDate><description>{text}</description></item>"
        for url, text in POSTS.items()
    )
    return f'<rss version="2.0"><channel><title>news</title>{items}</channel></rss>'.encode()


def settings_for(home: Path, **more: str) -> dict[str, str]:
    """Give the variables of a process that works in this folder and may ask servers on loopback."""
    return {
        "SHOUWANG_HOME": str(home),
        "SHOUWANG_ALLOW_HOSTS": "127.0.0.1",
        "SHOUWANG_LOG_FORMAT": "json",
        "SHOUWANG_FETCH_SECONDS": "60",
        **{f"SHOUWANG_{name.upper()}": value for name, value in more.items()},
    }


def watch_over_her(home: Path) -> str:
    """Register her profile in this folder, confirmed yesterday: a digest is due whatever hour it is. Gives its id."""
    draft = a_profile(
        recipients=(Recipient(address=HER_MAIL),), schedule=Schedule(hour=0, timezone="UTC", neutral=True)
    )
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with app.opened(Settings(home=home)) as parts, parts.ledger.writing() as ledger:
        registered = registration.register(ledger, parts.vault, draft, yesterday)
        registration.confirm(ledger, parts.vault, registered.profile_id, registered.code, yesterday)
    return draft.id


@dataclass(frozen=True, slots=True, kw_only=True)
class EndState:
    """What a run leaves, without what differs from run to run: times and the hashes made of them."""

    hits: frozenset[tuple[str, str]]
    """Id and the last stage that passed it."""
    exhibits: Mapping[str, int]
    """How many a hit has."""
    outcomes: Mapping[tuple[str, str], int]
    """How many posts by stage and kind."""
    documents: frozenset[str]
    """Hits in the search store."""


def end_state(home: Path) -> EndState:
    """Read what stands in this folder."""
    from search.index import Search

    with app.opened(Settings(home=home)) as parts, parts.ledger.reading() as ledger:
        hits = ledger.execute(select(tables.hits.c.id, tables.hits.c.stage)).all()
        exhibits = ledger.scalars(select(tables.exhibits.c.hit_id)).all()
        by_stage = select(tables.outcomes.c.stage, tables.outcomes.c.kind, func.sum(tables.outcomes.c.count))
        outcomes = ledger.execute(by_stage.group_by(tables.outcomes.c.stage, tables.outcomes.c.kind)).all()
        documents = parts.index().find(Search()).documents
    return EndState(
        hits=frozenset((row.id, row.stage) for row in hits),
        exhibits=Counter(exhibits),
        outcomes={(stage, kind): int(number) for stage, kind, number in outcomes},
        documents=frozenset(document.hit_id for document in documents),
    )


def fetches(home: Path) -> set[tuple[str, str]]:
    """Give how each source's fetches ended: source and kind."""
    with app.opened(Settings(home=home)) as parts, parts.ledger.reading() as ledger:
        return {
            (row.source, row.kind) for row in ledger.execute(select(tables.fetches.c.source, tables.fetches.c.kind))
        }
