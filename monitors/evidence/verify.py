"""Checking evidence: every link, its place, every stored byte, and where the chain should end.

What this finds without a word from outside: any changed byte of a row or a file, any link missing, moved or cut off
at the end. What it cannot: a whole ledger and its files put back to an earlier day; that is what time stamps from
others are for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from monitors.errors import BadInputError
from monitors.evidence.chain import GENESIS, ChainEnd, kept_contents, withheld_contents
from monitors.evidence.custody import open_link, remembered_end
from monitors.evidence.files import ExhibitFiles
from monitors.evidence.seal import Sealer
from monitors.ledger import exhibits, profiles
from monitors.ledger.cipher import Cipher, KeyGoneError, SealBrokenError
from monitors.ledger.exhibits import SealedLink
from monitors.messages import Say
from monitors.records import Exhibit


class Problem(StrEnum):
    """What may be wrong with a chain; the text is the catalogue's ``evidence.problem.<id>``."""

    KEY_GONE = "key_gone"
    LINK_CHANGED = "link_changed"
    LINK_MOVED = "link_moved"
    LINKS_MISSING = "links_missing"
    END_CHANGED = "end_changed"
    BYTES_MISSING = "bytes_missing"
    BYTES_CHANGED = "bytes_changed"
    BYTES_WITHHELD_KEPT = "bytes_withheld_kept"
    FILE_UNKNOWN = "file_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and where. ``place`` is a link's number or a file's name."""

    problem: Problem
    profile_id: str
    place: str = ""

    def told(self, say: Say) -> str:
        """Give the finding as a sentence."""
        return say(f"evidence.problem.{self.problem}", profile=self.profile_id, place=self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Custody:
    """A profile's evidence at one moment, as it stands; a link that cannot be opened is None."""

    profile_id: str
    rows: tuple[SealedLink, ...]
    links: tuple[Exhibit | None, ...]
    end: ChainEnd | None
    files: tuple[str, ...]


def verify(sealer: Sealer, profile_id: str | None = None) -> tuple[Finding, ...]:
    """Check one profile's evidence, or everybody's; empty when every link and every byte is as it was sealed.

    Raises BadInputError for a profile that is not there.
    """
    with sealer.ledger.reading() as connection:
        known = [status.id for status in profiles.statuses(connection)]
    if profile_id is not None and profile_id not in known:
        raise BadInputError("there is no such profile", field="ID")
    return tuple(finding for one in known if profile_id in {None, one} for finding in _verify_profile(sealer, one))


def _verify_profile(sealer: Sealer, profile_id: str) -> Iterator[Finding]:
    try:
        custody = _look(sealer, profile_id)
    except KeyGoneError:
        yield Finding(problem=Problem.KEY_GONE, profile_id=profile_id)
        return
    yield from _check_links(custody)
    yield from _check_end(custody)
    yield from _check_files(custody, sealer.files)


def _look(sealer: Sealer, profile_id: str) -> _Custody:
    # Who is sealing at this moment holds the profile: rows and files are seen together.
    with sealer.ledger.writing() as connection:
        profiles.status_of(connection, profile_id, lock=True)
        rows = exhibits.chain_of(connection, profile_id)
        end = _end(connection, sealer.cipher, profile_id)
        names = tuple(sealer.files.names(profile_id))
    links = tuple(_open(sealer.cipher, row) for row in rows)
    return _Custody(profile_id=profile_id, rows=rows, links=links, end=end, files=names)


def _end(connection: Connection, cipher: Cipher, profile_id: str) -> ChainEnd | None:
    try:
        return remembered_end(connection, cipher, profile_id)
    except SealBrokenError:
        return None


def _open(cipher: Cipher, row: SealedLink) -> Exhibit | None:
    try:
        link = open_link(cipher, row)
    except SealBrokenError:
        return None
    columns = (row.id, row.profile_id, row.sequence, row.sha256, row.hit_id)
    return link if columns == (link.id, link.profile_id, link.sequence, link.sha256, link.hit_id) else None


def _check_links(custody: _Custody) -> Iterator[Finding]:
    before, expected = GENESIS, 1
    for row, link in zip(custody.rows, custody.links, strict=True):
        place = str(row.sequence)
        if row.sequence != expected:
            yield _missing(custody, expected, row.sequence - 1)
        elif link is not None and link.previous != before:
            yield Finding(problem=Problem.LINK_MOVED, profile_id=custody.profile_id, place=place)
        if link is None:
            yield Finding(problem=Problem.LINK_CHANGED, profile_id=custody.profile_id, place=place)
        before, expected = row.sha256, row.sequence + 1


def _check_end(custody: _Custody) -> Iterator[Finding]:
    last = custody.rows[-1] if custody.rows else None
    here = ChainEnd(count=last.sequence, sha256=last.sha256) if last else ChainEnd(count=0, sha256=GENESIS)
    if custody.end is not None and custody.end.count > here.count:
        yield _missing(custody, here.count + 1, custody.end.count)
    elif last is not None and custody.end != here:
        yield Finding(problem=Problem.END_CHANGED, profile_id=custody.profile_id, place=str(here.count))


def _check_files(custody: _Custody, files: ExhibitFiles) -> Iterator[Finding]:
    links = [link for link in custody.links if link is not None]
    kept, withheld = kept_contents(links), withheld_contents(links)
    for name in sorted(kept):
        problem = _problem_of(files, custody.profile_id, name)
        if problem is not None:
            yield Finding(problem=problem, profile_id=custody.profile_id, place=name)
    for name in custody.files:
        if name in withheld:
            yield Finding(problem=Problem.BYTES_WITHHELD_KEPT, profile_id=custody.profile_id, place=name)
        elif name not in kept and None not in custody.links:
            # With a broken link nobody knows which files it spoke of.
            yield Finding(problem=Problem.FILE_UNKNOWN, profile_id=custody.profile_id, place=name)


def _problem_of(files: ExhibitFiles, profile_id: str, name: str) -> Problem | None:
    try:
        files.read(profile_id, name)
    except FileNotFoundError:
        return Problem.BYTES_MISSING
    except SealBrokenError:
        return Problem.BYTES_CHANGED
    return None


def _missing(custody: _Custody, first: int, last: int) -> Finding:
    place = str(first) if first == last else f"{first}–{last}"
    return Finding(problem=Problem.LINKS_MISSING, profile_id=custody.profile_id, place=place)
