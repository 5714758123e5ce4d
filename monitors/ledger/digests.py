"""Which digests were made: one a profile a day of hers, and urgent ones between."""

from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from monitors.ledger.tables import digests


def digest_id(profile_id: str, kind: str, day: date, key: str = "") -> str:
    """The id of a digest: the same however often it is made. ``key`` tells several of one day apart."""
    return sha256(f"{profile_id}\n{kind}\n{day.isoformat()}\n{key}".encode()).hexdigest()[:32]


def add(connection: Connection, digest: str, profile_id: str, *, day: date, made_at: datetime, hits: int) -> None:
    """Note that a digest is made. Raises IntegrityError when it was made before: ask ``exists`` under the profile's lock."""
    connection.execute(
        insert(digests).values(id=digest, profile_id=profile_id, day=day.isoformat(), made_at=made_at, hits=hits)
    )


def made_at(connection: Connection, digest: str) -> datetime | None:
    """Give when a digest was made; None where it was not."""
    return connection.scalar(select(digests.c.made_at).where(digests.c.id == digest))


def exists(connection: Connection, digest: str) -> bool:
    """Whether this digest was made."""
    return connection.scalar(select(digests.c.id).where(digests.c.id == digest)) is not None
