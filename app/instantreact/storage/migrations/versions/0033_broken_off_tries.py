"""Parts whose try was broken off by a crash.

Follows 0032; made 2026-11-28.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("delivery_parts", sa.Column("tried_since", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Back to the tables before."""
    op.drop_column("delivery_parts", "tried_since")
