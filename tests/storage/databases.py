"""A real database with every table, on SQLite and on PostgreSQL: made once, copied for each test."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from instantreact.storage.database import Database
from instantreact.storage.news_triggers import install_triggers
from instantreact.storage.search import install_search
from instantreact.storage.tables import Base
from tests.servers.postgres import PostgresServer, run_elsewhere

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to be copied."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        _create(connection)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server, with a database `template_empty` to be copied."""
    with PostgresServer() as server:
        server.run("CREATE DATABASE template_empty")
        run_elsewhere(_create_tables(server.url("template_empty")))
        yield server


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Which database; a test that is about one of them is parametrized with it."""
    return str(request.param)


@pytest.fixture(name="engine")
def only_sqlite() -> str:
    """For folders whose tests are about something else."""
    return "sqlite"


@pytest.fixture
def url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own."""
    if engine == "sqlite":
        path = tmp_path / "test.db"
        shutil.copyfile(request.getfixturevalue("empty_database"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create_database("template_empty")
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.dispose()


async def _create_tables(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()


def _create(connection: Connection) -> None:
    Base.metadata.create_all(connection)
    install_search(connection)
    install_triggers(connection)
