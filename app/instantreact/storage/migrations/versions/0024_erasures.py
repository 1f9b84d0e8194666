"""Erasing: what is erased, what an evidence clip shows, and an audit log in which a person may become a pseudonym.

Follows 0023; made 2026-11-27.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_STAYS = "what is in the audit log stays as it is"
_SAME = ("id", "at", "action", "principal_kind", "route", "status", "request_id")
_PSEUDONYMS = "(SELECT pseudonym FROM erasures WHERE pseudonym IS NOT NULL)"
_HIDES = (
    " AND ".join(f"NEW.{name} {{same}} OLD.{name}" for name in _SAME)
    + f" AND (NEW.principal = OLD.principal OR NEW.principal IN {_PSEUDONYMS})"
    + f" AND (NEW.subject = OLD.subject OR NEW.subject IN {_PSEUDONYMS})"
    + " AND (NEW.principal_id {same} OLD.principal_id OR NEW.principal_id IS NULL AND NEW.principal <> OLD.principal)"
    + " AND (NEW.source {same} OLD.source OR NEW.source IS NULL"
    + " AND (NEW.principal <> OLD.principal OR NEW.subject <> OLD.subject AND OLD.principal_kind = 'anybody'))"
)


def upgrade() -> None:
    """Towards the newest tables."""
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String()),
        sa.Column("since", _TIME),
        sa.Column("until", _TIME),
        sa.Column("person_id", sa.String()),
        sa.Column("pseudonym", sa.String()),
        sa.Column("person", sa.JSON()),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("requested_at", _TIME, nullable=False),
        sa.Column("looks_again_at", _TIME),
        sa.Column("finished_at", _TIME),
        sa.Column("remains", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_erasures_pseudonym")),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name=op.f("fk_erasures_camera_id_cameras"), ondelete="SET NULL"
        ),
    )
    op.create_index("ix_erasures_of_camera", "erasures", ["camera_id", "until"])
    op.create_index("ix_erasures_requested", "erasures", ["requested_at", "id"])
    op.add_column("events", sa.Column("evidence_since", _TIME))
    op.add_column("events", sa.Column("evidence_until", _TIME))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entries_stay")
        _keep_on_sqlite(f" WHEN NOT ({_HIDES.format(same='IS')})")
    else:
        hides = _HIDES.format(same="IS NOT DISTINCT FROM")
        _keep_on_postgres(f"IF NOT ({hides}) THEN RAISE EXCEPTION '{_STAYS}'; END IF; RETURN NEW;")


def downgrade() -> None:
    """Back to the tables before. Pseudonyms stay in the audit log; what was erased stays so."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entries_stay")
        _keep_on_sqlite("")
    else:
        _keep_on_postgres(f"RAISE EXCEPTION '{_STAYS}';")
    op.drop_column("events", "evidence_until")
    op.drop_column("events", "evidence_since")
    op.drop_table("erasures")


def _keep_on_sqlite(when: str) -> None:
    op.execute(
        f"CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries{when} "
        f"BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END"
    )


def _keep_on_postgres(does: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {does} END $$"
    )
