"""What SQLite keeps of deleted rows, and how it goes: in the search index, in unused parts of its pages, in its log.

PostgreSQL tidies up by itself (VACUUM), and what it keeps otherwise, such as archived logs, is its operator's matter.
"""

from sqlalchemy import bindparam, column, insert, table, text
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.storage.database import Database
from instantreact.storage.search import INDEX
from instantreact.storage.sqlite import BUSY_TIMEOUT_MS

SMALL_BYTES = 16 << 20
"""A file up to this size is written anew while others wait: half a second. A larger one is left to its operator."""

_PAGES = 100  # of the index that are written in one transaction
_PATIENCE_MS = 100  # others cannot write while the log waits for those who read


async def merge_words(session: AsyncSession, *, is_first: bool) -> bool:
    """Merge some of the search index, which else keeps the words of deleted events; whether more is left.

    The first step decides what is merged: all that is there then.
    """
    before = await session.scalar(_TOTAL)
    await session.execute(_MERGE, {"pages": -_PAGES if is_first else _PAGES})
    return (await session.scalar(_TOTAL) or 0) - (before or 0) >= 2


async def is_small(database: Database) -> bool:
    """Whether the file is written anew in a moment."""
    return await database.measure_bytes() <= SMALL_BYTES


async def write_anew(database: Database) -> None:
    """Write the file anew, without what rows leave behind where they were moved; nobody writes meanwhile.

    Raises StorageFull where there is no room for a copy, StorageBusy while another process writes.
    """
    async with database.housekeeping() as connection:
        await connection.execute(text("VACUUM"))


async def empty_log(database: Database) -> bool:
    """Put what is in the log into the file, and empty it; False where somebody reads who began earlier."""
    async with database.housekeeping() as connection:
        await connection.execute(text(f"PRAGMA busy_timeout = {_PATIENCE_MS}"))
        try:
            busy, _, _ = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()
        finally:
            await connection.execute(text(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"))
    return not busy


_TOTAL = text("SELECT total_changes()")
_MERGE = insert(table(INDEX, column(INDEX), column("rank"))).values({INDEX: "merge", "rank": bindparam("pages")})
