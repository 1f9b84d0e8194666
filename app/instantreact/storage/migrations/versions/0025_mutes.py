"""Mutes, why nobody was told of an alert, and the language of people.

Follows 0024; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Towards the newest tables."""
    op.create_table(
        "mutes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String()),
        sa.Column("camera_id", sa.String()),
        sa.Column("recipient_id", sa.String()),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
        *(
            sa.ForeignKeyConstraint(
                [f"{what}_id"], [f"{what}s.id"], name=op.f(f"fk_mutes_{what}_id_{what}s"), ondelete="CASCADE"
            )
            for what in ("rule", "camera", "recipient")
        ),
    )
    op.create_index("ix_mutes_created", "mutes", ["created_at", "id"])
    op.add_column("alerts", sa.Column("untold_reason", sa.Text()))
    op.add_column("recipients", sa.Column("language", sa.String(length=32)))
    op.add_column("recipients", sa.Column("helped_at", _TIME))
    op.add_column("invitations", sa.Column("language", sa.String(length=32)))


def downgrade() -> None:
    """Back to the tables before."""
    op.drop_column("invitations", "language")
    op.drop_column("recipients", "helped_at")
    op.drop_column("recipients", "language")
    op.drop_column("alerts", "untold_reason")
    op.drop_table("mutes")
