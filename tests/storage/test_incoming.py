import pytest

from instantreact.errors import NotFound
from instantreact.storage import incoming
from instantreact.storage.database import Database
from tests.storage.factories import NOW


async def test_insert_or_find_keeps_the_first_when_a_message_is_repeated(database: Database) -> None:
    async with database.unit_of_work() as session:
        first, is_new = await incoming.insert_or_find(session, dedupe_key="m_1", body={"text": "hi"}, now=NOW)
        again, again_new = await incoming.insert_or_find(session, dedupe_key="m_1", body={}, now=NOW)
        await incoming.mark_handled(session, first.id, now=NOW)
    assert (is_new, again_new, again.id) == (True, False, first.id)
    async with database.reading() as session:
        message = await incoming.get_message(session, first.id)
        with pytest.raises(NotFound):
            await incoming.get_message(session, "nothing")
    assert (message.body, message.handled_at) == ({"text": "hi"}, NOW)
