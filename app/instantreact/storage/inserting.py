"""Inserts that meet what is already there, on SQLite and PostgreSQL alike."""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import Conflict
from instantreact.storage.tables import Base


def insert_into(session: AsyncSession, table: type[Base]) -> Any:
    """The database's own INSERT, which knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    on_postgres = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(table) if on_postgres else sqlite.insert(table)


async def insert_unless_there(session: AsyncSession, row: Base) -> bool:
    """Insert a row of any table; False, and nothing changed, when a unique key says that it is already there.

    `row` itself stays outside the session: read the stored one back.
    """
    columns = {column.key for column in inspect(type(row)).column_attrs}
    values = {name: value for name, value in vars(row).items() if name in columns}
    table = type(row)
    key = inspect(table).primary_key[0]
    statement = insert_into(session, table).values(values).on_conflict_do_nothing().returning(key)
    return (await session.execute(statement)).first() is not None


async def flush_or_conflict(session: AsyncSession, message: str) -> None:
    """Send what is pending to the database; a broken unique key becomes Conflict(message)."""
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict(message) from error
