"""Runs and writes the steps in `migrations/`: the only module that needs Alembic, which takes a while to import."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Enum

from instantreact.errors import Misconfigured
from instantreact.storage.revisions import MIGRATIONS
from instantreact.storage.secrets import SecretBox
from instantreact.storage.types import UTCDateTime, Value


def run_upgrade(connection: Connection, revision: str, box: SecretBox | None) -> None:
    """Every step up to a revision. Raises Misconfigured where there is no way there."""
    with _explained():
        command.upgrade(_config(connection, box), revision)


def run_downgrade(connection: Connection, revision: str, box: SecretBox | None) -> None:
    """Every step back to a revision; raises likewise."""
    with _explained():
        command.downgrade(_config(connection, box), revision)


def write_step(connection: Connection, message: str, revision: str) -> None:
    """A module with the step from what the database has to what `tables.py` says."""
    command.revision(_config(connection), message, autogenerate=True, rev_id=revision)


def render_column_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """How a column type is written in a migration: as what lies in the database, so that old steps stay true."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Value):
        return "sa.JSON()"
    if isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise Misconfigured(f"The database cannot be migrated: {error}") from error


def _config(connection: Connection, box: SecretBox | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, box=box)
    return config
