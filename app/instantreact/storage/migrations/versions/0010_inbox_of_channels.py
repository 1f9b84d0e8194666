"""The inbox says which channel brought a message: all from before are Messenger's.

Follows 0009; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MESSAGES = sa.table("incoming_messages", sa.column("channel"))


def upgrade() -> None:
    """Towards the newest tables."""
    with op.batch_alter_table("incoming_messages") as messages:
        messages.add_column(sa.Column("channel", sa.String(length=32), nullable=False, server_default="messenger"))
        messages.drop_constraint(op.f("uq_incoming_messages_dedupe_key"), type_="unique")
        messages.create_unique_constraint(op.f("uq_incoming_messages_channel_dedupe_key"), ["channel", "dedupe_key"])
    with op.batch_alter_table("incoming_messages") as messages:
        messages.alter_column("channel", existing_type=sa.String(length=32), server_default=None)


def downgrade() -> None:
    """Back to the tables before, which know no other channel."""
    op.execute(sa.delete(_MESSAGES).where(_MESSAGES.c.channel != "messenger"))
    with op.batch_alter_table("incoming_messages") as messages:
        messages.drop_constraint(op.f("uq_incoming_messages_channel_dedupe_key"), type_="unique")
        messages.create_unique_constraint(op.f("uq_incoming_messages_dedupe_key"), ["dedupe_key"])
        messages.drop_column("channel")
