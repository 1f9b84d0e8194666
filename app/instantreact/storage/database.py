"""The one way to the database: an engine, and transactions opened at the edge of a request or step."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

SQLITE_BUSY_TIMEOUT_MS = 15_000
_TOPICS = "topics"


class Database:
    """SQLite (`sqlite+aiosqlite:///path`) or PostgreSQL (`postgresql+asyncpg://...`).

    Dispose it at the end: an aiosqlite engine that is not disposed keeps the process alive.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        if make_url(url).get_backend_name() == "sqlite":
            self._engines = _open_sqlite(url, pool_size)
        else:
            engine = create_async_engine(url, pool_size=pool_size, pool_pre_ping=True)
            self._engines = (engine, engine.execution_options(postgresql_readonly=True))
        writer, reader = self._engines
        self._write = async_sessionmaker(writer, expire_on_commit=False)
        self._read = async_sessionmaker(reader, expire_on_commit=False)
        self._subscribers: dict[str, list[asyncio.Event]] = {}

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on an error. Never open one inside another."""
        async with self._write() as session, session.begin():
            yield session
        for topic in session.info.get(_TOPICS, ()):
            for subscriber in self._subscribers.get(topic, ()):
                subscriber.set()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction that sees one state of the database, waits for no writer, and refuses to write."""
        async with self._read() as session, session.begin():
            yield session

    def subscribe(self, topic: str) -> asyncio.Event:
        """An event that is set whenever this process commits a transaction that announced `topic`."""
        subscriber = asyncio.Event()
        self._subscribers.setdefault(topic, []).append(subscriber)
        return subscriber

    async def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines:
            await engine.dispose()


def announce(session: AsyncSession, topic: str) -> None:
    """Wake the subscribers of `topic` in this process, once and only if this transaction is committed."""
    session.info.setdefault(_TOPICS, set()).add(topic)


def _open_sqlite(url: str, pool_size: int) -> tuple[AsyncEngine, AsyncEngine]:
    # SQLite has one writer. With one writing connection, the coroutines of this process queue up in order for it,
    # where SQLite's own busy handler would let them poll; it is left to settle matters between processes.
    writer = create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=SQLITE_BUSY_TIMEOUT_MS / 1000)
    reader = create_async_engine(url, pool_size=pool_size)
    # A transaction that began by reading cannot wait for the lock to write: take it at once.
    begin_sqlite_with(writer, "BEGIN IMMEDIATE")
    begin_sqlite_with(reader, "BEGIN")
    event.listen(writer.sync_engine, "connect", _prepare_sqlite)
    event.listen(reader.sync_engine, "connect", _prepare_sqlite)
    event.listen(reader.sync_engine, "connect", _refuse_writes)
    return writer, reader


def begin_sqlite_with(engine: AsyncEngine, statement: str) -> None:
    """Begin every transaction with `statement`, definitions of tables included; sqlite3 alone begins them late."""
    event.listen(engine.sync_engine, "connect", _begin_nothing)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(statement))


def _begin_nothing(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",  # what was committed survives a power cut
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _refuse_writes(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()
