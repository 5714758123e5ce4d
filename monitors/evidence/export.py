"""A bundle for a lawyer, a court or herself: her exhibits in the clear, with a check that needs nothing of ours."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import Connection

from monitors.codec import to_json
from monitors.errors import BadInputError
from monitors.evidence import check_bundle
from monitors.evidence.chain import START, ChainEnd, content_of, kept_contents
from monitors.evidence.custody import open_link, remembered_end
from monitors.evidence.files import ExhibitFiles
from monitors.evidence.gate import TEXT_TYPES
from monitors.evidence.seal import Sealer
from monitors.ledger import audit, exhibits, hits, profiles, watches
from monitors.ledger.cipher import Cipher, SealBrokenError
from monitors.ledger.exhibits import SealedLink
from monitors.ledger.watches import Watch
from monitors.logs import log
from monitors.messages import LANGUAGES, say_in
from monitors.records import Exhibit, Hit

Write = Callable[[str, bytes], None]
"""Adds one file to the bundle."""
SUFFIXES = {
    "application/json": ".json",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
}
STARTS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"GIF8": ".gif"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything of a profile that goes into its bundle."""

    profile_id: str
    links: tuple[Exhibit, ...]
    end: ChainEnd
    hits: tuple[Hit, ...]
    watches: Mapping[str, Watch]
    """What became of the posts, by the hit's id."""


def export(sealer: Sealer, profile_id: str, to: Path, now: datetime, *, actor: str) -> Path:
    """Write a profile's bundle into a new folder, or a new file where ``to`` ends in .zip; whole or not at all.

    What cannot be read any more is left out, and the bundle's own check says so. The export is audited before it
    is written. Raises BadInputError for an unknown profile and for a place that is taken.
    """
    if to.exists():
        raise BadInputError("is there already; name a new place", field=str(to))
    with sealer.ledger.writing() as connection:
        case = _read_case(connection, sealer.cipher, profile_id)
        audit.note(connection, profile_id, "exported", actor=actor, at=now)
    with _bundle(to) as write:
        _write_case(case, sealer.files, write, now)
    return to


def _read_case(connection: Connection, cipher: Cipher, profile_id: str) -> Case:
    if profiles.status_of(connection, profile_id) is None:
        raise BadInputError("there is no such profile", field=profile_id)
    links = tuple(_readable(cipher, exhibits.chain_of(connection, profile_id)))
    hit_ids = list(dict.fromkeys(link.hit_id for link in links))
    found = (hits.one(connection, cipher, hit_id) for hit_id in hit_ids)
    return Case(
        profile_id=profile_id,
        links=links,
        end=remembered_end(connection, cipher, profile_id) or START,
        hits=tuple(hit for hit in found if hit is not None),
        watches=watches.of_hits(connection, hit_ids),
    )


def _readable(cipher: Cipher, rows: Iterable[SealedLink]) -> Iterator[Exhibit]:
    for row in rows:
        try:
            yield open_link(cipher, row)
        except SealBrokenError:
            log.warning("link_unreadable", profile=row.profile_id, sequence=row.sequence)


def _write_case(case: Case, files: ExhibitFiles, write: Write, now: datetime) -> None:
    names = {}
    for number, content_sha256 in enumerate(_contents(case.links), start=1):
        content = _read(files, case.profile_id, content_sha256)
        if content is not None:
            names[content_sha256] = f"files/{number:04}{_suffix(case.links, content_sha256, content)}"
            write(names[content_sha256], content)
    write("chain.json", _chain(case, names, now))
    write("hits.json", _pretty([_hit(hit, case.watches.get(hit.id)) for hit in case.hits]))
    write("README.txt", "\n\n".join(say_in(language)("evidence.readme") for language in LANGUAGES).encode())
    write("verify.py", Path(check_bundle.__file__).read_bytes())


def _contents(links: Sequence[Exhibit]) -> list[str]:
    """Give the contents that have bytes, in the order in which they were first sealed."""
    kept = kept_contents(links)
    return [content for content in dict.fromkeys(link.content_sha256 for link in links) if content in kept]


def _read(files: ExhibitFiles, profile_id: str, content_sha256: str) -> bytes | None:
    try:
        return files.read(profile_id, content_sha256)
    except (FileNotFoundError, SealBrokenError):
        log.warning("exhibit_unreadable", profile=profile_id, content=content_sha256)
        return None


def _suffix(links: Sequence[Exhibit], content_sha256: str, content: bytes) -> str:
    """Name what opens without running anything: a page from the web is shown as text."""
    media_type = next(link.media_type for link in links if link.content_sha256 == content_sha256).partition(";")[0]
    by_start = next((suffix for start, suffix in STARTS.items() if content.startswith(start)), None)
    return SUFFIXES.get(media_type) or by_start or (".txt" if TEXT_TYPES.match(media_type) else ".bin")


def _chain(case: Case, names: Mapping[str, str], now: datetime) -> bytes:
    links = [json.loads(content_of(link)) | {"sha256": link.sha256} for link in case.links]
    return _pretty(
        {
            "format": "shouwang-evidence/1",
            "profile_id": case.profile_id,
            "exported_at": now.isoformat(),
            "length": case.end.count,
            "head": case.end.sha256,
            "links": links,
            "files": names,
        }
    )


def _hit(hit: Hit, watch: Watch | None) -> dict[str, Any]:
    """What was posted, by whom, where and when; not what was looked for: a bundle is shown to others."""
    return {
        "hit_id": hit.id,
        "found_at": hit.found_at.isoformat(),
        "post": to_json(hit.post),
        "may_concern": [category.value for category in hit.categories],
        "was_up": {
            "from": hit.post.fetched_at.isoformat(),
            "to": (watch.up_at if watch else hit.found_at).isoformat(),
            "gone_since": watch.gone_at.isoformat() if watch and watch.gone_at else None,
        },
    }


def _pretty(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode("utf-8", "surrogatepass")


@contextmanager
def _bundle(to: Path) -> Iterator[Write]:
    """Open a place that appears under its name when it is complete, with the list of its files' hashes."""
    unfinished = to.with_name(f".{to.name}.{token_hex(8)}.part")
    to.parent.mkdir(parents=True, exist_ok=True)
    sums: list[str] = []
    with _zipped(unfinished) if to.suffix == ".zip" else _folder(unfinished) as write:

        def write_and_sum(name: str, content: bytes) -> None:
            write(name, content)
            sums.append(f"{sha256(content).hexdigest()}  {name}\n")

        yield write_and_sum
        write("SHA256SUMS", "".join(sums).encode())
    unfinished.rename(to)


@contextmanager
def _folder(path: Path) -> Iterator[Write]:
    def write(name: str, content: bytes) -> None:
        file = path / name
        file.parent.mkdir(exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_bytes(content)

    path.mkdir(mode=0o700)
    try:
        yield write
    except BaseException:
        rmtree(path)
        raise


@contextmanager
def _zipped(path: Path) -> Iterator[Write]:
    path.touch(mode=0o600)
    try:
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            yield archive.writestr
    except BaseException:
        path.unlink()
        raise
