"""The ledger's tables.

What names a person (profiles, hits, recipients, mails) is stored sealed under that profile's key; plain columns
hold ids, times, counts and public facets only. Every id comes from content or from ``secrets``.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator
from typing_extensions import override


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time may not enter the ledger")
        return value.astimezone(UTC)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _profile_id(**options: bool) -> Column[str]:
    return Column("profile_id", String(32), ForeignKey("profiles.id", ondelete="CASCADE"), nullable=False, **options)  # type: ignore[arg-type]


profiles = Table(
    "profiles",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("withdraw_asked_at", UtcDateTime),
    Column("erase_at", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("address_mac", String(64), nullable=False, index=True, comment="keyed hash of the confirming address"),
    Column("sealed", LargeBinary, nullable=False, comment="the watch profile under its own key"),
    Column("looked_back", String(64), comment="what it was when the stored posts were last looked through for it"),
)

profile_keys = Table(
    "profile_keys",
    metadata,
    _profile_id(primary_key=True),
    Column("wrapped", LargeBinary, nullable=False, comment="the profile's key under the master key"),
)

photo_details = Table(
    "photo_details",
    metadata,
    _profile_id(primary_key=True),
    Column("photo_id", String(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False, comment="what finds small parts of a photo, under the profile's key"),
)

blocked_addresses = Table(
    "blocked_addresses",
    metadata,
    Column("address_mac", String(64), primary_key=True),
    Column("blocked_at", UtcDateTime, nullable=False),
)

cool_downs = Table(
    "cool_downs",
    metadata,
    Column("address_mac", String(64), primary_key=True),
    Column("until", UtcDateTime, nullable=False, index=True, comment="no mail to this address that nobody confirmed"),
)

confirmations = Table(
    "confirmations",
    metadata,
    _profile_id(primary_key=True),
    Column("code_mac", String(64), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _profile_id(index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(64), nullable=False, comment="a role or a keyed hash, never an address"),
    Column("action", String(64), nullable=False),
    Column("subject", String(64), nullable=False, default="", comment="an id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column(
        "expired_at", UtcDateTime, comment="when its file was deleted as planned; a file missing before is an alarm"
    ),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("batch_sha256", String(64), ForeignKey("batches.sha256", ondelete="CASCADE"), primary_key=True),
    Column("stage", String(16), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)

seen_posts = Table(
    "seen_posts",
    metadata,
    Column("key", LargeBinary(16), primary_key=True, comment="of the post's id and content"),
    Column("batch_sha256", String(64), ForeignKey("batches.sha256", ondelete="CASCADE"), nullable=False, index=True),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("place", Text, nullable=False),
    Column("reason", String(128), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String(64), nullable=False, index=True),
    Column("part", String(64), nullable=False, default="", comment="which feed or server of it"),
    Column("kind", String(16), nullable=False),
    Column("detail", String(200), nullable=False, default=""),
    Column("posts", Integer, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("at", UtcDateTime, nullable=False, index=True),
)

hits = Table(
    "hits",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sequence", Integer, nullable=False, unique=True, comment="our own order; alerts follow it, not post time"),
    _profile_id(),
    Column("batch_sha256", String(64), nullable=False, index=True),
    Column("stage", String(16), nullable=False, comment="the last stage that passed it"),
    Column("source", String(64), nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("digest_id", String(32), comment="the digest that told of it"),
    Column("sealed", LargeBinary, nullable=False, comment="post, matches and scores under the profile's key"),
    Index("ix_hits_profile_id_sequence", "profile_id", "sequence"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("hit_id", String(32), ForeignKey("hits.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("about_her", String(8)),
    Column("harmful", String(8)),
    Column("by", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

watches = Table(
    "watches",
    metadata,
    Column("hit_id", String(32), ForeignKey("hits.id", ondelete="CASCADE"), primary_key=True),
    Column("next_at", UtcDateTime, index=True, comment="when its post is looked at again; null: no more"),
    Column("tries", Integer, nullable=False, default=0, comment="looks in a row that got no answer"),
    Column("state", String(16), nullable=False, comment="waiting, up, edited, gone, unreachable, not_watchable"),
    Column("detail", String(64), nullable=False, default=""),
    Column("looked_at", UtcDateTime),
    Column("up_at", UtcDateTime, nullable=False, comment="when it was last seen to be there"),
    Column("gone_at", UtcDateTime, index=True, comment="when it was first seen to be gone since"),
    Column("content_sha256", String(64), nullable=False, default="", comment="of what it said when last looked at"),
)

asked = Table(
    "asked",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("term_mac", String(64), primary_key=True, comment="keyed hash of what was asked for"),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("dry", Integer, nullable=False, comment="how often in a row it yielded nothing"),
)

exhibits = Table(
    "exhibits",
    metadata,
    Column("id", String(32), primary_key=True),
    _profile_id(),
    Column("sequence", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("hit_id", String(32), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False, comment="the link's canonical JSON under the profile's key"),
    UniqueConstraint("profile_id", "sequence"),
)

leaves = Table(
    "leaves",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="head of an erased chain: says that it was, not of whom"),
    Column("at", UtcDateTime, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("id", String(32), primary_key=True),
    _profile_id(),
    Column("day", String(10), nullable=False, comment="her own calendar day"),
    Column("made_at", UtcDateTime, nullable=False),
    Column("hits", Integer, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True, comment="of the Message-ID, which never changes"),
    _profile_id(index=True),
    Column("digest_id", String(32)),
    Column("kind", String(16), nullable=False, comment="digest, urgent, confirmation, …"),
    Column("state", String(16), nullable=False, comment="queued, sent, failed"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", UtcDateTime, nullable=False, index=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("problem", String(200), nullable=False, default=""),
    Column("sealed", LargeBinary, nullable=False, comment="recipient and message under the profile's key"),
)

facts = Table(
    "facts",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

Index("ix_fetches_source_at", fetches.c.source, fetches.c.at)
Index("ix_profiles_state", profiles.c.state)

all_tables = metadata.sorted_tables
"""Every table, a referred one before the one that refers to it."""
