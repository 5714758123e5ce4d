"""The canary: what was secret is in plain nowhere, and what was hers is nowhere once she withdrew."""

import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from json import dumps
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import select, update

from monitors import app, pipeline
from monitors.ledger import engine
from monitors.ledger.tables import profile_keys, profiles
from monitors.records import Recipient
from search.words import folded
from tests.servers.elasticsearch import ElasticsearchNode
from tests.servers.postgres import Postgres
from tests.servers.smtp import MailServer
from tests.servers.web import Web, serving
from tests.system.house import HER, NOBODY, OTHER, RUMOUR, THREAT, House, feed, house_in

ALIAS = "夜雨青萍客"
"""Hers, and in no post."""
OF_HER = "quillomark"
"""Stands in a post that names her alone."""
OF_BOTH = "vexatrune"
"""Stands in a post that names her and another."""
OTHERS_MAIL = "chen@mail.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """An installation, and every folder in which it or a server of its keeps bytes."""

    house: House
    folders: tuple[Path, ...]
    node: ElasticsearchNode | None = None
    postgres: Postgres | None = None

    def of(self, secret: bytes | str) -> set[str]:
        """Name the files that hold a secret, however it is written; batches are unpacked."""
        forms = [secret] if isinstance(secret, bytes) else list(written(secret))
        files = (path for folder in self.folders for path in folder.rglob("*") if path.is_file())
        return {f"{path.parent.name}/{path.name}" for path in files if any(form in content(path) for form in forms)}

    def flush(self) -> None:
        """Bring to disk what servers still hold in memory."""
        if self.postgres:
            self.postgres.execute("CHECKPOINT")
        if self.node:
            self.node.flush()


def written(secret: str) -> Iterator[bytes]:
    """A word as bytes may hold it: encoded, escaped, parted for search, or inside base64."""
    yield from (secret.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
    yield dumps(secret).strip('"').encode()
    yield folded(secret).encode()
    for start in range(3):
        yield b64encode(bytes(start) + secret.encode())[4 if start else 0 : -4]


def content(path: Path) -> bytes:
    """A file's bytes, unpacked where they are packed."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:  # a server tidied up meanwhile
        return b""
    return zstandard.ZstdDecompressor().decompressobj().decompress(raw) if path.name.endswith(".zst") else raw


@pytest.fixture
def web() -> Iterator[Web]:
    """Serves the feed."""
    with serving() as server:
        yield server


@pytest.fixture
def embedded(tmp_path: Path, web: Web) -> Traces:
    """Everything in one folder."""
    house = house_in(tmp_path, web)
    return Traces(house=house, folders=(house.home,))


@pytest.fixture
def servers(
    embedded: Traces, postgres: Postgres, elasticsearch_node: ElasticsearchNode, index_prefix: str
) -> Iterator[Traces]:
    """The ledger in PostgreSQL, what is searched in Elasticsearch."""
    url = postgres.new_database()
    house = embedded.house.settled(
        database_url=url, elasticsearch_url=elasticsearch_node.url, index_prefix=index_prefix
    )
    folders = (house.home, postgres.folder, elasticsearch_node.data.parent)
    yield Traces(house=house, folders=folders, node=elasticsearch_node, postgres=postgres)
    postgres.drop(url)


@pytest.fixture(
    params=["embedded", pytest.param("servers", marks=[pytest.mark.needs_postgres, pytest.mark.needs_elasticsearch])]
)
def traces(request: pytest.FixtureRequest) -> Traces:
    """Both ways to keep house."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Traces)
    return found


def watch_two(house: House, web: Web, smtp: MailServer) -> list[str]:
    """Watch over two, of whom one post names both, and tell them; gives all that was logged."""
    mailing = house.settled(smtp_host=smtp.host, smtp_port=str(smtp.port), smtp_security="none")
    house.protect(aliases=(ALIAS,))
    house.protect(id=OTHER, names=("陈雨桐",), recipients=(Recipient(address=OTHERS_MAIL),))
    both = f"听说林晓月和陈雨桐的事了吗，到处都在传 {OF_BOTH}"
    web.answer("/feed.xml", feed(f"{THREAT} {OF_HER}", both, NOBODY))
    return [mailing.run(*words).err for words in (["run"], ["digest", "--send"])]


def key_of(house: House, profile_id: str) -> bytes:
    """The bytes with which everything of a profile could be opened again."""
    with house.opened() as parts, parts.ledger.reading() as ledger:
        wrapped = ledger.scalar(select(profile_keys.c.wrapped).where(profile_keys.c.profile_id == profile_id))
    assert isinstance(wrapped, bytes)
    return wrapped


def test_nothing_of_hers_is_left(traces: Traces, web: Web, smtp: MailServer) -> None:
    """What is in no post is never in plain; what named her goes, key and all; another keeps what named both."""
    house = traces.house
    logged = watch_two(house, web, smtp)
    key = key_of(house, HER)
    traces.flush()
    assert traces.of(OF_HER), "this test would see it"
    assert not traces.of(ALIAS)
    assert not traces.of("mail.example")

    (receipt,) = house.lines("profile", "withdraw", HER, "--now", "--yes")
    house.call(app.clean_up)

    assert (receipt["hits"], receipt["shared"]) == (2, 1)
    traces.flush()
    assert not traces.of(OF_HER)
    assert not traces.of(ALIAS)
    assert {file for file in traces.of(key) if not file.startswith("pg_wal/")} == set(), "docs/privacy.md names pg_wal"
    assert not any(word in log for log in logged for word in (ALIAS, OF_HER, OF_BOTH, "陈雨桐"))
    (left,) = house.documents()
    assert OF_BOTH in left.text
    assert left.profile_id == OTHER
    assert [hit.profile_id for hit in house.hits()] == [OTHER]
    assert house.run("evidence", "verify").code == 0
    assert not any("spool" in file for file in traces.of(OF_BOTH))


def test_a_reader_in_the_way_only_puts_the_scrubbing_off(
    embedded: Traces, web: Web, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody reads, the log of the ledger still holds her wrapped key; the next clean-up overwrites it."""
    monkeypatch.setattr(engine, "BUSY_MILLISECONDS", 200)
    house = embedded.house
    watch_two(house, web, smtp)
    key = key_of(house, HER)
    with closing(sqlite3.connect(house.home / "ledger.sqlite", isolation_level=None)) as page:
        page.execute("BEGIN")
        page.execute("SELECT count(*) FROM profiles").fetchone()
        house.lines("profile", "withdraw", HER, "--now", "--yes")
        assert embedded.of(key), "this test would see it"
        page.execute("COMMIT")

        house.call(app.clean_up)

        assert not embedded.of(key)


def test_a_run_alone_lets_go_of_what_is_past_its_time(embedded: Traces, web: Web, smtp: MailServer) -> None:
    """Without Airflow too she is erased once her grace is over, though a batch is lost, and what matched nobody goes."""
    house = embedded.house
    watch_two(house, web, smtp)
    web.answer("/feed.xml", feed(RUMOUR))
    with house.opened() as parts:
        (lost,) = pipeline.collect(parts, "rss")
        parts.spool.remove(lost.path)
    (promise,) = house.lines("profile", "withdraw", HER, "--yes")
    assert "erase_at" in promise
    with house.opened() as parts, parts.ledger.writing() as ledger:
        ledger.execute(update(profiles).where(profiles.c.id == HER).values(erase_at=datetime.now(UTC)))

    house.settled(keep_unmatched="0").run("run")

    assert [profile["id"] for profile in house.lines("profile", "list")] == [OTHER]
    assert not embedded.of(OF_HER)
    assert not embedded.of(NOBODY)
