"""What waits to be delivered of critical alerts is a job of its own kind.

Follows 0031; made 2026-11-27.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_CRITICAL = {
    "sqlite": "json_extract(alerts.happening, '$.severity') = 'critical'",
    "postgresql": "alerts.happening ->> 'severity' = 'critical'",
}


def upgrade() -> None:
    """Towards the newest tables."""
    critical: sa.Select[Any] = sa.select(sa.literal_column("deliveries.id")).select_from(
        sa.text("deliveries JOIN alerts ON alerts.id = deliveries.alert_id")
    )
    jobs = sa.table("jobs", sa.column("kind"), sa.column("subject"))
    those = critical.where(sa.text(_CRITICAL[op.get_bind().dialect.name]))
    op.execute(
        sa.update(jobs).where(jobs.c.kind == "deliver", jobs.c.subject.in_(those)).values(kind="deliver_critical")
    )


def downgrade() -> None:
    """Back to the tables before."""
    op.execute(sa.text("UPDATE jobs SET kind = 'deliver' WHERE kind = 'deliver_critical'"))
