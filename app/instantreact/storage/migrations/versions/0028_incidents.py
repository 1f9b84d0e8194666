"""Verdicts name the alert that they are part of; a place is locked by its own row instead of one for each rule.

Follows 0027; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_NAME_THEIR_ALERT = """
UPDATE verdicts SET alert_id = (
    SELECT alerts.id FROM alerts WHERE alerts.rule_id = verdicts.rule_id AND alerts.event_id = verdicts.event_id
) WHERE outcome = 'raised'
"""
_OF_OLDER_ALERTS = """
INSERT INTO verdicts (event_id, rule_id, outcome, why, decided_at, alert_id)
SELECT event_id, rule_id, 'raised', '', raised_at, id FROM alerts
WHERE event_id IS NOT NULL AND rule_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM verdicts WHERE verdicts.rule_id = alerts.rule_id AND verdicts.event_id = alerts.event_id
)
"""


def upgrade() -> None:
    """Towards the newest tables."""
    with op.batch_alter_table("verdicts") as verdicts:
        verdicts.add_column(sa.Column("alert_id", sa.String()))
        verdicts.add_column(sa.Column("score", sa.Double()))
        verdicts.add_column(sa.Column("is_told", sa.Boolean(), nullable=False, server_default=sa.true()))
        verdicts.create_foreign_key(
            op.f("fk_verdicts_alert_id_alerts"), "alerts", ["alert_id"], ["id"], ondelete="SET NULL"
        )
        verdicts.create_index(op.f("ix_verdicts_alert_id"), ["alert_id"])
    op.add_column("alerts", sa.Column("grew_at", sa.DateTime(timezone=True)))
    op.add_column("alerts", sa.Column("followed_up_at", sa.DateTime(timezone=True)))
    op.execute(_NAME_THEIR_ALERT)
    op.execute(_OF_OLDER_ALERTS)
    op.drop_table("rule_locks")


def downgrade() -> None:
    """Back to the tables before."""
    op.create_table(
        "rule_locks",
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("camera_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["rules.id"], name=op.f("fk_rule_locks_rule_id_rules"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "camera_key", name=op.f("pk_rule_locks")),
    )
    op.execute("DELETE FROM verdicts WHERE outcome = 'grouped'")
    with op.batch_alter_table("alerts") as alerts:
        alerts.drop_column("followed_up_at")
        alerts.drop_column("grew_at")
    with op.batch_alter_table("verdicts") as verdicts:
        verdicts.drop_index(op.f("ix_verdicts_alert_id"))
        verdicts.drop_constraint(op.f("fk_verdicts_alert_id_alerts"), type_="foreignkey")
        verdicts.drop_column("is_told")
        verdicts.drop_column("score")
        verdicts.drop_column("alert_id")
