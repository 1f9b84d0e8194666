"""Channels that fail for the moment, templates that are refused, and the log of a recipient's deliveries.

Follows 0030; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("channel_faults", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("channel_faults", sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "template_faults",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "template", name=op.f("pk_template_faults")),
    )
    op.add_column("deliveries", sa.Column("instead_of", sa.String()))
    op.create_index("ix_deliveries_of_recipient", "deliveries", ["recipient_id", "created_at", "id"])
    op.drop_index(op.f("ix_deliveries_recipient_id"), "deliveries")


def downgrade() -> None:
    """Back to the tables before."""
    op.create_index(op.f("ix_deliveries_recipient_id"), "deliveries", ["recipient_id"])
    op.drop_index("ix_deliveries_of_recipient", "deliveries")
    op.drop_column("deliveries", "instead_of")
    op.drop_table("template_faults")
    op.execute("DELETE FROM channel_faults WHERE NOT is_open")
    with op.batch_alter_table("channel_faults") as channel_faults:
        channel_faults.drop_column("is_open")
        channel_faults.drop_column("failures")
