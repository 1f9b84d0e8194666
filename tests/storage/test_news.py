"""News as whoever listens is told it: all of it, once, in an order that lasts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from instantreact.domain.alert import DeliveryState
from instantreact.domain.camera import CameraState
from instantreact.errors import InvalidInput
from instantreact.jobs import outbox
from instantreact.storage import alerts, deliveries, migrate, news
from instantreact.storage.database import Database
from instantreact.storage.news import (
    NewsCursor,
    NewsFilter,
    NewsTopic,
    Told,
    find_newest,
    has_gap,
    list_news,
    trim_news,
)
from instantreact.storage.tables import Camera, CameraLease, Job
from tests.servers.postgres import PostgresServer
from tests.storage.factories import NOW, make_alert, make_recipient

BEGINNING, EVERYTHING = NewsCursor(), NewsFilter()


async def read(database: Database, after: NewsCursor = BEGINNING, which: NewsFilter = EVERYTHING) -> list[Told]:
    async with database.reading() as session:
        return await list_news(session, after, which, limit=1000)


def shorten(told: list[Told]) -> list[tuple[str, str, str | None]]:
    return [(each.topic, each.change, each.state) for each in told]


async def put_job(database: Database, subject: str = "a") -> None:
    async with database.unit_of_work() as session:
        await outbox.put(session, "analyze", subject, now=NOW)


async def test_news_tell_of_an_alert_from_the_event_to_the_answer(database: Database) -> None:
    async with database.unit_of_work() as session:
        alert = await make_alert(session, await make_recipient(session))
    async with database.unit_of_work() as session:
        (delivery,) = (await alerts.get_alert(session, alert.id)).deliveries
        await deliveries.fail_delivery(session, delivery.id, DeliveryState.HELD, "closed")
        await alerts.acknowledge_alert(session, alert.id, by="Guard", now=NOW)

    told = await read(database)

    assert set(shorten(told)) == {
        ("event", "created", None),
        ("alert", "created", "raised"),
        ("delivery", "created", "pending"),
        ("delivery", "changed", "held"),
        ("alert", "changed", "acknowledged"),
    }
    assert {each.subject for each in told if each.topic is NewsTopic.ALERT} == {alert.id}
    assert all(each.at.tzinfo is not None for each in told)


async def test_news_tell_of_a_job_until_it_is_done(database: Database) -> None:
    await put_job(database)
    await put_job(database)  # again, which changes nothing of it
    async with database.unit_of_work() as session:
        job = await outbox.find_job(session, "analyze", "a")
        assert job is not None
        await session.delete(job)
    assert shorten(await read(database)) == [("job", "created", "due"), ("job", "ended", None)]


async def test_news_tell_of_a_camera_when_its_state_changes_and_not_at_every_sign_of_life(database: Database) -> None:
    async with database.unit_of_work() as session:
        session.add(Camera(id="c", name="Door", source="x", created_at=NOW))
        await session.flush()
        session.add(CameraLease(camera_id="c", owner="o", lease_until=NOW, state=CameraState.LIVE, state_since=NOW))
    for state in (CameraState.LIVE, CameraState.LOST, CameraState.LOST):
        async with database.unit_of_work() as session:
            lease = await session.get_one(CameraLease, "c")
            lease.state, lease.report = state, {"fps": 1.0}
    assert shorten(await read(database)) == [("camera", "created", "live"), ("camera", "changed", "lost")]


async def test_news_of_other_topics_are_left_out(database: Database) -> None:
    await put_job(database)
    async with database.unit_of_work() as session:
        await make_alert(session, await make_recipient(session))
    assert {each.topic for each in await read(database, which=NewsFilter(frozenset({NewsTopic.JOB})))} == {"job"}


async def test_news_that_are_not_committed_are_none(database: Database) -> None:
    with suppress(KeyError):
        async with database.unit_of_work() as session:
            await outbox.put(session, "analyze", "a", now=NOW)
            raise KeyError
    assert await read(database) == []


async def test_news_are_told_once_each_however_transactions_overlap(database: Database) -> None:
    random, written, told = Random(1), 0, list[Told]()

    async def write(number: int) -> None:
        nonlocal written
        for turn in range(8):
            async with database.unit_of_work() as session:
                if turn % 2:  # a transaction may have its number long before it has news
                    session.add(Job(kind=f"early {number} {turn}", subject="a", run_at=NOW, created_at=NOW))
                    await session.flush()
                await asyncio.sleep(random.random() / 50)
                await outbox.put(session, f"late {number} {turn}", "a", now=NOW)
            written += 1 + turn % 2

    async def listen() -> None:
        cursor = NewsCursor()
        while True:
            async with database.reading() as session:
                page = await list_news(session, cursor, EVERYTHING, limit=3)
                newest = await find_newest(session)
            told.extend(page)
            cursor = page[-1].cursor if len(page) == 3 else newest
            await asyncio.sleep(0.002)

    assert await read(database) == []
    listening = asyncio.create_task(listen())
    await asyncio.gather(*(write(number) for number in range(4)))
    try:
        async with asyncio.timeout(20):
            while len(told) < written and not listening.done():  # noqa: ASYNC110 what is waited for is the database's
                await asyncio.sleep(0.01)
    finally:
        listening.cancel()
        (ended,) = await asyncio.gather(listening, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError), ended
    assert len({each.subject for each in told}) == len(told) == written
    assert [each.cursor for each in told] == sorted(each.cursor for each in told)


async def test_news_that_are_forgotten_leave_a_gap_that_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "KEPT", 3)
    for number in range(8):
        await put_job(database, str(number))
    before = [each.cursor for each in await read(database)]
    async with database.unit_of_work() as session:
        await trim_news(session)
    assert [each.cursor for each in await read(database)] == before[-3:]
    async with database.reading() as session:
        assert await has_gap(session, before[0])
        assert not await has_gap(session, before[4])
        assert not await has_gap(session, before[-1])
        assert await has_gap(session, NewsCursor(2**50, 1))  # of another database


@pytest.mark.parametrize("text", ["", "1", "a-b", "1-2-3", "-1-2", "9" * 19 + "-1", "١-٢"])
def test_cursor_that_was_never_sent_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        NewsCursor.parse(text)


@pytest.fixture
async def migrated(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database that was made by the migrations."""
    if engine == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'migrated.db'}"
        await migrate.upgrade(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create_database()
    await migrate.upgrade(server.url(name))
    yield server.url(name)
    server.drop_database(name)


async def test_news_are_written_after_migrating_down_and_up(migrated: str) -> None:
    await migrate.downgrade(migrated, "0009")
    await migrate.upgrade(migrated)
    database = Database(migrated)
    await put_job(database)
    assert shorten(await read(database)) == [("job", "created", "due")]
    await database.dispose()
