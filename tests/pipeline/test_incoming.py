import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from instantreact.domain.alert import AlertState, ChannelKind, DeliveryState
from instantreact.domain.audit import AuditAction
from instantreact.pipeline.incoming import ITEMS_AT_ONCE, accept_webhook
from instantreact.storage import recipients
from instantreact.storage.audit import AuditFilter, list_entries
from instantreact.storage.tables import IncomingMessage, Job
from instantreact_demo.graph import FakeGraph
from tests.pipeline.conftest import PSID, House
from tests.pipeline.test_deliver import raise_alert
from tests.pipeline.webhooks import AT_MS, make_body, make_delivery, make_message, make_postback, make_read


@pytest.mark.parametrize(
    ("payload", "state"), [("ACK:{}", AlertState.ACKNOWLEDGED), ("FALSE:{}", AlertState.DISMISSED)]
)
async def test_postback_answers_the_alert(house: House, payload: str, state: AlertState) -> None:
    await raise_alert(house)
    alert = await house.the_alert()
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_postback(PSID, payload.format(alert.id)))
    await house.run_due()
    answered = await house.the_alert()
    assert (answered.state, answered.answered_by) == (state, "Guard")
    async with house.services.database.reading() as session:
        (entry,) = await list_entries(session, AuditFilter(action=AuditAction.ANSWERED))
    assert (entry.principal, entry.subject, entry.route.split()[0]) == ("Guard", alert.id, "messenger")


async def test_postback_of_a_stranger_changes_nothing(house: House) -> None:
    await raise_alert(house)
    alert = await house.the_alert()
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_postback("666", f"ACK:{alert.id}"))
    await house.run_due()
    assert (await house.the_alert()).state is AlertState.RAISED


async def test_postback_about_an_alert_that_is_gone_is_taken_and_forgotten(house: House) -> None:
    await house.add_recipient()
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_postback(PSID, "ACK:" + "0" * 32))
    assert await house.run_due() == 1
    assert await house.run_due() == 0


async def test_message_that_comes_twice_is_handled_once(house: House) -> None:
    await house.add_recipient()
    for _ in range(2):
        await accept_webhook(house.services, ChannelKind.MESSENGER, make_message(PSID, "hello"))
    assert await house.run_due() == 1


async def test_message_opens_the_window_of_its_sender(house: House) -> None:
    person = await house.add_recipient()
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_message(PSID, "hello"))
    await house.run_due()
    async with house.services.database.reading() as session:
        found = await recipients.get_recipient(session, person.id)
    assert found.window_open_until is not None
    assert (found.window_open_until - house.clock.now()).total_seconds() == 24 * 3600


async def test_delivery_and_read_are_noted_on_the_parts_they_name(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    await house.run_due()
    await accept_webhook(
        house.services, ChannelKind.MESSENGER, make_delivery(PSID, *(part.mid for part in graph.received))
    )
    await house.run_due()
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.DELIVERED
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_read(PSID, AT_MS + 60_000))
    await house.run_due()
    assert {part.state for part in (await house.the_alert()).deliveries[0].parts} == {DeliveryState.READ}


HALF, NUL = "m_\ud83d", "m_\x00"
ODD_IDS = [HALF, NUL, "m_" + "x" * 10_000, "m_\n", "m_ü", "", 7, None, ["m_1"], {"id": "m_1"}, True]


@pytest.mark.parametrize("odd", ODD_IDS, ids=repr)
async def test_id_that_cannot_be_one_breaks_no_job(house: House, odd: Any) -> None:
    await house.add_recipient()
    about_us = {"recipient": {"id": "1000"}, "timestamp": AT_MS}
    from_odd, from_guard = {"sender": {"id": odd}} | about_us, {"sender": {"id": PSID}} | about_us
    body = make_body(
        from_odd | {"message": {"mid": "m_1", "text": "hi"}},
        from_guard | {"message": {"mid": odd, "text": "hi"}},
        from_guard | {"postback": {"mid": odd, "payload": odd}},
        from_guard | {"delivery": {"mids": [odd, "m_2"], "watermark": odd}},
        from_guard | {"read": {"watermark": odd}},
        {"sender": {"id": "1000"}, "recipient": {"id": odd}, "message": {"is_echo": True, "mid": odd}},
        from_guard | {"message": {"is_echo": True, "mid": "m_3", "metadata": f"part:{odd}"}},
        from_guard | {"message": {"is_echo": True, "mid": odd, "metadata": "part:1"}},
    )

    await accept_webhook(house.services, ChannelKind.MESSENGER, body)
    await house.run_due()

    assert await list_open_jobs(house) == []


async def test_half_a_character_in_a_text_is_kept_and_answered_like_any_other(house: House) -> None:
    person = await house.add_recipient()
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_message(PSID, f"{HALF} {NUL}"))
    await house.run_due()
    async with house.services.database.reading() as session:
        found = await recipients.get_recipient(session, person.id)
    assert found.window_open_until is not None


async def test_delivery_that_names_very_many_messages_is_noted(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    await house.run_due()
    named = [*(f"m_{number}" for number in range(40_000)), *(part.mid for part in graph.received)]
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_delivery(PSID, *named))
    await house.run_due()
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.DELIVERED


async def test_large_body_is_stored_whole_while_others_write(house: House) -> None:
    await house.add_recipient()
    silent = [{"sender": {"id": "1"}, "timestamp": number} for number in range(2 * ITEMS_AT_ONCE)]
    asking = [
        {"sender": {"id": PSID}, "timestamp": AT_MS, "message": {"mid": f"m_{number}"}}
        for number in range(ITEMS_AT_ONCE + 50)
    ]
    accepting = asyncio.create_task(accept_webhook(house.services, ChannelKind.MESSENGER, make_body(*silent, *asking)))
    wrote = 0
    while not accepting.done():
        async with house.services.database.unit_of_work():
            wrote += 1
    await accepting

    async with house.services.database.reading() as session:
        messages = await session.scalar(select(func.count()).select_from(IncomingMessage))
    assert messages == len(silent) + len(asking)
    assert len(await list_open_jobs(house)) == len(asking)
    assert wrote >= 3  # between the batches


async def list_open_jobs(house: House) -> list[Job]:
    async with house.services.database.reading() as session:
        return list(await session.scalars(select(Job)))
