"""Processes tell with which bundles they look.

Follows 0019; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.create_table(
        "told_bundles",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("bundles", sa.JSON(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_told_bundles")),
    )


def downgrade() -> None:
    """Back to the tables before."""
    op.drop_table("told_bundles")
