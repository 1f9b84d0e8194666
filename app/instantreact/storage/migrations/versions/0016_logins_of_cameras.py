"""A camera's user name and password leave its address, and get sealed columns of their own.

Follows 0015; made 2026-11-26.
"""

from urllib.parse import quote

import sqlalchemy as sa
from alembic import context, op

from instantreact.addresses import Login, split_login
from instantreact.errors import Misconfigured
from instantreact.storage.secrets import SecretBox

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_LOGIN = ("username", "password")
_SEALED = ("source", *_LOGIN)
_CAMERAS = sa.table("cameras", *(sa.column(name, sa.Text()) for name in ("id", *_SEALED)))


def upgrade() -> None:
    """Towards the newest tables."""
    with op.batch_alter_table("cameras") as cameras:
        for name in _LOGIN:
            cameras.add_column(sa.Column(name, sa.Text(), nullable=True))
    for row in op.get_bind().execute(sa.select(_CAMERAS.c.id, _CAMERAS.c.source)).all():
        source, login = split_login(_box().open(row.source))
        _write(row.id, source, login.username, login.password)


def downgrade() -> None:
    """Back to the tables before: the login stands in the address again."""
    for row in op.get_bind().execute(sa.select(_CAMERAS)).all():
        source, username, password = (part and _box().open(part) for part in (row.source, row.username, row.password))
        _write(row.id, _join_login(source, Login(username, password)), None, None)
    with op.batch_alter_table("cameras") as cameras:
        for name in _LOGIN:
            cameras.drop_column(name)


def _box() -> SecretBox:
    box = context.config.attributes["box"]
    if box is None:
        raise Misconfigured("Cameras cannot be migrated without the secret key of their addresses.")
    return box  # type: ignore[no-any-return]


def _write(camera_id: str, *parts: str | None) -> None:
    sealed = (None if part is None else _box().seal(part) for part in parts)
    values = dict(zip(_SEALED, sealed, strict=True))
    op.execute(sa.update(_CAMERAS).where(_CAMERAS.c.id == camera_id).values(values))


def _join_login(source: str, login: Login) -> str:
    if login.username is None:
        return source
    scheme, _, rest = source.partition("://")
    password = "" if login.password is None else f":{quote(login.password, safe='')}"
    return f"{scheme}://{quote(login.username, safe='')}{password}@{rest}"
