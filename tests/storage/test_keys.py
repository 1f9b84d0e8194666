import hashlib

from sqlalchemy import text

from instantreact.storage import keys
from instantreact.storage.database import Database
from tests.storage.factories import NOW


async def test_set_key_stores_its_hash_and_not_the_key(database: Database) -> None:
    async with database.unit_of_work() as session:
        await keys.set_key(session, name="admin", key="ir_secret", now=NOW)
    async with database.reading() as session:
        row = (await session.execute(text("SELECT * FROM api_keys"))).one()
        (known,) = await keys.list_keys(session)
    assert (known.name, known.sha256) == ("admin", hashlib.sha256(b"ir_secret").hexdigest())
    assert "ir_secret" not in str(row)


async def test_set_key_replaces_the_key_of_the_same_name(database: Database) -> None:
    async with database.unit_of_work() as session:
        await keys.set_key(session, name="admin", key="old", now=NOW)
        await keys.set_key(session, name="admin", key="new", now=NOW)
        (known,) = await keys.list_keys(session)
    assert known.sha256 == hashlib.sha256(b"new").hexdigest()
