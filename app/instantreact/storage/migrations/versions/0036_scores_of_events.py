"""Events are found by their concepts and by what was detected; cameras have an order.

Follows 0035; made 2026-11-28.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from instantreact.storage.search import install_search, remove_search
from instantreact.storage.words import list_words

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_BATCH = 1000
_NAMES = ("id", "caption", "speech", "camera_id", "observation", "words")
_EVENTS = sa.table("events", *(sa.column(name, sa.Text()) for name in _NAMES))


def upgrade() -> None:
    """Towards the newest tables. The index over the words is made once all steps are taken."""
    op.add_column("cameras", sa.Column("position", sa.Integer(), nullable=True))
    _fill(with_scores=True)


def downgrade() -> None:
    """Back to the words before, and cameras without an order."""
    _fill(with_scores=False)
    op.drop_column("cameras", "position")
    install_search(op.get_bind())


def _fill(*, with_scores: bool) -> None:
    """Some at a time: there may be a million."""
    after, bind = "", op.get_bind()
    remove_search(bind)  # it would take every change one by one
    kind = postgresql.TSVECTOR() if bind.dialect.name == "postgresql" else sa.Text()
    put = sa.update(_EVENTS).where(_EVENTS.c.id == sa.bindparam("event")).values(words=sa.bindparam("set", type_=kind))
    wanted = [column for column in _EVENTS.c if column.name != "words"]
    while True:
        some = sa.select(*wanted).where(_EVENTS.c.id > after).order_by(_EVENTS.c.id).limit(_BATCH)
        rows = bind.execute(some).all()
        if not rows:
            return
        after = rows[-1].id
        bind.execute(put, [{"event": row.id, "set": " ".join(_list(row, with_scores=with_scores))} for row in rows])


def _list(row: Any, *, with_scores: bool) -> tuple[str, ...]:
    concepts, labels = _read(row.observation) if with_scores else ({}, {})
    return list_words(row.caption, row.speech, camera_id=row.camera_id, concepts=concepts, labels=labels)


def _read(observation: Any) -> tuple[dict[str, float], dict[str, float]]:
    """The scores of concepts and labels, as they were written down."""
    known = json.loads(observation) if isinstance(observation, str) else observation
    labels: dict[str, float] = {}
    things = (known.get("presence") or {}).get("things") or []
    for each in [*(known.get("detections") or []), *things]:
        labels[each["label"]] = max(each["score"], labels.get(each["label"], 0.0))
    return known.get("concepts") or {}, labels
