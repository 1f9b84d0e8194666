"""What is kept: counts of what was purged, files to be deleted; a clip may lose its file.

Follows 0018; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_CLIPS = sa.table("clips", sa.column("blob_key"))
_TIME = sa.DateTime(timezone=True)
_PARTIAL = {"snapshot": "snapshot_key IS NOT NULL", "speech": "speech <> ''"}


def upgrade() -> None:
    """Towards the newest tables."""
    with op.batch_alter_table("clips") as clips:
        clips.alter_column("blob_key", existing_type=sa.String(), nullable=True)
    for what, there in _PARTIAL.items():
        where = sa.text(there)
        columns = ["occurred_at", "id"]
        op.create_index(f"ix_events_with_{what}", "events", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "doomed_files",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32)),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_doomed_files")),
    )
    op.create_table(
        "retention_counts",
        sa.Column("kind", sa.String(length=32), nullable=False),
        *(
            sa.Column(f"{done}_{what}", _long(), nullable=False, server_default="0")
            for done, counted in (("purged", ("rows", "files", "bytes")), ("kept", ("files", "bytes")))
            for what in counted
        ),
        sa.Column("purged_at", _TIME),
        sa.Column("measured_at", _TIME),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_counts")),
    )


def downgrade() -> None:
    """Back to the tables before; a clip without its file gets a name that no file has."""
    for table in ("retention_counts", "doomed_files"):
        op.drop_table(table)
    for what in _PARTIAL:
        op.drop_index(f"ix_events_with_{what}", "events")
    op.execute(sa.update(_CLIPS).where(_CLIPS.c.blob_key.is_(None)).values(blob_key="clips/gone"))
    with op.batch_alter_table("clips") as clips:
        clips.alter_column("blob_key", existing_type=sa.String(), nullable=False)


def _long() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
