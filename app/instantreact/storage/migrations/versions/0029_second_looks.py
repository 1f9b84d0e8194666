"""Rules that ask for a second look at their alerts, and how many looks there were in an hour.

Follows 0028; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("rules", sa.Column("second_look", sa.JSON()))
    op.create_table(
        "second_look_use",
        sa.Column("hour", sa.String(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name=op.f("pk_second_look_use")),
    )


def downgrade() -> None:
    """Back to the tables before; messages about other alerts that no earlier version can read go."""
    doubting = "SELECT id FROM alerts WHERE system_key LIKE 'doubted:%'"
    deliveries = f"SELECT id FROM deliveries WHERE alert_id IN ({doubting})"  # noqa: S608 fixed text
    op.execute(f"DELETE FROM delivery_parts WHERE delivery_id IN ({deliveries})")  # noqa: S608
    op.execute(f"DELETE FROM deliveries WHERE alert_id IN ({doubting})")  # noqa: S608
    op.execute("DELETE FROM alerts WHERE system_key LIKE 'doubted:%'")
    op.drop_table("second_look_use")
    op.drop_column("rules", "second_look")
