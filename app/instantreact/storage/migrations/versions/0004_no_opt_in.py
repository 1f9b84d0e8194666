"""Recipients without a time of opting in, which nobody wrote.

Follows 0003; made 2026-11-25.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.drop_column("recipients", "opted_in_at")


def downgrade() -> None:
    """Back to the tables before."""
    op.add_column("recipients", sa.Column("opted_in_at", sa.DateTime(timezone=True), nullable=True))
