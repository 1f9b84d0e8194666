"""What a process waits for when it starts before its neighbours, and how often it says so."""

import asyncio
import logging
from pathlib import Path

import pytest

from instantreact.config import Settings
from instantreact.logs import configure_logs
from instantreact.roles import wait_for_database, wait_for_server
from instantreact.storage.migrate import upgrade
from tests.servers.postgres import PostgresServer, find_free_port


async def test_role_waits_for_tables_and_names_the_database_once_without_its_password(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    name = postgres.create_database()
    url = postgres.url(name).replace("postgres@", "postgres:s3cret@").replace("+asyncpg", "")
    said: list[str] = []
    settings = Settings(_env_file=None, database_url=url)
    configure_logs()
    caplog.set_level(logging.INFO)
    waiting = asyncio.create_task(wait_for_database(settings, said.append))
    await asyncio.sleep(2.5)
    assert not waiting.done()
    assert [record for record in caplog.records if record.name.startswith("alembic")] == []
    await upgrade(settings.resolved_database_url)
    await asyncio.wait_for(waiting, timeout=10)
    assert len(said) == 1
    assert name in said[0]
    assert "has no tables yet" in said[0]
    assert "s3cret" not in said[0]
    postgres.drop_database(name)


async def test_process_waits_for_a_database_server_that_starts_later(tmp_path: Path) -> None:
    later = PostgresServer(find_free_port())
    said: list[str] = []
    settings = Settings(_env_file=None, database_url=later.url("postgres").replace("+asyncpg", ""))
    waiting = asyncio.create_task(wait_for_server(settings, said.append))
    await asyncio.sleep(1.5)
    assert not waiting.done()
    entered = asyncio.create_task(asyncio.to_thread(later.__enter__))
    try:
        await asyncio.wait_for(waiting, timeout=60)
        assert "cannot be reached" in said[0]
        assert 1 <= len(said) <= 2
    finally:
        await entered
        later.__exit__(None, None, None)


async def test_process_that_waits_for_a_file_of_sqlite_says_which(tmp_path: Path) -> None:
    said: list[str] = []
    settings = Settings(_env_file=None, state_dir=tmp_path)
    await wait_for_server(settings, said.append)
    assert said == []
    waiting = asyncio.create_task(wait_for_database(settings, said.append))
    await asyncio.sleep(0.1)
    waiting.cancel()
    assert str(tmp_path) in said[0]
