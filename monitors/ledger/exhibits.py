"""The links of each profile's evidence chain, as rows; what a link says is monitors.evidence's business."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, insert, select

from monitors.ledger import facts
from monitors.ledger.tables import exhibits, leaves
from monitors.ledger.upsert import insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLink:
    """A row as it stands: ``sha256`` is what the link's canonical JSON should hash to."""

    id: str
    profile_id: str
    sequence: int
    sha256: str
    hit_id: str
    sealed: bytes


def add(connection: Connection, link: SealedLink) -> None:
    """Store a link. Raises IntegrityError when its place in the chain is taken: a chain does not fork."""
    connection.execute(insert(exhibits).values(**{name: getattr(link, name) for name in _COLUMNS}))


def exists(connection: Connection, exhibit_id: str) -> bool:
    """Whether this exhibit is in a chain."""
    return connection.scalar(select(exhibits.c.id).where(exhibits.c.id == exhibit_id)) is not None


def head_of(connection: Connection, profile_id: str) -> SealedLink | None:
    """Give the last link of a chain; None where nothing was sealed yet."""
    last = _links(profile_id).order_by(exhibits.c.sequence.desc()).limit(1)
    row = connection.execute(last).mappings().one_or_none()
    return None if row is None else _link(row)


def chain_of(connection: Connection, profile_id: str) -> tuple[SealedLink, ...]:
    """Give a profile's chain from its first link."""
    rows = connection.execute(_links(profile_id).order_by(exhibits.c.sequence)).mappings()
    return tuple(_link(row) for row in rows)


def of_hit(connection: Connection, profile_id: str, hit_id: str) -> tuple[SealedLink, ...]:
    """Give the links that prove one hit, in the order of the chain."""
    rows = connection.execute(_links(profile_id).where(exhibits.c.hit_id == hit_id).order_by(exhibits.c.sequence))
    return tuple(_link(row) for row in rows.mappings())


def put_head(connection: Connection, profile_id: str, sealed: bytes, at: datetime) -> None:
    """Remember, sealed, how long a chain is: links cut off at its end are missed."""
    facts.put(connection, _head_key(profile_id), b64encode(sealed).decode(), at)


def sealed_head(connection: Connection, profile_id: str) -> bytes | None:
    """Give what ``put_head`` remembered; None where nothing was sealed yet."""
    fact = facts.get(connection, _head_key(profile_id))
    return None if fact is None else b64decode(fact.value)


def let_go(connection: Connection, profile_id: str, at: datetime) -> str | None:
    """Before a profile is erased: forget its chain's length, keep and give the hash of its head as a leaf."""
    facts.forget(connection, _head_key(profile_id))
    head = head_of(connection, profile_id)
    if head is None:
        return None
    keep_leaf(connection, head.sha256, at)
    return head.sha256


def keep_leaf(connection: Connection, sha256: str, at: datetime) -> None:
    """Keep the head of a chain that is about to go: it says that a chain was, not whose."""
    connection.execute(insert_into(connection, leaves).values(sha256=sha256, at=at).on_conflict_do_nothing())


_COLUMNS = tuple(SealedLink.__dataclass_fields__)


def _head_key(profile_id: str) -> str:
    return f"chain:{profile_id}"


def _links(profile_id: str) -> Select[Any]:
    return select(*(exhibits.c[name] for name in _COLUMNS)).where(exhibits.c.profile_id == profile_id)


def _link(row: RowMapping) -> SealedLink:
    return SealedLink(**row)
