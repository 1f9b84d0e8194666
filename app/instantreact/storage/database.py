"""The one way to the database: an engine, and transactions opened at the edge of a request or step."""

import asyncio
import contextlib
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

from sqlalchemy import TextClause, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine

from instantreact.domain.principal import Confinement
from instantreact.errors import InstantReactError, InvalidInput, StorageBusy, StorageFull
from instantreact.storage import postgres, sqlite
from instantreact.storage.confinement import confine, refuse_beyond
from instantreact.storage.gathering import GatheredCalls, GatheredWrites, Work
from instantreact.storage.turns import WritingTurns

# A transaction that began by reading could not wait for the lock to write: it is taken at once.
_BEGIN_IMMEDIATE = text("BEGIN IMMEDIATE")
_BEGIN = text("BEGIN")
# PostgreSQL would show each statement of a transaction what others have committed meanwhile.
_READING = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
_SIZE = {
    True: text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    False: text("SELECT pg_database_size(current_database())"),
}
_TOPICS = "topics"

Item = TypeVar("Item")
Found = TypeVar("Found")


class Database:
    """SQLite (`sqlite+aiosqlite:///path`) or PostgreSQL (`postgresql+asyncpg://...`).

    Dispose it at the end: an aiosqlite engine that is not disposed keeps the process alive. One that `only_looks`
    leaves SQLite's file as it is.
    """

    def __init__(self, url: str, *, pool_size: int = 5, only_looks: bool = False) -> None:
        if make_url(url).get_backend_name() == "sqlite":
            path = make_url(url).database or ""
            reading = sqlite.look_at(path) if only_looks else sqlite.connect_to(path, read_only=True)
            writing = sqlite.look_at(path) if only_looks else sqlite.connect_to(path)
            self._engines = (
                create_async_engine(url, async_creator=writing, pool_size=1, hide_parameters=True),
                create_async_engine(url, async_creator=reading, pool_size=pool_size, hide_parameters=True),
            )
        else:
            engine = postgres.create_postgres_engine(url, pool_size=pool_size, pool_pre_ping=True)
            self._engines = (engine, engine.execution_options(**_READING))
        writer, reader = self._engines
        self._write = async_sessionmaker(writer, expire_on_commit=False)
        self._read = async_sessionmaker(reader, expire_on_commit=False)
        self.is_sqlite = writer.dialect.name == "sqlite"
        # SQLite has one writer. The coroutines of this process take turns, where SQLite's own busy handler
        # would let them poll; it is left to settle matters between processes.
        self._turns = WritingTurns() if self.is_sqlite else None
        self.is_waited_for = False
        self._subscribers: dict[str, list[asyncio.Event]] = {}
        self.confinement: Confinement | None = None
        self._gathered = GatheredWrites(self.waited_for().unit_of_work)
        self._together = {True: GatheredCalls(self.reading), False: GatheredCalls(self.unit_of_work)}

    def confined_to(self, confinement: Confinement | None) -> "Database":
        """This database as somebody sees and changes it who is confined to some sites and cameras.

        What they change beyond is refused at the end of a unit of work (NotAllowed).
        """
        if confinement is None:
            return self
        confined = copy.copy(self)
        confined.confinement = confinement
        return confined

    def waited_for(self) -> "Database":
        """This database for somebody who waits for an answer: their transactions go before those of jobs."""
        hasty = copy.copy(self)
        hasty.is_waited_for = True
        return hasty

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return self._turns.turn(is_waited_for=self.is_waited_for) if self._turns else contextlib.nullcontext()

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on an error. Never open one inside another.

        SQLite lets one write at a time. On PostgreSQL others write meanwhile: lock the row that you read to change it.
        Raises StorageFull when there is no room left to write, StorageBusy when others let nobody write or the
        database cannot be reached, InvalidInput for what it cannot keep.
        """
        with _explained():
            async with self._turn(), self._write() as session, session.begin():
                await self._begin(session, _BEGIN_IMMEDIATE)
                yield session
                if self.confinement is not None:
                    await refuse_beyond(session)
        for topic in session.info.get(_TOPICS, ()):
            for subscriber in self._subscribers.get(topic, ()):
                subscriber.set()
        await asyncio.sleep(0)  # a cancellation that came during a statement is felt here, at the latest

    async def write_gathered(self, work: Work) -> None:
        """Let `work` write in a transaction that it may share with others who come at the same time.

        For small writes that somebody waits for. Sees everything, whoever asks; raises as `unit_of_work` does.
        """
        await self._gathered.write(work)

    async def write_together(
        self, together: Callable[[AsyncSession, Sequence[Item]], Awaitable[Sequence[Found | Exception]]], item: Item
    ) -> Found:
        """What `together` makes of the item, committed, with the items of all who ask at the same time.

        For what many jobs do at once: they share transactions, and statements. Sees everything, whoever asks; raises
        as `unit_of_work` does.
        """
        found: Found = await self._together[False].ask(together, item)
        return found

    async def read_together(
        self, together: Callable[[AsyncSession, Sequence[Item]], Awaitable[Sequence[Found | Exception]]], item: Item
    ) -> Found:
        """The same in a transaction that only reads. What is found belongs to all who asked: nobody changes it."""
        found: Found = await self._together[True].ask(together, item)
        return found

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction that sees one state of the database, waits for no writer, and refuses to write.

        Raises StorageBusy when the database cannot be reached.
        """
        with _explained():
            async with self._read() as session, session.begin():
                await self._begin(session, _BEGIN)
                yield session

    @asynccontextmanager
    async def housekeeping(self) -> AsyncIterator[AsyncConnection]:
        """SQLite's writer outside of any transaction, for what cannot be done in one. Raises as `unit_of_work` does."""
        with _explained():
            async with self._turn(), self._engines[0].connect() as connection:
                yield connection

    async def _begin(self, session: AsyncSession, statement: TextClause) -> None:
        if self.confinement is not None:
            confine(session, self.confinement)
        if self.is_sqlite:
            await session.execute(statement)
            return
        try:
            await session.connection()
        except OSError as error:
            raise StorageBusy(f"The database cannot be reached: {error.strerror or error}.") from error

    def subscribe(self, topic: str) -> asyncio.Event:
        """An event that is set whenever this process commits a transaction that announced `topic`."""
        subscriber = asyncio.Event()
        self._subscribers.setdefault(topic, []).append(subscriber)
        return subscriber

    @contextmanager
    def subscribed(self, topic: str) -> Iterator[asyncio.Event]:
        """`subscribe(topic)` for the length of a block."""
        subscriber = self.subscribe(topic)
        try:
            yield subscriber
        finally:
            self._subscribers[topic].remove(subscriber)

    async def measure_bytes(self) -> int:
        """How large it is."""
        async with self.reading() as session:
            return int((await session.execute(_SIZE[self.is_sqlite])).scalar_one())

    async def dispose(self) -> None:
        for engine in self._engines:
            await engine.dispose()


def announce(session: AsyncSession, topic: str) -> None:
    """Wake the subscribers of `topic` in this process, once and only if this transaction is committed."""
    session.info.setdefault(_TOPICS, set()).add(topic)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        told = _explain(error)
        if told is None:
            raise
        raise told from error


def _explain(error: DBAPIError) -> InstantReactError | None:
    if sqlite.is_full(error) or postgres.is_full(error):
        return StorageFull()
    if sqlite.is_busy(error) or postgres.is_busy(error):
        return StorageBusy("Another process keeps the database to itself; try again.")
    if postgres.is_gone(error):
        return StorageBusy("The database has closed the connection; try again.")
    if postgres.is_unfit(error):
        return InvalidInput("A text with a NUL character, or a number that is too large, cannot be kept.")
    return None
