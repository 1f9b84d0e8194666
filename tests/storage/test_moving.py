"""An installation moves between SQLite and PostgreSQL: all of it, or none."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.minutes import WHOLE, Minute, minute_of
from instantreact.errors import Conflict, Misconfigured
from instantreact.storage.database import Database
from instantreact.storage.events import EventFilter, list_events
from instantreact.storage.minutes import add_minutes, list_minutes
from instantreact.storage.moving import fill_database, open_source
from instantreact.storage.news import NewsCursor, NewsFilter, find_newest, has_gap, list_news
from instantreact.storage.revisions import known_revisions
from instantreact.storage.rows import RowDigest, list_shapes
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Base, Binding, Camera, CameraPause, Event, Job, Recipient
from tests.servers.postgres import PostgresServer
from tests.storage.factories import NOW, make_alert, make_event, make_recipient

LATE = datetime(2031, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
WHOLE_MINUTE = Minute(WHOLE, WHOLE, WHOLE, 1000)
BOX = SecretBox([Fernet.generate_key().decode()])


@pytest.fixture
def target(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without tables, of the other kind than `database` is."""
    if engine == "postgresql":
        yield f"sqlite+aiosqlite:///{tmp_path / 'target.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
async def filled(url: str, database: Database) -> str:
    """The address of a database with rows of many kinds, of this version."""
    async with database.unit_of_work() as session:
        await session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        await session.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head()})
        await fill(session)
    return url


def head() -> str:
    return known_revisions()[-1]


async def fill(session: AsyncSession) -> None:
    camera = Camera(name="Tür “hinten” 🚪", source=BOX.seal("rtsp://cam/1"), created_at=LATE, enabled=False)
    session.add(camera)
    session.add(Binding(name="service", value="the-service", place="host:/blobs"))
    await session.flush()
    session.add(CameraPause(camera_id=camera.id, since=NOW))
    await add_minutes(session, {(camera.id, minute_of(LATE)): WHOLE_MINUTE})
    for index in range(3):
        await make_event(
            session,
            camera_id=camera.id,
            connection="a",
            window_index=index,
            occurred_at=LATE - timedelta(seconds=index),
            caption=f"Ein Mann läuft nr{index}.",
        )
    await make_alert(session, await make_recipient(session, name="Ana 'the' \"guard\"\n\\"))
    session.add(Job(kind="purge", subject="all", run_at=NOW, created_at=NOW, cost_s=0.1 + 0.2))


async def move(source: str, target: str) -> dict[str, RowDigest]:
    async with open_source(source) as rows:
        return await fill_database(target, rows, report=lambda _table, _rows: None)


async def test_fill_database_moves_every_row_there_and_back_unchanged(filled: str, target: str, tmp_path: Path) -> None:
    there = await move(filled, target)
    back = await move(target, f"sqlite+aiosqlite:///{tmp_path / 'back.db'}")
    assert there == back
    assert set(there) == set(Base.metadata.tables) - {"news"}
    assert there["events"].rows == 4
    assert there["deliveries"].rows == 1
    assert (there["camera_minutes"].rows, there["camera_pauses"].rows) == (1, 1)


async def test_fill_database_keeps_what_is_sealed_and_what_is_found(filled: str, target: str) -> None:
    await move(filled, target)
    moved = Database(target)
    async with moved.unit_of_work() as session:
        camera = (await session.scalars(select(Camera))).one()
        assert BOX.open(camera.source) == "rtsp://cam/1"
        assert (camera.name, camera.created_at, camera.enabled) == ("Tür “hinten” 🚪", LATE, False)
        minutes = await list_minutes(session, camera.id, LATE, LATE + timedelta(seconds=1))
        assert list(minutes.values()) == [WHOLE_MINUTE]
        found = await list_events(session, EventFilter(text="mann nr1"), limit=10)
        assert [event.window_index for event in found] == [1]
        assert (await session.scalars(select(Job))).one().cost_s == 0.1 + 0.2
        await make_event(session, camera_id=camera.id, connection="b", caption="Neu.")
        assert len(await list_events(session, EventFilter(text="neu"), limit=10)) == 1
    await moved.dispose()


async def test_fill_database_tells_who_follows_the_news_that_there_is_a_gap(
    filled: str, target: str, database: Database
) -> None:
    async with database.reading() as session:
        newest = await find_newest(session)
    await move(filled, target)
    moved = Database(target)
    async with moved.reading() as session:
        assert await list_news(session, NewsCursor(), NewsFilter(), limit=10) == []
    async with moved.unit_of_work() as session:
        await session.execute(update(Job).values(state="running"))
    async with moved.reading() as session:
        (told,) = await list_news(session, NewsCursor(), NewsFilter(), limit=10)
        assert told.cursor.id == newest.id + 1
        assert await has_gap(session, NewsCursor(newest.transaction_id, newest.id - 2))
    await moved.dispose()


async def test_fill_database_refuses_a_database_with_rows_and_leaves_them(
    filled: str, target: str, tmp_path: Path
) -> None:
    await move(filled, target)
    for source in (filled, target):
        with pytest.raises(Conflict, match=r"has rows in .*events.*nothing was changed"):
            await move(source, target)


async def test_fill_database_refuses_a_database_of_something_else(
    filled: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    name = postgres.create_database()
    postgres.run("CREATE TABLE orders (id int)", database=name)
    with pytest.raises(Conflict, match="tables of something else \\(orders\\)"):
        await move(filled, postgres.url(name))


async def test_open_source_refuses_what_is_not_of_this_version_and_changes_nothing(
    url: str, database: Database, target: str, tmp_path: Path
) -> None:
    for source in (url, f"sqlite+aiosqlite:///{tmp_path / 'nothing.db'}"):
        with pytest.raises(Misconfigured, match=r"is at nothing.*run `instantreact migrate` on it first"):
            await move(source, target)
    assert not (tmp_path / "nothing.db").exists()


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_fill_database_moves_nothing_when_a_row_does_not_fit(
    filled: str, target: str, database: Database
) -> None:
    async with database.unit_of_work() as session:
        await session.execute(update(Recipient).values(name="A\0na"))
    with pytest.raises(Misconfigured, match="A row of recipients cannot be kept there"):
        await move(filled, target)
    moved = Database(target)
    async with moved.reading() as session:
        assert (await session.scalars(select(Event))).all() == []
    await moved.dispose()


async def test_fill_database_begins_anew_after_it_was_killed(filled: str, target: str) -> None:
    fill_and_die(filled, target)
    assert (await move(filled, target))["alerts"].rows == 1


def fill_and_die(source: str, target: str) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED, source, target], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"half\n"
        killed.kill()


_KILLED = """
import asyncio, sys, time
from instantreact.storage.revisions import known_revisions
from instantreact.storage.minutes import add_minutes, list_minutes
from instantreact.storage.moving import fill_database, open_source

def report(table, rows):
    if table == "alerts":
        print("half", flush=True)
        time.sleep(60)

async def main():
    async with open_source(sys.argv[1]) as rows:
        await fill_database(sys.argv[2], rows, report=report)

asyncio.run(main())
"""


def test_list_shapes_knows_every_column() -> None:
    shapes = {shape.name: set(shape.columns) for shape in list_shapes()}
    assert shapes == {
        name: {column.name for column in table.columns}
        for name, table in Base.metadata.tables.items()
        if name != "news"
    }
