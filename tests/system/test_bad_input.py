"""Bad input and bad neighbours: one clear line or a typed outcome, the rest goes on, and nothing is lost."""

import gzip
import os
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import pytest

from monitors import app, pipeline
from monitors.cli.demo.pictures import copy_badly, draw_picture
from monitors.errors import StopRun
from monitors.ledger import quarantine
from monitors.matching.images.fingerprint import fingerprint_reference
from monitors.records import Hit, PhotoSignal, Recipient, Stage
from tests.cli_runs import Said, shouwang
from tests.servers import web as manners
from tests.servers.postgres import Postgres, free_port
from tests.servers.smtp import MailServer, Manner
from tests.servers.web import Behaviour, Web, serving
from tests.system.house import MAIL, NAME, NOBODY, OTHER, RUMOUR, THREAT, House, discreet, feed, house_in

PROFILE = f"""names: [{NAME}]
recipients:
  - {{address: {MAIL}, self: true}}
consents:
  - {{scope: names, given_by: self, authority: self}}
"""


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that misbehaves as a test says."""
    with serving() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, web: Web) -> House:
    """An installation that asks the server's feed."""
    return house_in(tmp_path, web)


def picture_declaring(width: int, height: int) -> bytes:
    """A PNG of some bytes that says it has this size."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0" * 99))]
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


TWO_GIGABYTES = picture_declaring(30_000, 24_000)
TRUNCATED = draw_picture("lin")[:2000]


@pytest.mark.parametrize(
    ("file", "photo", "place"),
    [
        pytest.param(PROFILE.replace("]", "", 1), b"", "her.yaml:", id="broken YAML"),
        pytest.param(PROFILE + "colour: red\n", b"", "her.yaml:6: colour", id="unknown field"),
        pytest.param(
            PROFILE + "photos: [{file: her.jpg}]\n", TRUNCATED, "her.yaml:6: photos[0].file", id="truncated JPEG"
        ),
        pytest.param(
            PROFILE + "photos: [{file: her.jpg}]\n", TWO_GIGABYTES, "her.yaml:6: photos[0].file", id="2 GB picture"
        ),
    ],
)
def test_a_bad_profile_names_its_place_and_registers_nobody(
    tmp_path: Path, house: House, file: str, photo: bytes, place: str
) -> None:
    """File, line and field, exit code 2; no half of a profile is left."""
    (tmp_path / "her.yaml").write_text(file, encoding="utf-8")
    (tmp_path / "her.jpg").write_bytes(photo)

    said = house.run("profile", "add", str(tmp_path / "her.yaml"))

    assert said.code == 2
    assert place in said.err
    assert house.lines("profile", "list") == []


def test_a_bad_picture_costs_itself_only(web: Web, house: House) -> None:
    """Posts with a truncated, an immense or an endless picture are found by her name, a good copy by her photo too."""
    photo = draw_picture("lin")
    house.protect(photos=(PhotoSignal(id="a", label="", fingerprints=fingerprint_reference(photo)),))
    answers = [
        *map(manners.answer_with, (TRUNCATED, TWO_GIGABYTES)),
        manners.lie_about_length,
        manners.answer_with(copy_badly(photo)),
    ]
    with ExitStack() as stack:
        hosts = [stack.enter_context(serving()) for _ in answers]  # each its own host, with its own pace
        for host, answer in zip(hosts, answers, strict=True):
            host.misbehave("/picture.jpg", answer)
        pictures = [host.url("/picture.jpg") for host in hosts]
        web.answer("/feed.xml", feed(f"{THREAT}一", f"{THREAT}二", f"{THREAT}三", NOBODY, pictures=pictures))

        said = house.settled(allow_hosts="127.0.0.1").run("run")

    assert said.code == 0
    problems = {hit.post.media[0].url: hit.post.media[0].problem for hit in house.hits()}
    assert problems[pictures[3]] is None
    assert all(problems[picture] for picture in pictures[:3])
    assert [methods(hit) for hit in house.hits() if hit.post.text == NOBODY] == [{"pdq"}]
    assert house.adds_up()


def methods(hit: Hit) -> set[str]:
    return {match.method.value for match in hit.matches}


def test_a_bad_line_of_an_import_is_named_and_kept(tmp_path: Path, house: House) -> None:
    """The lines around it are found; its bytes stay in quarantine; the exit code says that there was one."""
    house.protect()
    archive = tmp_path / "archive.jsonl"
    good = [f'{{"id": {number}, "text": "{text}"}}'.encode() for number, text in enumerate((THREAT, RUMOUR))]
    archive.write_bytes(b"\n".join([good[0], b"\xff\xfe" + NAME.encode(), b"not json", b'{"id": 7}', good[1]]))

    said = house.run("run", "--source", f"jsonl:{archive}")

    assert said.code == 2
    assert clear_lines(said) == [
        "archive.jsonl:2: not UTF-8",
        "archive.jsonl:3: not JSON",
        "archive.jsonl:4:text: missing",
    ]
    assert len(house.hits()) == 2
    with house.opened() as parts, parts.ledger.reading() as ledger:
        kept = {item.rejected.content for item in quarantine.of_source(ledger, "jsonl")}
    assert kept == {b"\xff\xfe" + NAME.encode(), b"not json", b'{"id": 7}'}
    assert house.adds_up()


def test_an_archive_that_is_cut_off_gives_what_it_has(tmp_path: Path, house: House) -> None:
    """A gzip file that ends too early is said to be broken, and the lines before are found."""
    house.protect()
    archive = tmp_path / "archive.jsonl.gz"
    noise = "".join(f'{{"id": "n{number}", "text": "{token_hex(200)}"}}\n' for number in range(200))
    archive.write_bytes(gzip.compress(f'{{"id": 1, "text": "{THREAT}"}}\n{noise}'.encode())[:-5_000])

    said = house.run("run", "--source", f"jsonl:{archive}")

    assert said.code == 2
    assert clear_lines(said) == ["jsonl: unreadable_file"]
    assert [hit.post.text for hit in house.hits()] == [THREAT]


BAD_FEEDS: list[tuple[str, Behaviour, str]] = [
    ("never ends", manners.never_end, "broken"),
    ("announces 2 GB", manners.lie_about_length, "broken"),
    ("gzip bomb", manners.bomb, "broken"),
    ("hangs up", manners.hang_up, "unreachable"),
    ("hangs up mid-answer", manners.hang_up_mid_answer, "unreachable"),
    ("breaks a chunk", manners.break_chunks, "unreachable"),
    ("is no web server", manners.talk_nonsense, "broken"),
]


def test_bad_feeds_have_outcomes_and_lose_nothing(tmp_path: Path) -> None:
    """The good feed between them is read in time, each bad one is named, and what it has is found once it behaves."""
    with ExitStack() as stack:
        webs = [
            stack.enter_context(serving()) for _ in range(len(BAD_FEEDS) + 1)
        ]  # each its own host, with its own pace
        good, *bad = webs
        urls = [web.url("/feed.xml") for web in (bad[0], good, *bad[1:])]
        house = house_in(tmp_path, feeds=" ".join(urls), allow_hosts="127.0.0.1")
        house.protect()
        good.answer("/feed.xml", feed(THREAT))
        for number, (web, (_, manner, _)) in enumerate(zip(bad, BAD_FEEDS, strict=True)):
            web.misbehave("/feed.xml", manner, manners.answer_with(feed(f"{RUMOUR}{number}")))

        said = house.run("run")

        assert said.code == 0
        assert [hit.post.text for hit in house.hits()] == [THREAT]
        looks = house.outcomes()
        outcomes = [looks[f"rss feed-{number}"] for number in (1, *range(3, len(urls) + 1))]
        assert outcomes == [outcome for _, _, outcome in BAD_FEEDS]
        assert looks["rss feed-2"] == "ok"
        house.lines("run")
        assert len(house.hits()) == len(urls)
        assert house.adds_up()


def test_a_feed_that_drips_takes_no_more_than_its_time(web: Web, house: House) -> None:
    """A run ends soon after its time is up, with what the other feed had; the slow one is asked again."""
    house = house.settled(feeds=f"{web.url('/feed.xml')} {web.url('/slow.xml')}", fetch_seconds="5")
    house.protect()
    web.answer("/feed.xml", feed(THREAT))
    web.misbehave("/slow.xml", manners.drip, manners.answer_with(feed(RUMOUR)))

    house.lines("run")

    assert [hit.post.text for hit in house.hits()] == [THREAT]
    outcomes = house.outcomes()
    assert outcomes["rss feed-1"] == "ok"
    assert outcomes["rss feed-2"] in {"unreachable", "budget_spent"}
    house.lines("run")
    assert {hit.post.text for hit in house.hits()} == {THREAT, RUMOUR}


@pytest.mark.parametrize(
    ("manner", "outcome"), [(Manner.REFUSE, "refused"), (Manner.REFUSE_WORDS, "refused"), (Manner.NOT_NOW, "later")]
)
def test_a_refused_mail_stops_no_other(house: House, smtp: MailServer, manner: Manner, outcome: str) -> None:
    """What was refused for now leaves once the server takes it; what was refused for good is told of in the outbox."""
    house = mailing(house, smtp)
    house.protect()
    house.protect(id=OTHER, names=("陈雨桐",), recipients=(Recipient(address="chen@mail.example"),))
    smtp.manners = {MAIL: manner}

    (told,) = house.lines("digest", "--send")

    assert told == {"queued": 2, "sent": 1, outcome: 1}
    assert len(smtp.mails_to("chen@mail.example")) == 1
    smtp.manners = {}
    house.let_pass(timedelta(hours=1))
    house.lines("digest", "--send")
    assert len(smtp.mails_to(MAIL)) == (outcome == "later")


def mailing(house: House, smtp: MailServer) -> House:
    return house.settled(smtp_host=smtp.host, smtp_port=str(smtp.port), smtp_security="none")


def test_mails_wait_for_a_server_that_is_down(house: House, smtp: MailServer) -> None:
    """One clear line and exit code 1; every mail leaves once the server is there."""
    house.protect()

    said = house.settled(smtp_host="127.0.0.1", smtp_port=str(free_port()), smtp_security="none").run(
        "digest", "--send"
    )

    assert said.code == 1
    assert len(clear_lines(said)) == 2, "what, and what to do"
    house.let_pass(timedelta(hours=1))
    mailing(house, smtp).lines("digest", "--send")
    assert len(smtp.mails_to(MAIL)) == 1


def clear_lines(said: Said) -> list[str]:
    """What standard error says beside the log."""
    return [line for line in said.err.splitlines() if not line.startswith("{")]


def test_a_search_store_that_is_down_stops_nothing_but_the_index(web: Web, house: House) -> None:
    """Her hits are sealed and told of; they are found in the store from the next run on."""
    house.protect()
    more = f"{THREAT}！"
    web.answer("/feed.xml", feed(THREAT))
    with house.opened() as parts:
        for batch in pipeline.collect(parts, "rss"):
            pipeline.prove(parts, batch)  # as far as an earlier run came without the store
    web.answer("/feed.xml", feed(THREAT, more))

    said = shouwang("run", env=house.settled(elasticsearch_url=f"http://127.0.0.1:{free_port()}").env)

    assert said.code == 1
    assert discreet(said.err)
    assert len(clear_lines(said)) == 1, "no library of ours adds a word"
    assert {hit.post.text for hit in house.hits(Stage.EVIDENCE)} == {THREAT, more}
    assert house.told() == {THREAT, more}
    house.lines("run")
    assert {document.text for document in house.documents()} == {THREAT, more}
    assert house.adds_up()


def test_a_batch_that_is_lost_stops_no_other(web: Web, house: House) -> None:
    """What came after it is found, by a timer and by Airflow; the failure names it for as long as it lasts."""
    house.protect()
    web.answer("/feed.xml", feed(THREAT))
    with house.opened() as parts:
        (lost,) = pipeline.collect(parts, "rss")
        parts.spool.remove(lost.path)
    web.answer("/feed.xml", feed(THREAT, RUMOUR))

    said = house.run("run")

    assert said.code == 1
    assert any(lost.sha256[:12] in line for line in clear_lines(said))
    assert [hit.post.text for hit in house.hits()] == [RUMOUR]
    left = house.call(app.collect, "rss")
    assert [batch["sha256"] for batch in left] == [lost.sha256]
    with pytest.raises(StopRun):
        house.call(app.match, left)


@pytest.mark.needs_postgres
def test_a_database_that_goes_down_on_the_way_loses_nothing(tmp_path: Path, web: Web, postgres: Postgres) -> None:
    """One clear line, whenever it went; once it is back, the next run finds what the feed had."""
    url = postgres.new_database()
    house = house_in(tmp_path, web, database_url=url)
    house.protect()

    def lose_database(wire: manners.Wire) -> None:
        let_in(postgres, url, allowed=False)
        manners.answer_with(feed(THREAT))(wire)

    web.misbehave("/feed.xml", lose_database, manners.answer_with(feed(THREAT)))

    on_the_way, at_start = house.run("run"), house.run("run")

    assert (on_the_way.code, at_start.code) == (1, 1)
    assert clear_lines(on_the_way) == clear_lines(at_start) != []
    let_in(postgres, url, allowed=True)
    house.lines("run")
    assert [hit.post.text for hit in house.hits()] == [THREAT]
    assert house.adds_up()
    postgres.drop(url)


def let_in(postgres: Postgres, url: str, *, allowed: bool) -> None:
    """Close a database to everybody, at once, or open it again."""
    name = url.rpartition("/")[2]
    postgres.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}")
    if not allowed:
        postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes; where nothing may be mounted, the test is skipped."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    mounted = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "none", disk], check=False, capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small disk can only be mounted by root: sudo make test")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize(
    ("full", "room"),
    [
        ("spool", 0),
        ("exhibits", 0),
        (".", 0),  # not even the ledger can be opened
        (".", 100_000),  # the ledger opens, and is full on the way
    ],
)
def test_a_full_disk_loses_nothing(tmp_path: Path, web: Web, small_disk: Path, full: str, room: int) -> None:
    """The cursor stays where it was, or the batch waits: with room again, the next run finds everything."""
    house = house_in(tmp_path, web)
    house.home.symlink_to(small_disk) if full == "." else house.home.mkdir()
    house.protect()
    if full != ".":
        (house.home / full).symlink_to(small_disk)
    web.answer("/feed.xml", feed(THREAT, RUMOUR))
    ballast = small_disk / "ballast"
    fill(ballast, but=room)

    said = house.run("run")

    assert said.code == 1
    assert clear_lines(said)
    ballast.unlink()
    assert house.hits() == []
    house.lines("run")
    assert {hit.post.text for hit in house.hits()} == {THREAT, RUMOUR}
    assert len(house.documents()) == 2
    assert house.run("evidence", "verify").code == 0
    assert house.adds_up()


def fill(ballast: Path, *, but: int) -> None:
    """Take every byte that is left, but for some."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024))
    os.truncate(ballast, ballast.stat().st_size - but)
