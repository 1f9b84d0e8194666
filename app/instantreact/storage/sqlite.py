"""SQLite the way we need it: durable, one writer at a time, and steady when the task that waits is cancelled."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.exc import DBAPIError

BUSY_TIMEOUT_MS = 15_000

_PRAGMAS = (
    f"busy_timeout = {BUSY_TIMEOUT_MS}",
    "journal_mode = WAL",
    "synchronous = FULL",  # what was committed survives a power cut
    "foreign_keys = ON",
    "secure_delete = ON",  # what is deleted is overwritten, wherever SQLite was built
)
T = TypeVar("T")


def connect_to(path: str, *, read_only: bool = False) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """What opens connections to the file, for `create_async_engine(async_creator=...)`."""
    return _connect_by(lambda: _open(path, read_only=read_only))


def look_at(path: str) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """As `connect_to`, and the file stays as it is: not even what a killed process left in its log is taken over."""

    def open_file() -> sqlite3.Connection:
        # Without a log nobody has it open: SQLite need not make the files by which its users agree.
        mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
        connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?{mode}", uri=True, isolation_level=None)
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}").close()
        return connection

    return _connect_by(open_file)


def _connect_by(open_file: Callable[[], sqlite3.Connection]) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    async def connect() -> aiosqlite.Connection:
        connection = _SteadyConnection(open_file, iter_chunk_size=64)
        connection._thread.daemon = True  # as SQLAlchemy does: no forgotten connection keeps the process alive
        return await connection

    return connect


def code_of(error: DBAPIError) -> int:
    """SQLite's primary result code; 0 for errors of other databases."""
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF  # the rest of it is detail


def is_full(error: DBAPIError) -> bool:
    """Whether SQLite had no room left to write."""
    return code_of(error) == sqlite3.SQLITE_FULL


def is_busy(error: DBAPIError) -> bool:
    """Whether another process held SQLite's file for longer than we wait."""
    return code_of(error) == sqlite3.SQLITE_BUSY


def _open(path: str, *, read_only: bool) -> sqlite3.Connection:
    # Without an isolation level sqlite3 begins no transactions of its own, too late and never for new tables: we do.
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (*_PRAGMAS, f"query_only = {'ON' if read_only else 'OFF'}"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection


class _SteadyConnection(aiosqlite.Connection):
    """Statements run in a thread and cannot be called back: a task is cancelled only after its statement.

    Otherwise a task that is cancelled while its BEGIN runs leaves behind a transaction that nobody knows of, and the
    database is locked for good.
    """

    def __del__(self) -> None:
        # A pool drops a connection whose opening was cancelled without closing it: its thread closes it and ends.
        if self._connection is not None:
            self.stop()

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await _see_through(super()._execute(fn, *args, **kwargs))  # type: ignore[no-untyped-call]


async def _see_through(work: Coroutine[Any, Any, T]) -> T:
    operation = asyncio.ensure_future(work)
    cancelled = False
    while not operation.done():
        try:
            await asyncio.wait([operation])
        except asyncio.CancelledError:
            cancelled = True
    task = asyncio.current_task()
    if cancelled and task is not None:
        task.uncancel()
        task.cancel()  # felt at the next point that is not a statement
    return operation.result()
