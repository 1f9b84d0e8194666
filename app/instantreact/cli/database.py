"""The database for commands that work on it beside a service, which may run or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from instantreact.config import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncSession

    from instantreact.storage.database import Database


@asynccontextmanager
async def open_migrated(settings: Settings) -> "AsyncIterator[Database]":
    """Raises Misconfigured for a database that has not this version's tables, or is none."""
    from instantreact.errors import Misconfigured
    from instantreact.storage.database import Database
    from instantreact.storage.migrate import find_current_and_head

    current, head = await find_current_and_head(settings.resolved_database_url)
    if current != head:
        raise Misconfigured(
            f"The database is at {current or 'nothing'}, this version needs {head}: run `instantreact migrate` or "
            "`serve` first, or name another folder with --state-dir."
        )
    database = Database(settings.resolved_database_url)
    try:
        yield database
    finally:
        await database.dispose()


@asynccontextmanager
async def transaction_on(settings: Settings) -> "AsyncIterator[tuple[AsyncSession, datetime]]":
    """A transaction, and the time by the database's clock. Raises as `open_migrated` does."""
    from instantreact.storage.database_clock import DatabaseClock

    async with open_migrated(settings) as database:
        clock = DatabaseClock(database)
        await clock.measure()
        async with database.unit_of_work() as session:
            yield session, clock.now()
