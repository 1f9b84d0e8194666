"""How much of each camera's sound Wit.ai was asked about.

Follows 0021; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.create_table(
        "speech_use",
        sa.Column("camera_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("utterances", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_speech_use_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("camera_id", "day", name=op.f("pk_speech_use")),
    )


def downgrade() -> None:
    """Back to the tables before."""
    op.drop_table("speech_use")
