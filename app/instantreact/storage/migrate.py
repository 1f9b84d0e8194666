"""Brings the database to the tables that this version knows; the steps lie in `migrations/`, inside the package.

Everything here raises Misconfigured where the database cannot be used: an address that is none, a damaged file, tables
of a newer version; and StorageFull.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, inspect, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from instantreact.errors import Misconfigured
from instantreact.storage.news_triggers import install_triggers, remove_triggers
from instantreact.storage.private import make_private_file
from instantreact.storage.revisions import MIGRATIONS, find_revision, known_revisions, write_revision
from instantreact.storage.search import install_search
from instantreact.storage.secrets import SecretBox
from instantreact.storage.sqlite import look_at
from instantreact.storage.tables import Base
from instantreact.storage.unusable import explained

LOCKS = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(hashtext('instantreact migrates'))"}
"""What a process that migrates does first, so that others wait."""


async def upgrade(url: str, revision: str = "head", *, box: SecretBox | None = None) -> None:
    """Take every step that is missing: all of them or, when one fails, none. An empty database needs no steps.

    `box` opens what the database holds encrypted; a database without cameras needs none.
    """
    wanted = known_revisions()[-1] if revision == "head" else revision

    def work(connection: Connection) -> None:
        current = _find_current(connection)
        if current is None and revision == "head" and not inspect(connection).get_table_names():
            Base.metadata.create_all(connection)
            write_revision(connection, wanted)
            install_triggers(connection)
        elif current != wanted:
            _take_steps(connection, wanted, box)
        install_search(connection)

    with explained():
        is_new = not is_there(url)
        _close_to_others(make_url(url))
    await _with_connection(url, work, is_new=is_new)


async def downgrade(url: str, revision: str, *, box: SecretBox | None = None) -> None:
    """Go back to `revision`; "base" is before the first. `box` as in `upgrade`."""

    def work(connection: Connection) -> None:
        from instantreact.storage.migration_steps import run_downgrade

        remove_triggers(connection)
        run_downgrade(connection, revision, box)
        install_triggers(connection)

    await _with_connection(url, work)


def _take_steps(connection: Connection, revision: str, box: SecretBox | None) -> None:
    from instantreact.storage.migration_steps import run_upgrade  # Alembic takes a while to import

    remove_triggers(connection)
    run_upgrade(connection, revision, box)
    install_triggers(connection)


async def find_current_and_head(url: str) -> tuple[str | None, str | None]:
    """The revision that the database is at, None for an empty one, and the one that this version knows.

    Only looks: SQLite's file stays as it is, and one that is not there is not made.
    """
    current = await _look(url) if is_there(url) else None
    return current, known_revisions()[-1]


async def _look(url: str) -> str | None:
    with explained():
        address = make_url(url)
        is_file = address.drivername == "sqlite+aiosqlite"
        options: dict[str, Any] = {"async_creator": look_at(address.database or "")} if is_file else {}
        engine = create_async_engine(url, poolclass=NullPool, **options)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(_find_current)
        finally:
            await engine.dispose()


def is_there(url: str) -> bool:
    """Whether there may be a database: SQLite's file is there, or it is not SQLite."""
    with explained():
        address = make_url(url)
    return address.get_backend_name() != "sqlite" or Path(address.database or "").exists()


def _close_to_others(url: URL) -> None:
    """SQLite's own files get the mode of the first; where it cannot be made, opening it says why in better words."""
    if url.drivername == "sqlite+aiosqlite" and url.database and url.database != ":memory:":
        with suppress(OSError):
            make_private_file(Path(url.database))


def _find_current(connection: Connection) -> str | None:
    current = find_revision(connection)
    if current is not None and current not in known_revisions():
        raise Misconfigured(
            f"The database is at {current}, which this version of InstantReact does not know: a newer one made it. "
            "Install that version, or work with another state folder."
        )
    return current


async def write_migration(folder: Path, message: str) -> Path:
    """The next step, from what the migrations say to what `tables.py` says, as a module to be read and corrected."""
    url = f"sqlite+aiosqlite:///{folder / 'scratch.db'}"
    from instantreact.storage.migration_steps import write_step

    await upgrade(url, known_revisions()[-1])  # by the steps, not from the tables as they are now
    number = f"{len(known_revisions()) + 1:04d}"
    await _with_connection(url, lambda connection: write_step(connection, message, number))
    return next((MIGRATIONS / "versions").glob(f"{number}_*.py"))


async def _with_connection(url: str, work: Callable[[Connection], object], *, is_new: bool = False) -> None:
    with explained():
        engine = create_async_engine(url, poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                if engine.dialect.name == "sqlite" and is_new:
                    # As it will be used, so that whoever only looks need not change it.
                    await connection.execute(text("PRAGMA journal_mode = WAL"))
                # Without it sqlite3 would also begin the transaction only after the new tables.
                await connection.execute(text(LOCKS[engine.dialect.name]))
                await connection.run_sync(work)
                await connection.commit()
        finally:
            await engine.dispose()
