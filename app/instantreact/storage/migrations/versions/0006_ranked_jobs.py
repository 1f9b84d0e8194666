"""Jobs know how much work they are, and which goes first; what was left stuck by an earlier version goes on.

Follows 0005; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("jobs", sa.Column("cost_s", sa.Double(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("rank_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE jobs SET rank_at = run_at")
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("rank_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        jobs.drop_index("ix_jobs_due")
        jobs.create_index("ix_jobs_ranked", ["kind", "state", "rank_at", "id", "run_at"])
    op.execute("UPDATE clips SET listening = 'off' WHERE state = 'failed' AND listening = 'pending'")
    op.execute(
        "UPDATE jobs SET state = 'due', attempts = 0, error = NULL WHERE kind = 'analyze' AND state = 'buried' "
        "AND subject IN (SELECT id FROM clips WHERE state = 'stored')"
    )


def downgrade() -> None:
    """Back to the tables before."""
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_index("ix_jobs_ranked")
        jobs.create_index("ix_jobs_due", ["kind", "state", "run_at"])
        jobs.drop_column("rank_at")
        jobs.drop_column("cost_s")
