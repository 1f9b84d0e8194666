from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import PrincipalKind
from instantreact.storage import reading
from instantreact.storage.audit import AuditFilter, add_entry, read_entries
from instantreact.storage.database import Database
from instantreact.storage.tables import AuditEntry
from tests.storage.factories import NOW


async def fill(database: Database, count: int) -> None:
    async with database.unit_of_work() as session:
        for number in range(count):
            at = NOW + timedelta(seconds=number // 2)  # two of each second
            add_entry(session, AuditAction.CHANGED, PrincipalKind.KEY, "Ana", "PUT /a", f"{number}", now=at)


async def falsify(database: Database) -> None:
    async with database.unit_of_work() as session:
        await session.execute(update(AuditEntry).values(principal="Ben"))


async def test_entries_are_read_oldest_first_each_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 3)
    await fill(database, 10)

    entries = [entry async for entry in read_entries(database, AuditFilter(since=NOW + timedelta(seconds=1)))]

    assert sorted(int(entry.subject) for entry in entries) == list(range(2, 10))
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


async def test_entry_stays_as_it_is(database: Database) -> None:
    await fill(database, 1)
    with pytest.raises(DBAPIError, match="stays as it is"):
        await falsify(database)
