"""What the service's processes counted, added up; when each channel last took something is known from before.

Follows 0010; made 2026-11-26.
"""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_PARTS = sa.table("delivery_parts", sa.column("delivery_id"), sa.column("sent_at", sa.DateTime(timezone=True)))
_DELIVERIES = sa.table("deliveries", sa.column("id"), sa.column("channel"))


def upgrade() -> None:
    """Towards the newest tables."""
    totals = op.create_table(
        "totals",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_totals")),
    )
    last = sa.func.max(_PARTS.c.sent_at, type_=sa.DateTime(timezone=True))
    joined = sa.select(_DELIVERIES.c.channel, last).join(_PARTS, _PARTS.c.delivery_id == _DELIVERIES.c.id)
    found = op.get_bind().execute(joined.where(_PARTS.c.sent_at.is_not(None)).group_by(_DELIVERIES.c.channel))
    op.bulk_insert(totals, [_make_total(channel, sent_at) for channel, sent_at in found])


def _make_total(channel: str, sent_at: datetime) -> dict[str, object]:
    sent_at = sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)
    name = "instantreact_channel_last_success_timestamp_seconds"
    return {"name": name, "labels": json.dumps([["channel", channel]]), "value": sent_at.timestamp()}


def downgrade() -> None:
    """Back to the tables before."""
    op.drop_table("totals")
