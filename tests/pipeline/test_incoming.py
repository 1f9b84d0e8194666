import pytest

from instantreact.demo.graph import FakeGraph
from instantreact.domain.alert import AlertState, DeliveryState
from instantreact.pipeline.incoming import accept_webhook
from instantreact.storage import recipients
from tests.pipeline.conftest import PSID, House
from tests.pipeline.test_deliver import raise_alert
from tests.pipeline.webhooks import AT_MS, make_delivery, make_message, make_postback, make_read


@pytest.mark.parametrize(
    ("payload", "state"), [("ACK:{}", AlertState.ACKNOWLEDGED), ("FALSE:{}", AlertState.DISMISSED)]
)
async def test_postback_answers_the_alert(house: House, payload: str, state: AlertState) -> None:
    await raise_alert(house)
    alert = await house.the_alert()
    await accept_webhook(house.services, make_postback(PSID, payload.format(alert.id)))
    await house.run_due()
    answered = await house.the_alert()
    assert (answered.state, answered.answered_by) == (state, "Guard")


async def test_postback_of_a_stranger_changes_nothing(house: House) -> None:
    await raise_alert(house)
    alert = await house.the_alert()
    await accept_webhook(house.services, make_postback("666", f"ACK:{alert.id}"))
    await house.run_due()
    assert (await house.the_alert()).state is AlertState.RAISED


async def test_postback_about_an_alert_that_is_gone_is_taken_and_forgotten(house: House) -> None:
    await house.add_recipient()
    await accept_webhook(house.services, make_postback(PSID, "ACK:" + "0" * 32))
    assert await house.run_due() == 1
    assert await house.run_due() == 0


async def test_message_that_comes_twice_is_handled_once(house: House) -> None:
    await house.add_recipient()
    for _ in range(2):
        await accept_webhook(house.services, make_message(PSID, "hello"))
    assert await house.run_due() == 1


async def test_message_opens_the_window_of_its_sender(house: House) -> None:
    person = await house.add_recipient()
    await accept_webhook(house.services, make_message(PSID, "hello"))
    await house.run_due()
    async with house.services.database.reading() as session:
        found = await recipients.get_recipient(session, person.id)
    assert found.window_open_until is not None
    assert (found.window_open_until - house.clock.now()).total_seconds() == 24 * 3600


async def test_delivery_and_read_are_noted_on_the_parts_they_name(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    await house.run_due()
    await accept_webhook(house.services, make_delivery(PSID, *(part.mid for part in graph.received)))
    await house.run_due()
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.DELIVERED
    await accept_webhook(house.services, make_read(PSID, AT_MS + 60_000))
    await house.run_due()
    assert {part.state for part in (await house.the_alert()).deliveries[0].parts} == {DeliveryState.READ}
