"""Test alerts, and deliveries that are sent again, by the stand-in for Messenger."""

import pytest

from instantreact.domain.alert import DeliveryState
from instantreact.errors import Conflict, NotFound
from instantreact.pipeline.rerun import retry_delivery
from instantreact.pipeline.trial import send_trial
from instantreact.storage import alerts, deliveries
from instantreact_demo.graph import FakeGraph
from tests.pipeline.conftest import House


async def test_test_alert_reaches_messenger_and_what_was_refused_is_sent_again(house: House, graph: FakeGraph) -> None:
    with pytest.raises(Conflict, match="Nobody would be told"):
        await send_trial(house.services, None, by="Ana")
    guard = await house.add_recipient()
    with pytest.raises(NotFound):
        await send_trial(house.services, ["nobody"], by="Ana")

    alert = await send_trial(house.services, [guard.id], by="Ana")
    async with house.services.database.unit_of_work() as session:
        await deliveries.fail_delivery(session, alert.deliveries[0].id, DeliveryState.REFUSED, "No.")
        assert not await alerts.was_tried(session)
    await retry_delivery(house.services, alert.id, alert.deliveries[0].id)
    await house.run_due()

    sent = [str(message) for message in graph.received]
    assert any("Ana wants to know" in each for each in sent), sent
    with pytest.raises(Conflict, match="has failed"):
        await retry_delivery(house.services, alert.id, alert.deliveries[0].id)
    with pytest.raises(NotFound):
        await retry_delivery(house.services, alert.id, "another")
    async with house.services.database.reading() as session:
        assert await alerts.was_tried(session)
