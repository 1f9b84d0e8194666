"""Keys have scopes, sites and cameras that they are confined to, an end, and a key before them.

Follows 0011; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_EVERYTHING = '["read", "ingest", "operate", "admin"]'


def upgrade() -> None:
    """Towards the newest tables; keys from before may do everything, as they could."""
    with op.batch_alter_table("api_keys") as keys:
        keys.add_column(sa.Column("scopes", sa.JSON(), nullable=False, server_default=_EVERYTHING))
        keys.add_column(sa.Column("site_ids", sa.JSON(), nullable=True))
        keys.add_column(sa.Column("camera_ids", sa.JSON(), nullable=True))
        keys.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        keys.add_column(sa.Column("old_sha256", sa.String(), nullable=True))
        keys.add_column(sa.Column("old_until", sa.DateTime(timezone=True), nullable=True))
        keys.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        keys.create_index("ix_api_keys_created", ["created_at", "id"])
    with op.batch_alter_table("api_keys") as keys:
        keys.alter_column("scopes", existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    """Back to keys that may do everything: those that may not are gone."""
    keys = sa.table("api_keys", sa.column("id"), sa.column("scopes"), sa.column("site_ids"), sa.column("camera_ids"))
    lesser = sa.or_(
        sa.cast(keys.c.scopes, sa.Text).not_like("%admin%"),
        keys.c.site_ids.is_not(None),
        keys.c.camera_ids.is_not(None),
    )
    op.execute(sa.delete(keys).where(lesser))
    with op.batch_alter_table("api_keys") as table:
        table.drop_index("ix_api_keys_created")
        for name in ("scopes", "site_ids", "camera_ids", "expires_at", "old_sha256", "old_until", "last_used_at"):
            table.drop_column(name)
