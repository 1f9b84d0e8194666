"""Which file browsers play instead of which.

Follows 0034; made 2026-11-28.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.create_table(
        "renditions",
        sa.Column("source_key", sa.String(), nullable=False),
        sa.Column("blob_key", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_key", name=op.f("pk_renditions")),
    )
    op.create_index(op.f("ix_renditions_blob_key"), "renditions", ["blob_key"])


def downgrade() -> None:
    """Back to the tables before; the files that nothing refers to then are deleted at the next start."""
    op.drop_table("renditions")
