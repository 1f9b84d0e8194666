"""Jobs know the request that they follow from.

Follows 0017; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("jobs", sa.Column("request_id", sa.String(), nullable=True))
    op.add_column("jobs", sa.Column("traceparent", sa.String(), nullable=True))


def downgrade() -> None:
    """Back to the tables before."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("traceparent")
        jobs.drop_column("request_id")
