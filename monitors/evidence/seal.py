"""Sealing a hit: bytes first, then the link that says so, in the order of one chain a profile.

Whoever seals for a profile holds its row until the transaction ends, so that two writers cannot fork a chain; its
unique place in the ledger is the second lock. A crash between bytes and link leaves bytes without a link, which the
next try uses or ``sweep`` deletes.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version

from sqlalchemy import Connection

from monitors.evidence.chain import WITHHELD, Observation, content_of, exhibit_id, next_link
from monitors.evidence.custody import end_of, put_end, read_chain, unreferenced
from monitors.evidence.files import ExhibitFiles
from monitors.evidence.gate import MINOR, Capture, is_to_be_sealed, reason_to_withhold
from monitors.ledger import audit, exhibits, profiles
from monitors.ledger.cipher import Cipher
from monitors.ledger.engine import Ledger
from monitors.ledger.exhibits import SealedLink
from monitors.records import Exhibit, Hit, ProfileState, WatchProfile


@cache
def this_software() -> Mapping[str, str]:
    """What made a link, so that a court can have it made again the same way."""
    return {"shouwang": version("shouwang"), "python": platform.python_version()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Where evidence goes, and who puts it there."""

    ledger: Ledger
    cipher: Cipher
    files: ExhibitFiles
    actor: str = "shouwang"
    tools: Mapping[str, str] = field(default_factory=this_software)


def seal_hit(sealer: Sealer, hit: Hit, captures: Sequence[Capture], *, is_asked: bool = False) -> tuple[Exhibit, ...]:
    """Seal what was captured of a hit and give the new links.

    The same content of the same hit is chained once, however often it is sealed. Nothing is sealed for a profile
    that is being withdrawn, nor for a hit that ``gate`` leaves out. Bytes that may not be kept get a link with
    their hashes and the reason, and no file.
    """
    if not is_to_be_sealed(hit, is_asked=is_asked):
        return ()
    with sealer.ledger.writing() as connection:
        profile = _hold(sealer, connection, hit.profile_id)
        if profile is None:
            return ()
        made = [
            _seal_bytes(
                sealer,
                connection,
                profile.id,
                _observe(hit, capture, was_minor=profile.was_minor),
                capture.raw.content,
            )
            for capture in captures
        ]
    return tuple(link for link in made if link is not None)


def withhold(sealer: Sealer, profile_id: str, content_sha256: str, now: datetime, *, actor: str) -> bool:
    """A person said that these bytes may not be kept: chain that, then delete them; False where that was done before.

    The same content is not stored again for this profile.
    """
    observation = Observation(
        hit_id="",
        kind=WITHHELD,
        content_sha256=content_sha256,
        media_type="",
        url="",
        captured_at=now,
        reason=MINOR,
    )
    with sealer.ledger.writing() as connection:
        is_new = _hold(sealer, connection, profile_id) is not None and not _is_withheld(
            connection, profile_id, content_sha256
        )
        if is_new:
            _append(sealer, connection, profile_id, observation)
            audit.note(connection, profile_id, "withheld", actor=actor, at=now, subject=content_sha256)
    # After the commit: had it failed, a link would promise bytes that are gone.
    sealer.files.remove(profile_id, content_sha256)
    return is_new


def sweep(sealer: Sealer) -> int:
    """Delete files that no link speaks of, which a crash left behind, and give how many there were."""
    with sealer.ledger.reading() as connection:
        known = [status.id for status in profiles.statuses(connection)]
    swept = 0
    for profile_id in known:
        with sealer.ledger.writing() as connection:
            # Who is sealing at this moment holds this profile: its newest file is never taken for a leftover.
            if profiles.status_of(connection, profile_id, lock=True) is None:
                continue
            for name in unreferenced(sealer.files, profile_id, read_chain(connection, sealer.cipher, profile_id)):
                sealer.files.remove(profile_id, name)
                swept += 1
    return swept


def _hold(sealer: Sealer, connection: Connection, profile_id: str) -> WatchProfile | None:
    status = profiles.status_of(connection, profile_id, lock=True)
    if status is None or status.state is ProfileState.WITHDRAWING:
        return None
    return profiles.get(connection, sealer.cipher, profile_id)


def _observe(hit: Hit, capture: Capture, *, was_minor: bool) -> Observation:
    return Observation(
        hit_id=hit.id,
        kind=capture.kind,
        content_sha256=sha256(capture.raw.content).hexdigest(),
        media_type=capture.raw.media_type,
        url=capture.raw.url,
        captured_at=capture.raw.fetched_at,
        reason=reason_to_withhold(hit, capture, was_minor=was_minor),
        fingerprints=capture.fingerprints,
    )


def _seal_bytes(
    sealer: Sealer, connection: Connection, profile_id: str, seen: Observation, content: bytes
) -> Exhibit | None:
    if exhibits.exists(connection, exhibit_id(profile_id, seen.hit_id, seen.kind, seen.content_sha256)):
        return None
    if _is_withheld(connection, profile_id, seen.content_sha256):
        seen = replace(seen, reason=MINOR)
    if not seen.reason:
        sealer.files.store(profile_id, content)
    return _append(sealer, connection, profile_id, seen)


def _is_withheld(connection: Connection, profile_id: str, content_sha256: str) -> bool:
    return exhibits.exists(connection, exhibit_id(profile_id, "", WITHHELD, content_sha256))


def _append(sealer: Sealer, connection: Connection, profile_id: str, seen: Observation) -> Exhibit:
    end = end_of(connection, sealer.cipher, profile_id)
    link = next_link(end, profile_id, seen, actor=sealer.actor, tools=sealer.tools)
    exhibits.add(
        connection,
        SealedLink(
            id=link.id,
            profile_id=profile_id,
            sequence=link.sequence,
            sha256=link.sha256,
            hit_id=link.hit_id,
            sealed=sealer.cipher.seal(profile_id, content_of(link), label=f"exhibits:{link.id}"),
        ),
    )
    put_end(connection, sealer.cipher, profile_id, link)
    return link
