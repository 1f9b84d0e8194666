"""Events are found by the words of their captions and speech.

Follows 0012; made 2026-11-26.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from instantreact.storage.search import remove_search
from instantreact.storage.words import list_words

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BATCH = 1000
_NAMES = ("id", "caption", "speech", "camera_id", "words")
_EVENTS = sa.table("events", *(sa.column(name, sa.Text()) for name in _NAMES))


def upgrade() -> None:
    """Towards the newest tables. The index over the words is made once all steps are taken."""
    kind = postgresql.TSVECTOR() if op.get_bind().dialect.name == "postgresql" else sa.Text()
    op.add_column("events", sa.Column("words", kind, nullable=False, server_default=""))
    _fill(kind)


def downgrade() -> None:
    """Back to the tables before, in which events are read through."""
    remove_search(op.get_bind())
    op.drop_column("events", "words")


def _fill(kind: sa.types.TypeEngine[str]) -> None:
    """Some at a time: there may be a million."""
    after, bind = "", op.get_bind()
    put = sa.update(_EVENTS).where(_EVENTS.c.id == sa.bindparam("event")).values(words=sa.bindparam("set", type_=kind))
    while True:
        some = sa.select(_EVENTS).where(_EVENTS.c.id > after).order_by(_EVENTS.c.id).limit(_BATCH)
        rows = bind.execute(some).all()
        if not rows:
            return
        after = rows[-1].id
        words = [" ".join(list_words(row.caption, row.speech, camera_id=row.camera_id)) for row in rows]
        bind.execute(put, [{"event": row.id, "set": each} for row, each in zip(rows, words, strict=True)])
