"""People who want to know daily how things stand, and those whom others fall back on.

Follows 0026; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Towards the newest tables."""
    op.add_column("recipients", sa.Column("report_at", sa.String()))
    op.add_column("recipients", sa.Column("fallback_id", sa.String()))


def downgrade() -> None:
    """Back to the tables before."""
    with op.batch_alter_table("recipients") as recipients:
        recipients.drop_column("fallback_id")
        recipients.drop_column("report_at")
