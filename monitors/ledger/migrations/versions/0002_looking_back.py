"""When the stored posts were last looked through for a profile."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "profiles",
        sa.Column(
            "looked_back",
            sa.String(length=64),
            nullable=True,
            comment="what it was when the stored posts were last looked through for it",
        ),
    )
