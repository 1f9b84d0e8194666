"""Sites with a time zone, which cameras refer to; what was said and is not recognised yet.

Follows 0004; made 2026-11-26.
"""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SITES = sa.table("sites", sa.column("id"), sa.column("name"), sa.column("created_at", sa.DateTime(timezone=True)))
_CAMERAS = sa.table("cameras", sa.column("site"), sa.column("site_id"))


def upgrade() -> None:
    """Towards the newest tables."""
    _add_sites()
    op.create_table(
        "utterances",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("camera_id", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observation", sa.JSON(), nullable=False),
        sa.Column("sound_key", sa.String(), nullable=False),
        sa.Column("snapshot_key", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_utterances_camera_id_cameras"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utterances")),
    )
    for column in ("camera_id", "sound_key", "snapshot_key", "ended_at"):
        op.create_index(op.f(f"ix_utterances_{column}"), "utterances", [column])
    op.create_table(
        "answered_utterances",
        sa.Column("clip_id", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clip_id"], ["clips.id"], name=op.f("fk_answered_utterances_clip_id_clips"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("clip_id", "asked", "start_ms", name=op.f("pk_answered_utterances")),
    )


def downgrade() -> None:
    """Back to the tables before; sites keep their names only."""
    op.drop_table("answered_utterances")
    op.drop_table("utterances")
    with op.batch_alter_table("cameras") as cameras:
        cameras.add_column(sa.Column("site", sa.String(), nullable=False, server_default=""))
    name = sa.select(_SITES.c.name).where(_SITES.c.id == _CAMERAS.c.site_id).scalar_subquery()
    op.execute(sa.update(_CAMERAS).where(_CAMERAS.c.site_id.is_not(None)).values(site=name))
    with op.batch_alter_table("cameras") as cameras:
        cameras.drop_index(op.f("ix_cameras_site_id"))
        cameras.drop_constraint(op.f("fk_cameras_site_id_sites"), type_="foreignkey")
        cameras.drop_column("site_id")
        cameras.alter_column("site", existing_type=sa.String(), server_default=None)
    op.drop_table("sites")


def _add_sites() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("name", name=op.f("uq_sites_name")),
    )
    op.create_index("ix_sites_created", "sites", ["created_at", "id"])
    with op.batch_alter_table("cameras") as cameras:
        cameras.add_column(sa.Column("site_id", sa.String(), nullable=True))
        cameras.create_foreign_key(op.f("fk_cameras_site_id_sites"), "sites", ["site_id"], ["id"])
        cameras.create_index(op.f("ix_cameras_site_id"), ["site_id"])
    names = op.get_bind().scalars(sa.select(_CAMERAS.c.site).where(_CAMERAS.c.site != "").distinct()).all()
    for name in names:
        site = {"id": uuid4().hex, "name": name, "created_at": datetime.now(UTC)}
        op.execute(sa.insert(_SITES).values(site))
        op.execute(sa.update(_CAMERAS).where(_CAMERAS.c.site == name).values(site_id=site["id"]))
    with op.batch_alter_table("cameras") as cameras:
        cameras.drop_column("site")
