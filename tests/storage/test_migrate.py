from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect

from instantreact.storage import migrate
from instantreact.storage.tables import Base


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "migrated.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def list_tables(path: Path) -> set[str]:
    engine = create_engine(f"sqlite:///{path}")
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    return tables - {"alembic_version"}


def compare(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


async def test_upgrade_leads_to_exactly_the_tables_of_the_models(path: Path, url: str) -> None:
    await migrate.upgrade(url)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        differences = compare(connection)
    engine.dispose()
    assert differences == []
    assert list_tables(path) == set(Base.metadata.tables)


async def test_upgrade_changes_nothing_when_run_again(path: Path, url: str) -> None:
    await migrate.upgrade(url)
    await migrate.upgrade(url)
    assert list_tables(path) == set(Base.metadata.tables)


async def test_downgrade_leads_back_to_nothing_and_upgrade_forth_again(path: Path, url: str) -> None:
    await migrate.upgrade(url)
    await migrate.downgrade(url, "base")
    assert list_tables(path) == set()
    await migrate.upgrade(url)
    assert list_tables(path) == set(Base.metadata.tables)


async def test_find_current_and_head_tells_whether_a_migration_is_missing(url: str) -> None:
    current, head = await migrate.find_current_and_head(url)
    assert current is None
    await migrate.upgrade(url)
    assert await migrate.find_current_and_head(url) == (head, head)
