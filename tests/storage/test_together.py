"""Transactions that change what others read at the same time: SQLite lets one in, PostgreSQL several."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import DeliveryState, Receipt
from instantreact.domain.media import Listening
from instantreact.storage import clips, deliveries, recipients
from instantreact.storage.database import Database
from tests.storage.factories import DAY, NOW, make_clip, make_recipient
from tests.storage.test_deliveries import make_delivery, read_states

Change = Callable[[AsyncSession], Awaitable[object]]


async def change_together(database: Database, *changes: Change) -> None:
    """Each in its own transaction, begun in this order and open a while after its change, so that they do meet."""
    made = [asyncio.Event() for _ in changes]

    async def work(number: int, change: Change) -> None:
        if number:
            await made[number - 1].wait()
        async with database.unit_of_work() as session:
            await change(session)
            made[number].set()
            await asyncio.sleep(0.1)

    await asyncio.gather(*(work(number, change) for number, change in enumerate(changes)))


async def test_delivery_is_sent_when_its_parts_are_sent_at_the_same_time(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery = await make_delivery(session)
    text, picture = (part.id for part in delivery.parts)
    await change_together(
        database,
        lambda session: deliveries.mark_parts_sent(session, {text: Receipt("m_1", NOW)}),
        lambda session: deliveries.mark_parts_sent(session, {picture: Receipt("m_2", NOW)}),
    )
    assert await read_states(database, delivery.id) == [DeliveryState.SENT] * 3


async def test_part_that_was_sent_stays_so_when_its_delivery_is_given_up_at_the_same_time(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery = await make_delivery(session)
    text = delivery.parts[0].id
    await change_together(
        database,
        lambda session: deliveries.mark_parts_sent(session, {text: Receipt("m_1", NOW)}),
        lambda session: deliveries.fail_delivery(session, delivery.id, DeliveryState.HELD, "shut"),
    )
    assert await read_states(database, delivery.id) == [DeliveryState.SENT, DeliveryState.SENT, DeliveryState.HELD]


async def test_window_is_open_until_a_day_after_the_later_of_two_actions(database: Database) -> None:
    async with database.unit_of_work() as session:
        person = await make_recipient(session)
    later = NOW + timedelta(minutes=1)
    await change_together(
        database,
        lambda session: recipients.open_chat_window(session, person.id, acted_at=later, chat_window=DAY),
        lambda session: recipients.open_chat_window(session, person.id, acted_at=NOW, chat_window=DAY),
    )
    async with database.reading() as session:
        found = await recipients.get_recipient(session, person.id)
    assert found.window_open_until == later + DAY


async def test_timings_of_seeing_and_hearing_are_both_kept(database: Database) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
    await change_together(
        database,
        lambda session: clips.mark_analyzed(session, clip.id, timings_ms={"decode": 1.0}, warning=None, now=NOW),
        lambda session: clips.mark_heard(session, clip.id, Listening.DONE, timings_ms={"speech": 2.0}),
    )
    async with database.reading() as session:
        found = await clips.get_clip(session, clip.id)
    assert found.timings_ms == {"decode": 1.0, "speech": 2.0}
