"""The chain of exhibits: each link holds the hash of the link before it, so that none can be changed or left out.

A link's hash is the SHA-256 of its canonical JSON without the field ``sha256``: keys sorted, no spaces, UTF-8 (RFC
8785 for the values that occur here: text, whole numbers, booleans, null). ``check_bundle.py`` does the same without
any of this code.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from monitors.codec import from_json, to_json
from monitors.records import Exhibit, Fingerprint

GENESIS = "0" * 64
"""What the first link of a chain says is before it."""
WITHHELD = "withheld"
"""The kind of a link that says that bytes sealed before were deleted."""


def canonical(content: Mapping[str, Any]) -> bytes:
    """Give the one way to write these values; even a lone surrogate of an address has one."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def content_of(link: Exhibit) -> bytes:
    """Give the canonical JSON a link's hash is of."""
    fields = to_json(link)
    del fields["sha256"]
    return canonical(fields)


def link_of(content: bytes) -> Exhibit:
    """Give the link back, its hash computed anew. Raises ValueError or BadInputError for what is no link."""
    return from_json(Exhibit, json.loads(content) | {"sha256": sha256(content).hexdigest()})


def exhibit_id(profile_id: str, hit_id: str, kind: str, content_sha256: str) -> str:
    """Give the id of this content for this hit: sealing it again gives the same, so that it is chained once."""
    return sha256(f"{profile_id}\n{hit_id}\n{kind}\n{content_sha256}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEnd:
    """Where a chain ends: how many links it has, and the hash of the last."""

    count: int
    sha256: str


START = ChainEnd(count=0, sha256=GENESIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a link says of some bytes, before it has its place in a chain. With a ``reason`` they are not kept."""

    hit_id: str
    kind: str
    content_sha256: str
    media_type: str
    url: str
    captured_at: datetime
    reason: str = ""
    fingerprints: tuple[Fingerprint, ...] = ()


def next_link(
    end: ChainEnd, profile_id: str, observation: Observation, *, actor: str, tools: Mapping[str, str]
) -> Exhibit:
    """Give the link that goes on where a profile's chain ends."""
    link = Exhibit(
        id=exhibit_id(profile_id, observation.hit_id, observation.kind, observation.content_sha256),
        profile_id=profile_id,
        sequence=end.count + 1,
        previous=end.sha256,
        sha256="",
        hit_id=observation.hit_id,
        kind=observation.kind,
        content_sha256=observation.content_sha256,
        media_type=observation.media_type,
        url=observation.url,
        captured_at=observation.captured_at,
        actor=actor,
        tools=tools,
        is_stored=not observation.reason,
        reason=observation.reason,
        fingerprints=observation.fingerprints,
    )
    return replace(link, sha256=sha256(content_of(link)).hexdigest())


def kept_contents(links: Sequence[Exhibit]) -> frozenset[str]:
    """Give the sha256 of every content whose bytes should be on disk."""
    return frozenset(link.content_sha256 for link in links if link.is_stored) - withheld_contents(links)


def withheld_contents(links: Sequence[Exhibit]) -> frozenset[str]:
    """Give the sha256 of every content whose bytes were deleted since."""
    return frozenset(link.content_sha256 for link in links if link.kind == WITHHELD)
