import hashlib

from sqlalchemy import text

from instantreact.storage import keys
from instantreact.storage.database import Database
from tests.storage.factories import NOW


async def test_insert_key_stores_its_hash_and_not_the_key(database: Database) -> None:
    async with database.unit_of_work() as session:
        await keys.insert_key(session, name="admin", key="ir_secret", now=NOW)
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM api_keys"))).one()
        (known,) = await keys.list_keys(session)
    assert (known.name, known.sha256) == ("admin", hashlib.sha256(b"ir_secret").hexdigest())
    assert "ir_secret" not in str(row)


async def test_insert_key_leaves_the_key_that_another_process_made_first(database: Database) -> None:
    async with database.unit_of_work() as session:
        assert await keys.insert_key(session, name="admin", key="old", now=NOW)
        assert not await keys.insert_key(session, name="admin", key="new", now=NOW)
        (known,) = await keys.list_keys(session)
    assert known.sha256 == hashlib.sha256(b"old").hexdigest()
