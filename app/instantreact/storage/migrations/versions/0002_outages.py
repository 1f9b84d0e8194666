"""Outages of cameras, kept across processes.

Follows 0001; made 2026-11-25.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("camera_leases", sa.Column("outage_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("camera_leases", sa.Column("outage_is_told", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Away from them."""
    op.drop_column("camera_leases", "outage_is_told")
    op.drop_column("camera_leases", "outage_since")
