from datetime import timedelta

import pytest
from sqlalchemy import func, select

from instantreact.domain.alert import ChannelKind
from instantreact.errors import Conflict, NotFound
from instantreact.storage import recipients
from instantreact.storage.database import Database
from instantreact.storage.tables import Delivery
from tests.storage.factories import DAY, NOW, make_alert, make_recipient


async def test_insert_recipient_raises_conflict_when_the_address_is_taken(database: Database) -> None:
    async with database.unit_of_work() as session:
        await make_recipient(session, address="psid")
    with pytest.raises(Conflict):
        async with database.unit_of_work() as session:
            await make_recipient(session, address="psid")


async def test_open_window_lasts_a_day_from_the_latest_action_and_makes_reachable_again(database: Database) -> None:
    async with database.unit_of_work() as session:
        person = await make_recipient(session)
        await recipients.mark_unreachable(session, person.id, "blocked")
        await recipients.open_chat_window(session, person.id, acted_at=NOW, chat_window=DAY)
        await recipients.open_chat_window(
            session, person.id, acted_at=NOW - timedelta(hours=1), chat_window=DAY
        )  # came in late
    async with database.reading() as session:
        found = await recipients.find_recipient(session, ChannelKind.MESSENGER, person.address)
    assert found is not None
    assert (found.window_open_until, found.unreachable_reason) == (NOW + timedelta(hours=24), None)


async def test_close_window_shuts_it_at_once(database: Database) -> None:
    async with database.unit_of_work() as session:
        person = await make_recipient(session)
        await recipients.open_chat_window(session, person.id, acted_at=NOW, chat_window=DAY)
        await recipients.close_chat_window(session, person.id)
    async with database.reading() as session:
        assert (await recipients.get_recipient(session, person.id)).window_open_until is None


async def test_list_recipients_to_tell_leaves_out_who_is_disabled_or_not_named(database: Database) -> None:
    async with database.unit_of_work() as session:
        named, other = await make_recipient(session), await make_recipient(session)
        off = await make_recipient(session, enabled=False)
        everybody = await recipients.list_recipients_to_tell(session, None)
        some = await recipients.list_recipients_to_tell(session, [named.id, off.id, "gone"])
        nobody = await recipients.list_recipients_to_tell(session, [])
    assert {person.id for person in everybody} == {named.id, other.id}
    assert [person.id for person in some] == [named.id]
    assert nobody == []


async def test_update_recipient_forgets_the_window_when_the_address_changes(database: Database) -> None:
    async with database.unit_of_work() as session:
        person = await make_recipient(session)
        await recipients.open_chat_window(session, person.id, acted_at=NOW, chat_window=DAY)
        renamed = await recipients.update_recipient(session, person.id, {"name": "Ben"})
        assert (renamed.name, renamed.window_open_until) == ("Ben", NOW + timedelta(hours=24))
        moved = await recipients.update_recipient(session, person.id, {"address": "other"})
    assert moved.window_open_until is None


async def test_delete_recipient_takes_deliveries_along(database: Database) -> None:
    async with database.unit_of_work() as session:
        person = await make_recipient(session)
        await make_alert(session, person)
    async with database.unit_of_work() as session:
        await recipients.delete_recipient(session, person.id)
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Delivery)) == 0
        assert await recipients.list_recipients(session) == []
        with pytest.raises(NotFound):
            await recipients.get_recipient(session, person.id)
