"""When the posts of hits are looked at again, and what sources were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "watches",
        sa.Column("hit_id", sa.String(length=32), nullable=False),
        sa.Column(
            "next_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its post is looked at again; null: no more",
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="looks in a row that got no answer"),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="waiting, up, edited, gone, unreachable, not_watchable",
        ),
        sa.Column("detail", sa.String(length=64), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "up_at", sa.DateTime(timezone=True), nullable=False, comment="when it was last seen to be there"
        ),
        sa.Column(
            "gone_at", sa.DateTime(timezone=True), nullable=True, comment="when it was first seen to be gone since"
        ),
        sa.Column(
            "content_sha256",
            sa.String(length=64),
            nullable=False,
            comment="of what it said when last looked at",
        ),
        sa.ForeignKeyConstraint(
            ["hit_id"], ["hits.id"], name=op.f("fk_watches_hit_id_hits"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hit_id", name=op.f("pk_watches")),
    )
    op.create_index(op.f("ix_watches_next_at"), "watches", ["next_at"], unique=False)
    op.create_index(op.f("ix_watches_gone_at"), "watches", ["gone_at"], unique=False)
    op.create_table(
        "asked",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("term_mac", sa.String(length=64), nullable=False, comment="keyed hash of what was asked for"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dry", sa.Integer(), nullable=False, comment="how often in a row it yielded nothing"),
        sa.PrimaryKeyConstraint("source", "term_mac", name=op.f("pk_asked")),
    )
    op.create_index(op.f("ix_asked_at"), "asked", ["at"], unique=False)
