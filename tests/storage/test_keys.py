from sqlalchemy import text

from instantreact.storage import keys
from instantreact.storage.database import Database
from tests.storage.factories import NOW


async def test_find_key_knows_the_key_and_the_database_does_not(database: Database) -> None:
    async with database.unit_of_work() as session:
        await keys.set_key(session, name="admin", key="ir_secret", now=NOW)
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM api_keys"))).one()
        found = await keys.find_key(session, "ir_secret")
        assert await keys.find_key(session, "ir_secreT") is None
    assert found is not None
    assert found.name == "admin"
    assert "ir_secret" not in str(row)


async def test_set_key_replaces_the_key_of_the_same_name(database: Database) -> None:
    async with database.unit_of_work() as session:
        await keys.set_key(session, name="admin", key="old", now=NOW)
        await keys.set_key(session, name="admin", key="new", now=NOW)
        assert await keys.find_key(session, "old") is None
        assert await keys.find_key(session, "new") is not None
        assert len(await keys.list_keys(session)) == 1
