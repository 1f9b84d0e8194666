"""Processes that share a database: who holds a job, how much room workers have, which folder the files lie in.

Follows 0006; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.create_table(
        "bindings",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bindings")),
    )
    op.create_table(
        "worker_rooms",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("room", sa.JSON(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_worker_rooms")),
    )
    op.add_column("jobs", sa.Column("owner", sa.String(), nullable=True))
    op.create_index("ix_jobs_owner", "jobs", ["owner"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite's integers are long anyway
        op.alter_column("clips", "size_bytes", type_=sa.BigInteger())


def downgrade() -> None:
    """Back to the tables before."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("clips", "size_bytes", type_=sa.Integer())
    op.drop_index("ix_jobs_owner", table_name="jobs")
    op.drop_column("jobs", "owner")
    op.drop_table("worker_rooms")
    op.drop_table("bindings")
