"""A small installation over real servers on loopback, and its command line, run in this process."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from json import loads
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch
from zlib import crc32

from sqlalchemy import select, update

from monitors import app
from monitors.cli import run
from monitors.ledger import batches, hits
from monitors.ledger.tables import digests, outbox
from monitors.parts import Parts
from monitors.profiles import registration
from monitors.records import Hit, Recipient, Schedule, Stage, WatchProfile
from search.index import Document, Search
from tests.builders import a_profile
from tests.cli_runs import Said, settings_env
from tests.servers.web import Web, serving

T = TypeVar("T")
HER, OTHER = "p" * 32, "q" * 32
NAME, SCHOOL, MAIL = "林晓月", "青河学院", "lin@mail.example"
THREAT = "林晓月你给我等着，明天放学别想走出校门"
RUMOUR = "听说青河学院的林晓月和导师的事了吗，到处都在传"
NOBODY = "今天食堂的糖醋排骨又涨价了"
NOWHERE = (NAME, "晓月", SCHOOL, MAIL, "校门", "导师", "糖醋", "social.example", "墨客")
"""What may stand in no log line and no error message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A home folder and the settings it is used with."""

    home: Path
    env: dict[str, str]

    def settled(self, **changed: str) -> "House":
        """The same home with other settings, by the names of ``Settings``."""
        return replace(self, env=self.env | {f"SHOUWANG_{name.upper()}": value for name, value in changed.items()})

    def run(self, *arguments: str) -> Said:
        """Run a command. Whatever comes of it, it ends without a traceback, and says nothing private in its log."""
        out, err = StringIO(), StringIO()
        with self._in_place(), redirect_stdout(out), redirect_stderr(err):
            code = run(list(arguments))
        assert discreet(err.getvalue())
        return Said(code, out.getvalue(), err.getvalue())

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command that has to work, and give the JSON Lines it wrote."""
        said = self.run(*arguments)
        assert said.code == 0, said.err
        return [loads(line) for line in said.out.splitlines()]

    def outcomes(self) -> dict[str, str]:
        """Give how each source's last look ended; the command ends with 1 where one is blind."""
        said = self.run("sources", "check", "--quick")
        assert said.code in {0, 1}, said.err
        return {line["source"]: line["outcome"].split()[0] for line in map(loads, said.out.splitlines())}

    @contextmanager
    def opened(self) -> Iterator[Parts]:
        """Open the installation's parts."""
        with self._in_place(), app.opened() as parts:
            yield parts

    def call(self, task: Callable[..., T], *arguments: Any) -> T:
        """Run one task as a scheduler does."""
        with self._in_place():
            return task(*arguments)

    def protect(self, **changed: Any) -> WatchProfile:
        """Register and confirm her, or somebody else, two days ago: a digest is due."""
        then = datetime.now(UTC) - timedelta(days=2)
        fields: dict[str, Any] = {
            "id": HER,
            "recipients": (Recipient(address=MAIL),),
            "schedule": Schedule(hour=0, timezone="UTC"),
        }
        profile = a_profile(**fields | changed)
        with self.opened() as parts, parts.ledger.writing() as ledger:
            registered = registration.register(ledger, parts.vault, profile, then)
            registration.confirm(ledger, parts.vault, profile.id, registered.code, then)
        return profile

    def hits(self, stage: Stage = Stage.INDEX) -> list[Hit]:
        """Every hit in a stage; by default those that are through."""
        with self.opened() as parts, parts.ledger.reading() as ledger:
            return list(hits.iter_all(ledger, parts.vault, stage=stage))

    def told(self, profile_id: str = HER) -> set[str]:
        """The posts that a digest or an urgent mail told somebody of."""
        with self.opened() as parts, parts.ledger.reading() as ledger:
            made = ledger.scalars(select(digests.c.id).where(digests.c.profile_id == profile_id)).all()
            found = [hit for digest in made for hit in hits.of_digest(ledger, parts.vault, digest)]
        return {hit.post.text for hit in found}

    def documents(self, words: str = "") -> tuple[Document, ...]:
        """What the search store finds."""
        with self.opened() as parts:
            return parts.index().find(Search(words=words)).documents

    def adds_up(self) -> bool:
        """Whether every post that went into a stage came out of it."""
        with self.opened() as parts, parts.ledger.reading() as ledger:
            waiting = [batch for stage in list(Stage)[1:] for batch in batches.waiting_for(ledger, stage)]
            return not waiting and not batches.leaks(ledger)

    def let_pass(self, time: timedelta) -> None:
        """Let time pass for the mails that wait."""
        with self.opened() as parts, parts.ledger.writing() as ledger:
            waiting = select(outbox.c.id, outbox.c.next_attempt_at)
            for row in ledger.execute(waiting).all():
                earlier = {"next_attempt_at": row.next_attempt_at - time}
                ledger.execute(update(outbox).where(outbox.c.id == row.id).values(earlier))

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        with patch.dict(os.environ, settings_env(self.env), clear=True):
            yield


def house_in(folder: Path, web: Web | None = None, **settings: str) -> House:
    """An installation in a folder that asks one feed of a server on loopback."""
    home = folder / "home"
    env = {"SHOUWANG_HOME": str(home), "SHOUWANG_LOG_FORMAT": "json", "SHOUWANG_RUN_SOURCES": "rss"}
    if web is not None:
        env |= {"SHOUWANG_FEEDS": web.url("/feed.xml"), "SHOUWANG_ALLOW_HOSTS": f"127.0.0.1:{web.port}"}
    return House(home=home, env=env).settled(**settings)


@contextmanager
def threatened_in(folder: Path) -> Iterator[House]:
    """An installation that watches over her, with a threat against her in its feed."""
    with serving() as web:
        house = house_in(folder, web)
        house.protect()
        web.answer("/feed.xml", feed(THREAT))
        yield house


def discreet(said: str) -> bool:
    """Whether nothing private stands in what was said, nor the inside of the program."""
    return not any(word in said for word in (*NOWHERE, "Traceback"))


def feed(*texts: str, pictures: Sequence[str] = ()) -> bytes:
    """An RSS feed of posts; the first ones have these pictures."""
    items = [_item(number, text, pictures[number : number + 1]) for number, text in enumerate(texts)]
    return f'<rss version="2.0"><channel><title>news</title>{"".join(items)}</channel></rss>'.encode()


def _item(number: int, text: str, pictures: Sequence[str]) -> str:
    url = f"https://social.example/{number}-{crc32(text.encode())}"
    media = "".join(f'<enclosure url="{picture}" type="image/jpeg" length="1"/>' for picture in pictures)
    return f"<item><guid>{url}</guid><link>{url}</link><author>墨客</author><description>{text}</description>{media}</item>"
