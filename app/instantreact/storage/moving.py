"""Fills an empty database with the rows of another one or of a backup: all of them, compared afterwards, or none."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, insert, inspect, literal, select, table, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from instantreact.errors import Conflict, Misconfigured
from instantreact.storage.database import Database
from instantreact.storage.migrate import LOCKS, find_current_and_head, is_there, upgrade
from instantreact.storage.news_triggers import install_triggers, remove_triggers
from instantreact.storage.postgres import is_unfit
from instantreact.storage.rows import Row, RowDigest, TableShape, find_last_news, list_shapes, read_rows
from instantreact.storage.search import INDEX, install_search, remove_search
from instantreact.storage.secrets import SecretBox
from instantreact.storage.unusable import explained

Report = Callable[[str, int], None]
"""Is told the table and how many of its rows are there by now."""


class RowSource(Protocol):
    """Where rows come from.

    revision   of the tables that they fit
    last_news  the number of the newest piece of news, which does not move itself
    """

    @property
    def revision(self) -> str: ...

    @property
    def shapes(self) -> Sequence[TableShape]: ...

    @property
    def last_news(self) -> int: ...

    def read(self, shape: TableShape) -> AsyncIterator[list[Row]]:
        """All rows of a table, portable."""
        ...


@dataclass(frozen=True)
class DatabaseSource:
    """The rows of a database as they are when its transaction begins. Implements RowSource."""

    session: AsyncSession
    revision: str
    last_news: int
    shapes: Sequence[TableShape]

    def read(self, shape: TableShape) -> AsyncIterator[list[Row]]:
        return read_rows(self.session, shape)


@asynccontextmanager
async def open_source(url: str, *, only_looks: bool = True) -> AsyncIterator[DatabaseSource]:
    """A database of this version, for reading only. Raises Misconfigured for any other.

    Where nobody writes it `only_looks`, and SQLite's file stays as it is.
    """
    current, head = await find_current_and_head(url)
    if current is None or current != head:
        raise Misconfigured(
            f"The database that is to be read is at {current or 'nothing'}, this version needs {head}: run "
            "`instantreact migrate` on it first, without --from and --to; or the address is another one."
        )
    database = Database(url, only_looks=only_looks)
    try:
        async with database.reading() as session:
            yield DatabaseSource(session, current, await find_last_news(session), list_shapes())
    finally:
        await database.dispose()


async def fill_database(
    url: str, source: RowSource, *, report: Report, box: SecretBox | None = None
) -> dict[str, RowDigest]:
    """Make the source's tables in an empty database, and its rows in one transaction; then this version's tables.

    Whoever is killed meanwhile leaves a database without a row, which can be filled again.
    Raises Conflict where rows are there already, Misconfigured where what was written is not what was read.
    """
    await refuse_unless_empty(url)
    await upgrade(url, source.revision, box=box)
    with explained():
        async with _connected(url) as connection:
            await _keep_others_out(connection)
            await connection.run_sync(_refuse_unless_empty)
            await connection.run_sync(_take_off)
            read = {shape.name: await _copy(connection, source, shape, report) for shape in source.shapes}
            await connection.run_sync(_put_on, source.last_news)
            await _compare(connection, source.shapes, read)
            await connection.commit()
    await upgrade(url, box=box)
    return read


async def refuse_unless_empty(url: str) -> None:
    """Raises Conflict for a database that has rows, or is somebody else's."""
    if not is_there(url):
        return
    with explained():
        async with _connected(url) as connection:
            await connection.run_sync(_refuse_unless_empty)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(LOCKS[engine.dialect.name]))
            yield connection
    finally:
        await engine.dispose()


def _refuse_unless_empty(connection: Connection) -> None:
    there = {*inspect(connection).get_table_names()} - {"alembic_version"}
    there = {name for name in there if INDEX not in name}
    ours = {*(shape.name for shape in list_shapes()), "news"}
    strange = sorted(there - ours) if not there & ours else []
    filled = [name for name in sorted(there & ours) if _has_rows(connection, name)]
    if strange or filled:
        what = f"rows in {', '.join(filled)}" if filled else f"tables of something else ({', '.join(strange)})"
        raise Conflict(
            f"The database that is to be filled has {what}; nothing was changed. Name an empty one: a new file, or "
            "what CREATE DATABASE makes."
        )


def _has_rows(connection: Connection, name: str) -> bool:
    return connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first() is not None


async def _keep_others_out(connection: AsyncConnection) -> None:
    """SQLite lets in one writer anyway."""
    if connection.dialect.name == "postgresql":
        names = await connection.run_sync(lambda each: inspect(each).get_table_names())
        await connection.execute(text(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"))


def _take_off(connection: Connection) -> None:
    """What would write news of every row, and what is faster made at once for all."""
    remove_triggers(connection)
    remove_search(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP INDEX IF EXISTS ix_{INDEX}"))


def _put_on(connection: Connection, last_news: int) -> None:
    install_triggers(connection)
    install_search(connection)
    if not inspect(connection).has_table("news"):
        return
    if connection.dialect.name == "postgresql":
        statement = "SELECT setval(pg_get_serial_sequence('news', 'id'), :last + 1, false)"
    else:
        statement = "INSERT INTO sqlite_sequence (name, seq) VALUES ('news', :last)"
    connection.execute(text(statement), {"last": last_news})


async def _copy(connection: AsyncConnection, source: RowSource, shape: TableShape, report: Report) -> RowDigest:
    digest, statement = RowDigest(), insert(shape.clause)
    async for rows in source.read(shape):
        digest.add(rows)
        try:
            await connection.execute(statement, [shape.from_portable(row) for row in rows])
        except DBAPIError as error:
            if not (isinstance(error, IntegrityError) or is_unfit(error)):
                raise
            raise Misconfigured(f"A row of {shape.name} cannot be kept there: {error.orig}. Nothing moved.") from error
        report(shape.name, digest.rows)
    return digest


async def _compare(connection: AsyncConnection, shapes: Sequence[TableShape], read: dict[str, RowDigest]) -> None:
    for shape in shapes:
        written = RowDigest()
        async for rows in read_rows(connection, shape):
            written.add(rows)
        if written != read[shape.name]:
            raise Misconfigured(
                f"Of {shape.name} {read[shape.name].rows} rows were read and {written.rows} written, or they are not "
                "the same: nothing was moved. Please report this."
            )
    if connection.dialect.name == "sqlite":
        broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
        if broken is not None:
            raise Misconfigured(f"A row of {broken[0]} refers to one of {broken[2]} that is not there: nothing moved.")
