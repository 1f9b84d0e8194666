"""What is wrong with a database that cannot be opened, in words that say what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError

from instantreact.errors import DatabaseUnreachable, InstantReactError, Misconfigured, StorageFull
from instantreact.storage import postgres
from instantreact.storage.sqlite import code_of, is_full

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CLOSED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what SQLAlchemy and drivers raise about opening a database into Misconfigured or StorageFull."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise Misconfigured(
                "INSTANTREACT_DATABASE_URL names a kind of database that is not supported: it is PostgreSQL "
                "(postgresql://user:password@host/name) or SQLite (sqlite:////folder/file)."
            ) from error
        raise Misconfigured(
            f"INSTANTREACT_DATABASE_URL needs the driver {error.name}, which is not installed. For PostgreSQL: "
            "pip install 'instantreact[postgres]', and an address that begins with postgresql://."
        ) from error
    except (ArgumentError, InvalidRequestError, ValueError, OverflowError) as error:
        raise Misconfigured(
            "INSTANTREACT_DATABASE_URL is no address that can be used; one looks like "
            "postgresql://user:password@host/name. Without it a SQLite file in the state folder is used."
        ) from error
    except DBAPIError as error:
        raise _explain(error) from error
    except OSError as error:
        raise DatabaseUnreachable(
            f"The database at INSTANTREACT_DATABASE_URL cannot be reached: {error.strerror or error}."
        ) from error


def _explain(error: DBAPIError) -> InstantReactError:
    if is_full(error):
        return StorageFull()
    reason, code = str(error.orig), code_of(error)
    if postgres.is_gone(error):
        return DatabaseUnreachable(f"The database at INSTANTREACT_DATABASE_URL lets nobody in now: {reason}.")
    if code in _DAMAGED:
        return Misconfigured(
            f"The database is damaged: {reason}. Put a copy of it back, or move it away to begin with an empty one."
        )
    if code in _CLOSED:
        return Misconfigured(f"The database cannot be opened: {reason}. See who may write the state folder.")
    if code in _LOCKED:
        return Misconfigured(f"The database is in use: {reason}. See which other process holds it.")
    return Misconfigured(f"The database cannot be used: {reason}. See INSTANTREACT_DATABASE_URL.")
