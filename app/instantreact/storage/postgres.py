"""PostgreSQL the way we need it: nobody waits for ever, and its errors read as SQLite's are."""

from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

LOCK_TIMEOUT_MS = 15_000

_SETTINGS = {
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "application_name": "instantreact",
    "plan_cache_mode": "force_custom_plan",  # how to find a word depends on which one it is
}
_FULL = ("53100",)
_BUSY = ("55P03", "40P01", "40001")  # lock timeout, deadlock, serialisation
_CLOSED = ("57P01", "57P02", "57P03", "53300")  # shut down, crashed, starting up, too many clients


def create_postgres_engine(url: str, **options: Any) -> AsyncEngine:
    """An engine for `postgresql+asyncpg://...`."""
    return create_async_engine(
        url, connect_args={"server_settings": _SETTINGS, "timeout": 10}, hide_parameters=True, **options
    )


def state_of(error: DBAPIError) -> str:
    """PostgreSQL's five letters for what is wrong; none for errors of other databases."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def is_full(error: DBAPIError) -> bool:
    """Whether PostgreSQL had no room left to write."""
    return state_of(error) in _FULL


def is_busy(error: DBAPIError) -> bool:
    """Whether others were in the way for longer than we wait: the same transaction may succeed another time."""
    return state_of(error) in _BUSY


def is_gone(error: DBAPIError) -> bool:
    """Whether the server has left us, or lets nobody in now."""
    return error.connection_invalidated or state_of(error) in _CLOSED or state_of(error).startswith("08")


def is_unfit(error: DBAPIError) -> bool:
    """Whether a value is none that PostgreSQL keeps: a text with a NUL character, a number beyond its column."""
    return state_of(error).startswith("22")
