"""Rules with a schedule, a confirmation and an escalation; people with quiet hours; what rules came to about events.

Follows 0025; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("rules", sa.Column("schedule", sa.JSON()))
    op.add_column("rules", sa.Column("confirmation", sa.JSON()))
    op.add_column("rules", sa.Column("escalation", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("alerts", sa.Column("escalated", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("recipients", sa.Column("quiet_hours", sa.JSON()))
    op.add_column("recipients", sa.Column("time_zone", sa.String()))
    op.create_table(
        "verdicts",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "rule_id", name=op.f("pk_verdicts")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_verdicts_event_id_events"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["rule_id"], ["rules.id"], name=op.f("fk_verdicts_rule_id_rules"), ondelete="CASCADE"),
    )
    op.create_index(op.f("ix_verdicts_rule_id"), "verdicts", ["rule_id"])


def downgrade() -> None:
    """Back to the tables before."""
    op.drop_index(op.f("ix_verdicts_rule_id"), "verdicts")
    op.drop_table("verdicts")
    with op.batch_alter_table("recipients") as recipients:
        recipients.drop_column("time_zone")
        recipients.drop_column("quiet_hours")
    with op.batch_alter_table("alerts") as alerts:
        alerts.drop_column("escalated")
    with op.batch_alter_table("rules") as rules:
        rules.drop_column("escalation")
        rules.drop_column("confirmation")
        rules.drop_column("schedule")
