import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import InvalidInput, StorageBusy, StorageFull
from instantreact.storage import clips, recipients
from instantreact.storage.database import Database, announce
from tests.servers.postgres import PostgresServer
from tests.storage.factories import make_clip, make_recipient


async def test_unit_of_work_keeps_nothing_when_it_raises(database: Database) -> None:
    async def fail() -> None:
        async with database.unit_of_work() as session:
            await make_clip(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.reading() as session:
        assert await clips.list_clips(session) == []


async def test_reading_refuses_to_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with database.reading() as session:
            await make_clip(session)


async def test_reading_sees_one_state_and_does_not_wait_when_somebody_writes(database: Database) -> None:
    async with database.reading() as session:
        assert await clips.list_clips(session) == []
        async with database.unit_of_work() as writing:
            await make_clip(writing)
        assert await clips.list_clips(session) == []
    async with database.reading() as session:
        assert len(await clips.list_clips(session)) == 1


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_unit_of_work_loses_no_update_when_two_databases_count_on_one_file(database: Database, url: str) -> None:
    other = Database(url)
    async with database.unit_of_work() as session:
        clip = await make_clip(session)

    async def count_up(own: Database) -> None:
        for _ in range(20):
            async with own.unit_of_work() as session:
                found = await clips.get_clip(session, clip.id)
                await clips.set_progress(session, clip.id, found.progress + 1)

    await asyncio.gather(count_up(database), count_up(other), count_up(database))
    await other.dispose()
    async with database.reading() as session:
        assert (await clips.get_clip(session, clip.id)).progress == 60


async def test_database_serves_others_after_tasks_were_cancelled_at_any_point(database: Database) -> None:
    async def work(transaction: Callable[[AsyncSession], Awaitable[object]]) -> None:
        async with database.unit_of_work() as session:
            await transaction(session)

    chance = Random(11)
    for _ in range(60):
        tasks = [asyncio.create_task(work(make_clip)), asyncio.create_task(work(make_recipient))]
        await asyncio.sleep(chance.uniform(0, 0.01))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(10), database.unit_of_work() as session:
            await recipients.list_recipients(session)


async def test_timeout_around_a_transaction_is_told_as_a_timeout(database: Database) -> None:
    async def count_slowly() -> None:
        async with asyncio.timeout(0.05), database.reading() as session:
            forever = (
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n"
            )
            await session.execute(text(forever))

    with pytest.raises(TimeoutError):
        await count_slowly()
    await asyncio.sleep(0)  # nothing of the cancellation is left over


async def test_subscribe_is_woken_by_commits_that_announce_the_topic_and_by_no_others(database: Database) -> None:
    event = database.subscribe("clips")
    async with database.unit_of_work() as session:
        announce(session, "rules")
    assert not event.is_set()
    async with database.unit_of_work() as session:
        announce(session, "clips")
        assert not event.is_set()
    assert event.is_set()


async def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        async with database.unit_of_work() as session:
            await make_clip(session, recorded_at=datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_unit_of_work_raises_storage_full_when_no_room_is_left_and_goes_on_once_there_is(
    database: Database,
) -> None:
    async with database.unit_of_work() as session:
        await session.execute(text("PRAGMA max_page_count = 1"))  # as small as it is now

    async def fill() -> None:
        async with database.unit_of_work() as session:
            for _ in range(200):
                await make_recipient(session)

    with pytest.raises(StorageFull):
        await fill()
    async with database.unit_of_work() as session:
        assert await recipients.list_recipients(session) == []
        await session.execute(text("PRAGMA max_page_count = 1000000"))
    async with database.unit_of_work() as session:
        await make_recipient(session)


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_unit_of_work_raises_storage_busy_when_another_process_lets_nobody_write(
    database: Database, url: str
) -> None:
    async with database.unit_of_work() as session:
        await session.execute(text("PRAGMA busy_timeout = 50"))

    async def write() -> None:
        async with database.unit_of_work() as session:
            await make_recipient(session)

    with closing(sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy):
            await write()
    await write()


ON_POSTGRES = pytest.mark.parametrize("engine", ["postgresql"])


@ON_POSTGRES
@pytest.mark.parametrize(
    ("state", "told"),
    [("53100", StorageFull), ("55P03", StorageBusy), ("40P01", StorageBusy), ("40001", StorageBusy)],
)
async def test_unit_of_work_tells_what_postgres_lacks_as_it_tells_it_of_sqlite(
    database: Database, state: str, told: type[Exception]
) -> None:
    refuse = text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")

    async def write() -> None:
        async with database.unit_of_work() as session:
            await make_recipient(session)
            await session.execute(refuse)

    with pytest.raises(told):
        await write()
    async with database.unit_of_work() as session:
        assert await recipients.list_recipients(session) == []


@ON_POSTGRES
@pytest.mark.parametrize("values", [{"filename": "a\x00b"}, {"size_bytes": 1 << 63}])
async def test_unit_of_work_refuses_what_postgres_cannot_keep(database: Database, values: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        async with database.unit_of_work() as session:
            await make_clip(session, **values)
    async with database.unit_of_work() as session:
        await make_clip(session, size_bytes=1 << 40)


@ON_POSTGRES
async def test_database_says_busy_while_the_server_is_away_and_goes_on_once_it_is_back(
    database: Database, postgres: PostgresServer
) -> None:
    async def write() -> None:
        async with database.unit_of_work() as session:
            await make_recipient(session)

    await write()
    postgres.stop()
    with pytest.raises(StorageBusy):
        await write()
    postgres.start()
    await write()


async def test_listening_hears_what_is_committed_and_is_forgotten_afterwards(database: Database) -> None:
    with database.subscribed("news") as heard:
        async with database.unit_of_work() as session:
            announce(session, "news")
            assert not heard.is_set()
        assert heard.is_set()
        heard.clear()
    async with database.unit_of_work() as session:
        announce(session, "news")
    assert not heard.is_set()
