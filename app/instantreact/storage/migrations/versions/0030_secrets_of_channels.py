"""What channels must know and nobody is to read: where browsers are told, and who we are to their push services.

Follows 0029; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.create_table(
        "channel_secrets",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String()),
        sa.Column("recipient_id", sa.String()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "name", name=op.f("pk_channel_secrets")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_channel_secrets_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_channel_secrets_recipient_id_recipients"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_channel_secrets_user_id", "channel_secrets", ["user_id"])
    op.create_index("ix_channel_secrets_recipient_id", "channel_secrets", ["recipient_id"])


def downgrade() -> None:
    """Back to the tables before. Browsers must be registered again after it."""
    op.drop_table("channel_secrets")
