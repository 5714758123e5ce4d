"""The demo, from registering invented people to their digests on disk and the table that ends it."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer

from monitors import app, pipeline
from monitors.alerts.digest import Concern, concern_of, is_alerted, is_for_her
from monitors.cli.actions import write_previews
from monitors.cli.demo.people import register_invented
from monitors.cli.demo.pictures import copy_badly, draw_picture
from monitors.cli.demo.server import Site, serve_site
from monitors.cli.output import print_table
from monitors.cli.words import say
from monitors.evidence.verify import verify
from monitors.ledger import batches, exhibits, hits
from monitors.matching.images.fingerprint import fingerprint_reference
from monitors.parts import Parts
from monitors.records import Hit, OutcomeKind, PhotoSignal, Stage
from monitors.settings import Settings

DATA = files("monitors.cli.demo")


def run_demo(to: Path) -> None:
    """Do the whole job in a folder of its own, which is made anew, and say what was found and where to look."""
    home = to / "home"
    shutil.rmtree(home, ignore_errors=True)
    people = json.loads((DATA / "people.json").read_text(encoding="utf-8"))
    with _demo_site() as host, app.opened(_settings(home, host)) as parts:
        for number, person in enumerate(people):
            _register(parts, person, f"demo{number}@mail.example")
        _watch(parts)
        _print_found(parts, people)
        _print_proof(parts, people)
        _print_digests(parts, to)


@contextmanager
def _demo_site() -> Iterator[str]:
    site: Site = {
        "/lin-copy.jpg": ("image/jpeg", copy_badly(draw_picture("lin"))),
        "/tree.jpg": ("image/jpeg", draw_picture("tree")),
    }
    with serve_site(site) as host:
        feed = (DATA / "feed.xml").read_text(encoding="utf-8").replace("HOST", host)
        site["/feed.xml"] = ("application/rss+xml", feed.encode())
        yield host


def _settings(home: Path, host: str) -> Settings:
    return Settings(
        home=home,
        feeds=(f"http://{host}/feed.xml",),
        allow_hosts=(host,),
        run_sources=("rss",),
        log_format="quiet",
    )


def _register(parts: Parts, person: dict[str, Any], address: str) -> None:
    photos: tuple[PhotoSignal, ...] = ()
    if person["photo"]:
        hashes = fingerprint_reference(draw_picture(person["photo"]))
        photos = (PhotoSignal(id=person["photo"], label="1", fingerprints=hashes),)
    register_invented(
        parts,
        person["id"],
        names=tuple(person["names"]),
        aliases=tuple(person["aliases"]),
        handles=tuple(person["handles"]),
        context=tuple(person["context"]),
        language=person["language"],
        address=address,
        photos=photos,
    )


def _watch(parts: Parts) -> None:
    for named in (f"{app.JSONL}{DATA / 'posts.jsonl'}", "rss"):
        name, with_source = app.find_source(parts, named)
        for _ in pipeline.watch(with_source, name):
            pass


def _print_found(parts: Parts, people: list[dict[str, Any]]) -> None:
    with parts.ledger.reading() as ledger:
        found = list(hits.iter_all(ledger, parts.vault, stage=Stage.INDEX))
        counts = Counter[OutcomeKind]()
        for batch in batches.in_spool(ledger):
            counts.update(batches.outcomes_of(ledger, batch.sha256, Stage.MATCHING))
    typer.echo(say("cli.demo.title") + "\n")
    print_table(
        [say(f"cli.column.{column}") for column in ("person", "category", "count")],
        [row for person in people for row in _rows(person, found)],
    )
    told = {"posts": counts.total(), "matched": counts[OutcomeKind.PASSED], "unmatched": counts[OutcomeKind.UNMATCHED]}
    typer.echo("\n" + say("cli.demo.read", **told))


def _rows(person: dict[str, Any], found: list[Hit]) -> Iterator[tuple[str, str, int]]:
    hers = Counter(_kind_of(hit) for hit in found if hit.profile_id == person["id"])
    for kind, number in hers.most_common():
        yield person["names"][0], kind, number


def _kind_of(hit: Hit) -> str:
    if is_alerted(hit):
        return concern_in_words(concern_of(hit))
    return say("cli.demo.muted") if is_for_her(hit) else say("cli.demo.mentions")


def concern_in_words(concern: Concern) -> str:
    """Give a concern as the digest says it, in the terminal's language."""
    return say(f"digest.concern.{concern.value}")


def _print_proof(parts: Parts, people: list[dict[str, Any]]) -> None:
    with parts.ledger.reading() as ledger:
        sealed = sum(len(exhibits.chain_of(ledger, person["id"])) for person in people)
    findings = [finding.told(say) for finding in verify(parts.sealer)]
    typer.echo("\n".join(findings) or say("cli.demo.sealed", exhibits=sealed))


def _print_digests(parts: Parts, to: Path) -> None:
    for path in write_previews(parts, None, to):
        typer.echo(say("cli.demo.digest", path=path))
    typer.echo("\n" + say("cli.next", command=".venv/bin/shouwang profile add docs/howto/profile.example.yaml"))
