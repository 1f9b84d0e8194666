"""What is known of cameras minute by minute, and in which times they were not to be watched.

Follows 0022; made 2026-11-27.
"""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_CAMERAS = sa.table("cameras", sa.column("id"), sa.column("enabled", sa.Boolean()))
_PAUSES = sa.table("camera_pauses", sa.column("id"), sa.column("camera_id"), sa.column("since", _TIME))


def upgrade() -> None:
    """Towards the newest tables; when cameras were disabled before is not known."""
    long = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "camera_minutes",
        sa.Column("camera_id", sa.String(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, long, nullable=False) for name in ("watched", "seen", "moving")),
        sa.Column("motion_permille", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_minutes_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("camera_id", "minute", name=op.f("pk_camera_minutes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "camera_pauses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("camera_id", sa.String(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("until", _TIME),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_camera_pauses_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_pauses")),
    )
    op.create_index("ix_camera_pauses_of_camera", "camera_pauses", ["camera_id", "since"])
    now = datetime.now(UTC)
    for camera_id in op.get_bind().scalars(sa.select(_CAMERAS.c.id).where(~_CAMERAS.c.enabled)).all():
        op.execute(sa.insert(_PAUSES).values(id=uuid4().hex, camera_id=camera_id, since=now))


def downgrade() -> None:
    """Back to the tables before."""
    for table in ("camera_pauses", "camera_minutes"):
        op.drop_table(table)
