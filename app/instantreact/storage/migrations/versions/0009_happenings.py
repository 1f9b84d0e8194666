"""An alert keeps what happened instead of the words for it; alerts from before keep their words.

Follows 0008; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ALERTS = sa.table(
    "alerts",
    sa.column("id", sa.String()),
    sa.column("title", sa.String()),
    sa.column("text", sa.Text()),
    sa.column("severity", sa.String(length=32)),
    sa.column("evidence", sa.JSON()),
    sa.column("happening", sa.JSON()),
)
_WORDS = ("title", "text", "severity", "evidence")
_PLACES = ("place", "camera", "channel")


def upgrade() -> None:
    """Towards the newest tables."""
    with op.batch_alter_table("alerts") as alerts:
        alerts.add_column(sa.Column("happening", sa.JSON(), nullable=False, server_default="{}"))
    rows = op.get_bind().execute(sa.select(_ALERTS.c.id, *(_ALERTS.c[name] for name in _WORDS)))
    _write([{"alert": row.id, "happening": {"kind": "written", **_words(row)}} for row in rows])
    with op.batch_alter_table("alerts") as alerts:
        for name in _WORDS:
            alerts.drop_column(name)
        alerts.alter_column("happening", existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    """Back to the tables before; what was never put into words is told in a few."""
    with op.batch_alter_table("alerts") as alerts:
        alerts.add_column(sa.Column("title", sa.String(), nullable=False, server_default=""))
        alerts.add_column(sa.Column("text", sa.Text(), nullable=False, server_default=""))
        alerts.add_column(sa.Column("severity", sa.String(length=32), nullable=False, server_default="info"))
        alerts.add_column(sa.Column("evidence", sa.JSON(), nullable=False, server_default="[]"))
    rows = op.get_bind().execute(sa.select(_ALERTS.c.id, _ALERTS.c.happening))
    _write([{"alert": row.id, **_tell_briefly(row.happening)} for row in rows])
    with op.batch_alter_table("alerts") as alerts:
        alerts.drop_column("happening")
        for name in _WORDS:
            alerts.alter_column(name, existing_type=_ALERTS.c[name].type, server_default=None)


def _words(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
    return {name: getattr(row, name) for name in _WORDS}


def _tell_briefly(happening: dict[str, object]) -> dict[str, object]:
    place = next((happening[name] for name in _PLACES if name in happening), "")
    title = happening.get("title") or happening.get("rule") or f"{place}: {happening['kind']}".replace("_", " ")
    text = happening.get("text") or happening.get("caption") or happening.get("reason") or title
    evidence = happening.get("evidence", [])
    return {"title": title, "text": text, "severity": happening["severity"], "evidence": evidence}


def _write(rows: list[dict[str, object]]) -> None:
    """Each row's columns, to the alert that it names."""
    if rows:
        values: dict[str, object] = {name: sa.bindparam(name) for name in rows[0] if name != "alert"}
        op.get_bind().execute(sa.update(_ALERTS).where(_ALERTS.c.id == sa.bindparam("alert")).values(values), rows)
