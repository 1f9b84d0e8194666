from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind, DeliveryState, Receipt
from instantreact.errors import NotFound
from instantreact.storage import deliveries
from instantreact.storage.database import Database
from instantreact.storage.tables import Delivery
from tests.storage.factories import NOW, make_alert, make_recipient

RECEIPT = Receipt("m_1", NOW)


async def make_delivery(session: AsyncSession) -> Delivery:
    alert = await make_alert(session, await make_recipient(session))
    return await deliveries.get_delivery(session, alert.deliveries[0].id)


async def read_states(database: Database, delivery_id: str) -> list[DeliveryState]:
    """The delivery's state, then its parts'."""
    async with database.reading() as session:
        delivery = await deliveries.get_delivery(session, delivery_id)
        return [delivery.state, *(part.state for part in delivery.parts)]


@given(st.lists(st.sampled_from(DeliveryState), min_size=1, max_size=3))
def test_derive_state_is_pending_as_long_as_a_part_is_and_else_the_texts(parts: list[DeliveryState]) -> None:
    state = deliveries.derive_state(parts)
    assert (state is DeliveryState.PENDING) == (DeliveryState.PENDING in parts)
    assert state in (DeliveryState.PENDING, parts[0])


async def test_mark_part_sent_keeps_the_first_receipt_when_it_comes_twice(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery = await make_delivery(session)
        text, _ = delivery.parts
        await deliveries.start_attempts(session, [text.id], now=NOW)
        await deliveries.mark_parts_sent(session, {text.id: RECEIPT})
        await deliveries.mark_parts_sent(session, {text.id: Receipt("m_2", NOW + timedelta(hours=1))})
    async with database.reading() as session:
        text = (await deliveries.get_delivery(session, delivery.id)).parts[0]
    assert (text.state, text.attempts, text.message_id, text.sent_at) == (DeliveryState.SENT, 1, "m_1", NOW)
    assert (await read_states(database, delivery.id))[0] is DeliveryState.PENDING


async def test_mark_part_failed_leaves_an_accepted_part_accepted(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery = await make_delivery(session)
        text, picture = delivery.parts
        await deliveries.mark_parts_sent(session, {text.id: RECEIPT})
        await deliveries.mark_part_failed(session, text.id, DeliveryState.BURIED, "late")
        await deliveries.mark_part_failed(session, picture.id, DeliveryState.REFUSED, "too large")
    assert await read_states(database, delivery.id) == [
        DeliveryState.SENT,
        DeliveryState.SENT,
        DeliveryState.REFUSED,
    ]


async def test_reopen_delivery_makes_held_parts_wait_again(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery = await make_delivery(session)
        await deliveries.fail_delivery(session, delivery.id, DeliveryState.HELD, "window closed")
        held = await deliveries.list_held(session, delivery.recipient_id)
    assert held == [delivery.id]
    assert set(await read_states(database, delivery.id)) == {DeliveryState.HELD}
    async with database.unit_of_work() as session:
        await deliveries.reopen_delivery(session, delivery.id)
        assert await deliveries.list_held(session, delivery.recipient_id) == []
    assert set(await read_states(database, delivery.id)) == {DeliveryState.PENDING}


async def test_mark_delivered_reaches_named_messages_and_those_before_the_watermark(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery = await make_delivery(session)
        text, picture = delivery.parts
        await deliveries.mark_parts_sent(session, {text.id: RECEIPT})
        await deliveries.mark_parts_sent(session, {picture.id: Receipt("m_2", NOW + timedelta(seconds=2))})
        await deliveries.mark_delivered(session, delivery.recipient_id, message_ids=["m_2"])
    assert (await read_states(database, delivery.id))[1:] == [DeliveryState.SENT, DeliveryState.DELIVERED]
    async with database.unit_of_work() as session:
        await deliveries.mark_delivered(session, delivery.recipient_id, watermark=NOW)
    assert set(await read_states(database, delivery.id)) == {DeliveryState.DELIVERED}


async def test_mark_read_goes_up_to_the_watermark_and_a_late_delivered_does_not_undo_it(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery = await make_delivery(session)
        text, picture = delivery.parts
        await deliveries.mark_parts_sent(session, {text.id: RECEIPT})
        await deliveries.mark_parts_sent(session, {picture.id: Receipt("m_2", NOW + timedelta(seconds=2))})
        await deliveries.mark_read(session, delivery.recipient_id, watermark=NOW + timedelta(seconds=1))
        await deliveries.mark_delivered(session, delivery.recipient_id, watermark=NOW + timedelta(seconds=1))
    assert await read_states(database, delivery.id) == [DeliveryState.READ, DeliveryState.READ, DeliveryState.SENT]


async def test_mark_read_leaves_other_recipients_alone(database: Database) -> None:
    async with database.unit_of_work() as session:
        delivery, other = await make_delivery(session), await make_delivery(session)
        for each in (delivery, other):
            await deliveries.mark_parts_sent(session, {each.parts[0].id: RECEIPT})
        await deliveries.mark_read(session, delivery.recipient_id, watermark=NOW)
    assert (await read_states(database, other.id))[1] is DeliveryState.SENT


async def test_get_delivery_raises_not_found_when_there_is_none(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(NotFound):
            await deliveries.get_delivery(session, "nothing")


async def test_trial_of_a_channel_is_another_delivery_each_time_the_least_tried_first(database: Database) -> None:
    async with database.unit_of_work() as session:
        made = [(await make_alert(session, await make_recipient(session))).deliveries[0] for _ in range(3)]
        poison, other, fresh = (each.id for each in made)
        for delivery, attempts in zip(made, (1, 2, 0), strict=True):
            delivery.parts[0].attempts = attempts
    async with database.reading() as session:
        assert await deliveries.find_trial(session, ChannelKind.MESSENGER, but=None) == fresh
        assert await deliveries.find_trial(session, ChannelKind.MESSENGER, but=fresh) == poison
        assert await deliveries.find_trial(session, ChannelKind.MESSENGER, but=poison) == fresh
        assert await deliveries.find_trial(session, ChannelKind.TELEGRAM, but=None) is None
    async with database.unit_of_work() as session:
        for each in (other, fresh):
            await deliveries.fail_delivery(session, each, DeliveryState.BURIED, "because")
    async with database.reading() as session:  # alone it goes again
        assert await deliveries.find_trial(session, ChannelKind.MESSENGER, but=poison) == poison
