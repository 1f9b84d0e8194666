import pytest
from sqlalchemy import select

from instantreact.domain.alert import ChannelKind
from instantreact.errors import NotFound
from instantreact.storage import incoming
from instantreact.storage.database import Database
from instantreact.storage.incoming import NewMessage
from instantreact.storage.tables import IncomingMessage
from tests.storage.factories import NOW


async def test_insert_new_keeps_the_first_when_a_message_is_repeated(database: Database) -> None:
    first, again = NewMessage("m_1", {"text": "hi"}, asks=True), NewMessage("m_1", {}, asks=True)
    async with database.unit_of_work() as session:
        (message_id,) = await incoming.insert_new(session, ChannelKind.MESSENGER, [first, again], now=NOW)
        assert await incoming.insert_new(session, ChannelKind.MESSENGER, [again], now=NOW) == []
        await incoming.mark_handled(session, [message_id], now=NOW)
    async with database.reading() as session:
        message = await incoming.get_message(session, message_id)
        with pytest.raises(NotFound):
            await incoming.get_message(session, "nothing")
    assert (message.body, message.handled_at) == ({"text": "hi"}, NOW)


async def test_insert_new_takes_what_asks_nothing_as_handled(database: Database) -> None:
    asking, silent = NewMessage("m_1", {}, asks=True), NewMessage("m_2", {}, asks=False)
    async with database.unit_of_work() as session:
        new = await incoming.insert_new(session, ChannelKind.MESSENGER, [silent, asking], now=NOW)
    async with database.reading() as session:
        rows = {row.dedupe_key: row for row in await session.scalars(select(IncomingMessage))}
    assert new == [rows["m_1"].id]
    assert (rows["m_1"].handled_at, rows["m_2"].handled_at) == (None, NOW)
