"""What people answered to alerts, as far as it calibrates a camera's scores; whether a camera adapts to that.

Follows 0033; made 2026-11-28.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("cameras", sa.Column("adapts", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "taps",
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("concept", sa.String(), nullable=False),
        sa.Column("camera_id", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("needed", sa.Double(), nullable=False),
        sa.Column("is_false", sa.Boolean(), nullable=False),
        sa.Column("tapped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_taps_alert_id_alerts"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_taps_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "concept", name=op.f("pk_taps")),
    )
    op.create_index("ix_taps_of_camera", "taps", ["camera_id", "concept", "tapped_at"])


def downgrade() -> None:
    """Back to the tables before; scores are then read as the model says them."""
    op.drop_table("taps")
    op.drop_column("cameras", "adapts")
