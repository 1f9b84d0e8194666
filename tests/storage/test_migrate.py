import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from instantreact.errors import Misconfigured
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


async def test_upgrade_refuses_a_database_that_a_newer_version_made(path: Path, url: str) -> None:
    await migrate.upgrade(url)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for look in (migrate.upgrade, migrate.find_current_and_head):
        with pytest.raises(Misconfigured, match=r"9999.*a newer one made it"):
            await look(url)


@pytest.fixture
def damaged_url(path: Path, url: str) -> str:
    path.write_bytes(b"this was a database once" * 1000)
    return url


async def test_upgrade_says_so_when_the_database_is_damaged(damaged_url: str) -> None:
    with pytest.raises(Misconfigured, match=r"damaged.*copy"):
        await migrate.upgrade(damaged_url)


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///sync.db", "nosuch+driver://host/name"])
async def test_upgrade_names_the_setting_when_the_address_is_none(url: str) -> None:
    with pytest.raises(Misconfigured, match="INSTANTREACT_DATABASE_URL"):
        await migrate.upgrade(url)


async def test_upgrade_says_who_may_not_write_when_the_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="state folder"):
        await migrate.upgrade(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'a.db'}")
    await asyncio.sleep(0.1)  # aiosqlite's thread reports its end to this loop


BEFORE_SITES = """
    INSERT INTO cameras (id, name, site, source, enabled, sensitivity, zones, masks, created_at) VALUES
      ('a', 'Door', 'Shop', 'sealed', 1, 0.5, '[]', '[]', '2026-11-22 12:00:00'),
      ('b', 'Till', 'Shop', 'sealed', 1, 0.5, '[]', '[]', '2026-11-22 12:00:00'),
      ('c', 'Yard', 'Zürich "north"', 'sealed', 1, 0.5, '[]', '[]', '2026-11-22 12:00:00'),
      ('d', 'Barn', '', 'sealed', 0, 0.5, '[]', '[]', '2026-11-22 12:00:00');
    INSERT INTO camera_leases (camera_id, owner, lease_until, state, state_since, report, outage_is_told) VALUES
      ('a', 'anna', '2026-11-22 12:00:00', 'live', '2026-11-22 12:00:00', '{}', 0);
    INSERT INTO clips (id, identity, sha256, camera_id, filename, size_bytes, blob_key, notify, state, progress,
      timings_ms, submitted_at, listening) VALUES
      ('k', 'i', 's', 'a', 'f.mp4', 1, 'b', 'auto', 'analyzed', 1, '{}', '2026-11-22 12:00:00', 'done');
"""
SITES_OF_CAMERAS = """
    SELECT cameras.name, coalesce(sites.name, '') FROM cameras LEFT JOIN sites ON sites.id = site_id ORDER BY 1
"""
NAMED = [("Barn", ""), ("Door", "Shop"), ("Till", "Shop"), ("Yard", 'Zürich "north"')]


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        return connection.execute(query).fetchall()


async def test_upgrade_to_sites_takes_the_names_that_cameras_had_and_downgrade_gives_them_back(
    path: Path, url: str
) -> None:
    await migrate.upgrade(url, "0004")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE_SITES)
    for _ in range(2):
        await migrate.upgrade(url, "0005")
        assert ask(path, SITES_OF_CAMERAS) == NAMED
        assert ask(path, "SELECT count(*), count(time_zone) FROM sites") == [(2, 0)]
        assert ask(path, "SELECT camera_id FROM camera_leases UNION ALL SELECT camera_id FROM clips") == [("a",)] * 2
        assert ask(path, "PRAGMA foreign_key_check") == []
        await migrate.downgrade(url, "0004")
        assert ask(path, "SELECT name, site FROM cameras ORDER BY 1") == NAMED
        assert ask(path, "SELECT camera_id FROM camera_leases UNION ALL SELECT camera_id FROM clips") == [("a",)] * 2
